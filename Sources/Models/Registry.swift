import Foundation
public import TuttiCheckpoints
public import TuttiTensors

/// The decoder families that Tutti knows.
public enum Registry {
    /// One line a family; docs/guides/add-a-model.md tells how one is added.
    public static let families: [Family] = [
        Llama.family, Qwen2.family, Gemma3.family,
    ]

    /// The encoders that embed text.
    public static let encoders: [EncoderFamily] = [Bert.family]

    /// GGUF's names of the architectures that are known.
    public static var architectures: [String] { Set(families.map(\.architecture)).sorted() }

    /// Opens the model at `path`: a GGUF file, or a Hugging Face folder of a known family.
    /// - Throws: `CheckpointError` for what cannot be read, `ModelError` for an unknown family.
    public static func open(_ path: String) throws -> any Checkpoint {
        guard HuggingFaceFolder.isOne(path) else { return try GGUFFile(path: path) }
        let folder = try HuggingFaceFolder(path: path)
        let name = folder.config.modelType
        let decoder = families.first { $0.modelTypes.contains(name) }?.translation
        guard let translation = decoder ?? encoders.first(where: { $0.modelTypes.contains(name) })?.translation else {
            let known = families.flatMap(\.modelTypes) + encoders.flatMap(\.modelTypes)
            throw ModelError.unknownArchitecture(name, known: known, file: path)
        }
        return try TranslatedCheckpoint(folder, translation)
    }

    /// Builds the encoder that `checkpoint` holds.
    /// - Throws: As ``decoder(_:pool:)``.
    public static func encoder(_ checkpoint: any Checkpoint, pool: ComputePool) throws -> any TextEncoder {
        let config = try ConfigReader(checkpoint)
        guard let family = encoders.first(where: { $0.architecture == config.architecture }) else {
            throw ModelError.noEncoder(
                config.architecture, known: encoders.map(\.architecture).sorted(), file: checkpoint.path)
        }
        return try family.make(config, WeightReader(checkpoint, pool: pool))
    }

    /// Builds the decoder that `checkpoint` holds; its matrices are packed on `pool`'s threads.
    /// - Parameter quantization: What its matrices are turned into on the way; nil leaves them as they are stored.
    /// - Throws: `ModelError` for an unknown family or a bad configuration, `CheckpointError` for missing or misshapen
    ///   tensors.
    public static func decoder(
        _ checkpoint: any Checkpoint, pool: ComputePool, quantization: QuantizationType? = nil
    ) throws -> any Decoder {
        let config = try ConfigReader(checkpoint)
        guard let family = families.first(where: { $0.architecture == config.architecture }) else {
            throw ModelError.unknownArchitecture(config.architecture, known: architectures, file: checkpoint.path)
        }
        return try family.make(config, WeightReader(checkpoint, pool: pool, quantization: quantization))
    }
}
