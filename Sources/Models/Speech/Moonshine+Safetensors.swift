import TuttiCheckpoints
public import TuttiTensors

extension Moonshine {
    /// Loads a folder as `transformers` saves a `MoonshineForConditionalGeneration`: Moonshine tiny and base in float32 or
    /// narrower floats, which are multiplied as float32.
    /// - Throws: `CheckpointError`: it is another model, or a weight is missing or misshapen.
    public init(folder: String, pool: ComputePool) throws {
        let folder = try HuggingFaceFolder(path: folder)
        let config = try Config(folder.config)
        try self.init(MoonshineFolder(folder), config, pool: pool)
    }
}

extension Moonshine.Config {
    /// Reads `config.json`.
    init(_ config: HuggingFaceConfig) throws {
        func unsupported(_ reason: String) -> CheckpointError { .unsupported(file: config.file, reason) }
        guard config.modelType == "moonshine" else {
            throw unsupported("its model is of the family `\(config.modelType)`, not `moonshine`")
        }
        func heads(_ side: String) throws -> Int {
            let count = try config.requiredSize("\(side)_num_attention_heads", limit: 1 << 10)
            guard try config.size("\(side)_num_key_value_heads") ?? count == count else {
                throw unsupported("its heads share keys and values, as those of no Moonshine do")
            }
            return count
        }
        let hidden = try config.requiredSize("hidden_size", limit: 1 << 16)
        let encoder = try heads("encoder"), decoder = try heads("decoder")
        for count in [encoder, decoder] where hidden % count != 0 || hidden / count > KeyValueLayout.maximumHeadWidth {
            throw unsupported("a width of \(hidden) is not shared out among \(count) heads")
        }
        guard config["encoder_hidden_act"]?.string ?? "gelu" == "gelu",
            config["decoder_hidden_act"]?.string ?? "silu" == "silu", try config.bool("attention_bias") != true,
            try config.bool("tie_word_embeddings") != false
        else { throw unsupported("it has other activations, biases or an output of its own, as no Moonshine has") }
        let rope = config["rope_parameters"]
        let fraction = try rope?["partial_rotary_factor"]?.double ?? config.number("partial_rotary_factor") ?? 0.9
        let base = try rope?["rope_theta"]?.double ?? config.number("rope_theta") ?? 10_000
        guard fraction > 0, fraction <= 1, base > 1, rope?["rope_type"]?.string ?? "default" == "default" else {
            throw unsupported("its rotary positions make no sense")
        }
        let width = try config.requiredSize("intermediate_size", limit: 1 << 20)
        self.init(
            hidden: hidden, encoderLayers: try config.requiredSize("encoder_num_hidden_layers", limit: 1 << 10),
            decoderLayers: try config.requiredSize("decoder_num_hidden_layers", limit: 1 << 10), encoderHeads: encoder,
            decoderHeads: decoder, encoderFeedForward: width, decoderFeedForward: width,
            vocabulary: try config.requiredSize("vocab_size"), rotaryFraction: Float(fraction), ropeBase: Float(base),
            start: Token(clamping: try config.integer("decoder_start_token_id") ?? 1),
            end: Token(clamping: try config.integer("eos_token_id") ?? 2))
        guard start >= 0, Int(start) < vocabulary else { throw unsupported("its first token is \(start)") }
    }
}

/// The tensors of a folder, whose names are those that are asked for.
struct MoonshineFolder: MoonshineWeights {
    let path: String
    private let files: [SafetensorsFile]

    init(_ folder: HuggingFaceFolder) throws {
        path = folder.path
        files = try folder.paths.map { try SafetensorsFile(path: $0) }
    }

    func matrix(_ name: String, rows: Int, columns: Int) throws -> StoredMatrix {
        .floats(try floats(name, shape: [rows, columns]), columns: columns)
    }

    func floats(_ name: String, shape: [Int]) throws -> [Float] {
        guard let file = files.first(where: { $0.tensor(named: name) != nil }), let entry = file.tensor(named: name)
        else { throw CheckpointError.missingTensor(file: path, name: name) }
        guard entry.shape == shape else {
            throw CheckpointError.wrongShape(file: path, name: name, shape: entry.shape, expected: shape)
        }
        guard let dtype = entry.dtype, dtype.isWeight else {
            throw CheckpointError.unsupportedType(file: path, name: name, type: entry.typeName)
        }
        let contents = try file.contents(of: entry)
        var values = [Float](repeating: 0, count: entry.elementCount)
        unsafe values.withUnsafeMutableBufferPointer { unsafe dtype.dequantize(contents.bytes, into: $0) }
        withExtendedLifetime(contents.owner) {}
        file.release(entry)
        return values
    }
}
