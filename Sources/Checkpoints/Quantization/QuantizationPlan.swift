public import TuttiTensors

/// Which format each tensor of one model gets.
///
/// The choice is the one that llama-quantize makes without an importance matrix, tensor by tensor (a golden holds it
/// to that), so that files of one name cost the same everywhere: norms, biases and routers stay float32; the head gets
/// Q6_K or Q8_0; the mixes raise a part of the values and of the feed-forward outputs; rows that do not divide into a
/// format's blocks take the next wider one that they do divide into.
public struct QuantizationPlan: Sendable {
    public let type: QuantizationType
    private let layers: Int
    private let hasEightExperts: Bool
    private let hasOwnHead: Bool

    public init(_ type: QuantizationType, for checkpoint: any Checkpoint) {
        let metadata = checkpoint.metadata, architecture = metadata.string("general.architecture") ?? ""
        self.init(
            type, layers: metadata.integer("\(architecture).block_count") ?? 0,
            experts: metadata.integer("\(architecture).expert_count") ?? 0,
            hasOwnHead: checkpoint.tensor(named: "output.weight") != nil)
    }

    package init(_ type: QuantizationType, layers: Int, experts: Int, hasOwnHead: Bool) {
        self.type = type
        self.layers = layers
        hasEightExperts = experts == 8
        self.hasOwnHead = hasOwnHead
    }

    /// The format of the tensor `name`, whose fastest dimension comes first in `dimensions`.
    public func dtype(of name: String, dimensions: [Int]) -> DType {
        guard Self.isQuantized(name, dimensions), let columns = dimensions.first else { return .f32 }
        if type.isPlain { return type.dtype }
        let isHead = name == "output.weight" || (name == "token_embd.weight" && !hasOwnHead)
        if isHead {
            if columns % 256 != 0 { return Self.fitting(.q8_0, columns) }
            return type == .q8_0 ? .q8_0 : .q6K
        }
        return Self.fitting(raised(name) ?? type.dtype, columns)
    }

    /// Matrices that a model multiplies with; not those that cost little and matter much.
    private static func isQuantized(_ name: String, _ dimensions: [Int]) -> Bool {
        guard name.hasSuffix("weight"), dimensions.count > 1, dimensions.dropFirst().contains(where: { $0 > 1 })
        else { return false }
        let kept = ["_norm.weight", "ffn_gate_inp.weight", "ffn_gate_inp_shexp.weight", "ssm_conv1d.weight"]
        return !kept.contains { name.hasSuffix($0) } && name != "token_types.weight" && name != "position_embd.weight"
    }

    /// The format of a tensor that a mix treats better than the rest.
    private func raised(_ name: String) -> DType? {
        let parts = name.split(separator: ".")
        guard parts.count >= 3, parts[0] == "blk", let layer = Int(parts[1]) else { return nil }
        let isEarly = layer < layers / 8
        switch parts[2] {
        case "attn_v", "attn_qkv":
            // Eight experts share these small matrices: their bytes do not count.
            if hasEightExperts, parts[2] == "attn_v" { return .q8_0 }
            if type == .q4KS, layer < 4 { return .q5K }
            return (type == .q4KM || type == .q5KM) && deservesMore(layer) ? .q6K : nil
        case "attn_k": return hasEightExperts ? .q8_0 : nil
        case "attn_output":
            return hasEightExperts && [.q4KS, .q4KM, .iq4NL].contains(type) ? .q5K : nil
        case "ffn_down", "ffn_down_exps":
            if type == .q4KS || type == .iq4NL { return isEarly ? .q5K : nil }
            return (type == .q4KM || type == .q5KM) && deservesMore(layer) ? .q6K : nil
        default: return nil
        }
    }

    /// The first and the last eighth of the layers, and every third between.
    private func deservesMore(_ layer: Int) -> Bool {
        let eighth = layers / 8
        return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2
    }

    /// `dtype`, or a wider format into whose blocks rows of `columns` divide.
    private static func fitting(_ dtype: DType, _ columns: Int) -> DType {
        if columns.isMultiple(of: dtype.blockElements) { return dtype }
        guard columns.isMultiple(of: 32) else { return .f16 }
        switch dtype {
        case .q4K: return .q5_0
        case .q5K: return .q5_1
        default: return .q8_0
        }
    }
}
