public import TuttiCheckpoints

/// A family of decoders: by what names checkpoints call it, how its Hugging Face folders read, and how it is built.
public struct Family: Sendable {
    /// What `general.architecture` says in GGUF files.
    public let architecture: String
    /// What `model_type` says in `config.json`.
    public let modelTypes: [String]
    /// How a Hugging Face folder reads in GGUF's words.
    public let translation: Translation
    /// For every layer, how many tokens back a row sees; nil for all.
    let windows: @Sendable (ConfigReader, _ layers: Int) throws -> [Int?]
    let make: @Sendable (ConfigReader, WeightReader) throws -> any Decoder

    /// - Parameters:
    ///   - windows: Left out by families whose layers see all.
    ///   - make: Builds the decoder; throws `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(
        _ architecture: String, modelTypes: [String], _ translation: Translation,
        windows: @escaping @Sendable (ConfigReader, _ layers: Int) throws -> [Int?] = {
            Array(repeating: nil, count: $1)
        },
        make: @escaping @Sendable (ConfigReader, WeightReader) throws -> any Decoder
    ) {
        (self.architecture, self.modelTypes) = (architecture, modelTypes)
        (self.translation, self.windows, self.make) = (translation, windows, make)
    }
}
