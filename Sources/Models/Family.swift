import TuttiCheckpoints

/// A family of decoders: by what names checkpoints call it, how its Hugging Face folders read, and how it is built.
public struct Family: Sendable {
    /// What `general.architecture` says in GGUF files.
    public let architecture: String
    /// What `model_type` says in `config.json`.
    public let modelTypes: [String]
    let translation: Translation
    let make: @Sendable (ConfigReader, WeightReader) throws -> any Decoder

    init(
        _ architecture: String, modelTypes: [String], _ translation: Translation,
        make: @escaping @Sendable (ConfigReader, WeightReader) throws -> any Decoder
    ) {
        (self.architecture, self.modelTypes) = (architecture, modelTypes)
        (self.translation, self.make) = (translation, make)
    }
}
