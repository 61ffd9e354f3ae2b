public import TuttiTensors

/// What a model's matrices are stored as: one format, or a mix that spends more bits where they matter most.
///
/// Raw values are the field's names, which `general.file_type` has numbers for.
public enum QuantizationType: String, CaseIterable, Sendable {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case q8_0 = "Q8_0"
    case q6K = "Q6_K"
    case q5KM = "Q5_K_M"
    case q5KS = "Q5_K_S"
    case q5_1 = "Q5_1"
    case q5_0 = "Q5_0"
    case q4KM = "Q4_K_M"
    case q4KS = "Q4_K_S"
    case iq4NL = "IQ4_NL"
    case q4_1 = "Q4_1"
    case q4_0 = "Q4_0"

    /// The type of that name, whatever its letters' case; `Q4_K` and `Q5_K` mean their `_M` mixes, as everywhere.
    public init?(name: String) {
        let name = name.uppercased()
        switch name {
        case "Q4_K": self = .q4KM
        case "Q5_K": self = .q5KM
        default:
            guard let type = Self(rawValue: name) else { return nil }
            self = type
        }
    }

    /// The format of most matrices.
    public var dtype: DType {
        switch self {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        case .q8_0: .q8_0
        case .q6K: .q6K
        case .q5KM, .q5KS: .q5K
        case .q5_1: .q5_1
        case .q5_0: .q5_0
        case .q4KM, .q4KS: .q4K
        case .iq4NL: .iq4NL
        case .q4_1: .q4_1
        case .q4_0: .q4_0
        }
    }

    /// What GGUF's `general.file_type` calls it.
    var fileType: Int64 {
        switch self {
        case .f32: 0
        case .f16: 1
        case .q4_0: 2
        case .q4_1: 3
        case .q8_0: 7
        case .q5_0: 8
        case .q5_1: 9
        case .q4KS: 14
        case .q4KM: 15
        case .q5KS: 16
        case .q5KM: 17
        case .q6K: 18
        case .iq4NL: 25
        case .bf16: 32
        }
    }

    /// Whether numbers stand alone, rather than in blocks that share a scale.
    public var isPlain: Bool { dtype.blockElements == 1 }
}
