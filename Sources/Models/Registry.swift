public import TuttiCheckpoints
public import TuttiTensors

/// The decoder families that Tutti knows, by the name that a checkpoint gives its architecture.
public enum Registry {
    private static let decoders: [String: @Sendable (ConfigReader, WeightReader) throws -> any Decoder] = [
        "llama": { try Llama($0, $1) },
        "qwen2": { try Qwen2($0, $1) },
        "gemma3": { try Gemma3($0, $1) },
    ]

    /// How far back the layers of a family see, where it is not all of them that see all.
    private static let windows: [String: @Sendable (ConfigReader, _ layers: Int) throws -> [Int?]] = [
        "gemma3": Gemma3.windows
    ]

    public static var architectures: [String] { decoders.keys.sorted() }

    /// Builds the decoder that `file` holds; its matrices are packed on `pool`'s threads.
    /// - Throws: `ModelError` for an unknown family or a bad configuration, `CheckpointError` for missing or misshapen
    ///   tensors.
    public static func decoder(_ file: GGUFFile, pool: ComputePool) throws -> any Decoder {
        let config = try ConfigReader(file)
        guard let make = decoders[config.architecture] else {
            throw ModelError.unknownArchitecture(config.architecture, known: architectures, file: file.path)
        }
        return try make(config, WeightReader(file, pool: pool))
    }

    /// For every layer, how many tokens back a row sees; nil for all.
    static func windows(_ config: ConfigReader, layers: Int) throws -> [Int?] {
        try windows[config.architecture]?(config, layers) ?? Array(repeating: nil, count: layers)
    }
}
