import TuttiTensors

/// How a family's Hugging Face checkpoints read in GGUF's words: its settings and its tensors.
public struct Translation: Sendable {
    /// GGUF's name of the architecture, with which its keys begin.
    public var architecture: String
    /// Fills in what `config.json` says.
    public var describe: @Sendable (HuggingFaceConfig, inout TranslatedMetadata) throws -> Void
    /// The family's tensors, in the order in which a converted file has them.
    public var tensors: @Sendable (HuggingFaceConfig) throws -> [TensorRule]
    /// Tensors that a GGUF file has and the folder does not, such as rope's divisors, by name.
    public var made: @Sendable (HuggingFaceConfig) throws -> [(name: String, values: [Float])]
    /// What `transformers` takes for settings that the `text_config` of a model of several senses leaves out.
    public var defaults: [String: JSON]

    public init(
        architecture: String, defaults: [String: JSON] = [:],
        describe: @escaping @Sendable (HuggingFaceConfig, inout TranslatedMetadata) throws -> Void,
        tensors: @escaping @Sendable (HuggingFaceConfig) throws -> [TensorRule],
        made: @escaping @Sendable (HuggingFaceConfig) throws -> [(name: String, values: [Float])] = { _ in [] }
    ) {
        (self.architecture, self.describe, self.tensors, self.made) = (architecture, describe, tensors, made)
        self.defaults = defaults
    }
}

/// The metadata that a translation fills, key by key; keys of the architecture get its name before them.
public struct TranslatedMetadata: Sendable {
    public internal(set) var metadata = Metadata()
    let architecture: String

    init(architecture: String) { self.architecture = architecture }

    /// Sets `architecture.key`, unless there is no value.
    public mutating func set(_ key: String, _ value: Int?) {
        if let value { metadata.values["\(architecture).\(key)"] = .integer(Int64(value)) }
    }

    public mutating func set(_ key: String, _ value: Double?) {
        if let value { metadata.values["\(architecture).\(key)"] = .float(value) }
    }

    public mutating func set(_ key: String, _ value: Bool?) {
        if let value { metadata.values["\(architecture).\(key)"] = .bool(value) }
    }

    public mutating func set(_ key: String, _ value: String?) {
        if let value { metadata.values["\(architecture).\(key)"] = .string(value) }
    }

    public mutating func set(_ key: String, _ values: [Int]?) {
        if let values {
            metadata.values["\(architecture).\(key)"] = .integers(NumberTable(values.lazy.map { Int64($0) }))
        }
    }

    public mutating func set(_ key: String, _ values: [Double]?) {
        if let values { metadata.values["\(architecture).\(key)"] = .floats(NumberTable(values)) }
    }

    public mutating func set(_ key: String, _ values: [Bool]?) {
        if let values { metadata.values["\(architecture).\(key)"] = .bools(values) }
    }
}

/// One tensor, or one of each layer, in both worlds.
public struct TensorRule: Sendable {
    /// The names in the files, one or several that become one; `{layer}` stands for a layer's number, `{expert}` for an
    /// expert's.
    public let sources: [String]
    /// The name that the reader asks for, with the same `{layer}`: GGUF's, or of a projector file Hugging Face's.
    public let name: String
    public let change: TensorChange

    /// The first of ``sources``, the only one as a rule.
    public var source: String { sources[0] }

    public init(_ source: String, _ name: String, _ change: TensorChange = .none) {
        self.init([source], name, change)
    }

    /// - Precondition: There is a source.
    public init(_ sources: [String], _ name: String, _ change: TensorChange) {
        precondition(!sources.isEmpty, "TensorRule: \(name) of nothing")
        (self.sources, self.name, self.change) = (sources, name, change)
    }
}

/// What is done with a tensor's numbers on the way; all but `plusOne` only moves them (`mxfp4` within bytes).
public enum TensorChange: Sendable, Equatable {
    case none
    /// Rows of queries or keys from half-split pairs to neighbouring ones, `heads` heads of them: llama's files.
    case neighbouringPairs(heads: Int)
    /// A gain stored as w − 1, as Gemma's are.
    case plusOne
    /// The matrices of all experts, one after the other: `[experts, rows, columns]`.
    case stacked
    /// Matrices or vectors of one shape, one under the other: queries, keys and values as one.
    case joined
    /// The kernels `[outputs, channels, height, width]` of each frame, as one over all frames:
    /// `[outputs, channels, frames, height, width]`.
    case frames
    /// A stack `[experts, columns, rows]` turned to `[experts, rows, columns]`, of which every `step`th row from `first`
    /// is taken: GPT-OSS's `gate_up_proj` has gates and ups in turn.
    case transposed(first: Int = 0, step: Int = 1)
    /// Every `step`th number from `first` of each row: the biases that belong to `transposed`.
    case columns(first: Int, step: Int)
    /// Published MXFP4: nibbles `[experts, rows, blocks, 16]` under `…_blocks`, exponents `[experts, rows, blocks]` under
    /// `…_scales`; every `step`th row from `first`, in GGUF's blocks.
    case mxfp4(first: Int = 0, step: Int = 1)
    /// The rows of `part` among `parts` that lie one after the other, in shares of these sizes.
    case rows(Range<Int>)
}
