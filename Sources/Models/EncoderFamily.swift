import TuttiCheckpoints

/// A family of text encoders, as ``Family`` is one of decoders.
public struct EncoderFamily: Sendable {
    /// What `general.architecture` says in GGUF files.
    public let architecture: String
    /// What `model_type` says in `config.json`.
    public let modelTypes: [String]
    let translation: Translation
    let make: @Sendable (ConfigReader, WeightReader) throws -> any TextEncoder

    init(
        _ architecture: String, modelTypes: [String], _ translation: Translation,
        make: @escaping @Sendable (ConfigReader, WeightReader) throws -> any TextEncoder
    ) {
        (self.architecture, self.modelTypes) = (architecture, modelTypes)
        (self.translation, self.make) = (translation, make)
    }
}
