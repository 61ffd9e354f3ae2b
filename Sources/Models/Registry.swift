public import TuttiCheckpoints
public import TuttiTensors

/// The decoder families that Tutti knows.
///
/// A program that has families of its own hands `Registry.families + [mine]` to the functions here.
public enum Registry {
    /// One line a family; docs/guides/add-a-model.md tells how one is added.
    public static let families: [Family] = [
        Llama.family,
        Mistral.family,
        Mixtral.family,
        Qwen2.family,
        Qwen3.family,
        Qwen3MoE.family,
        Qwen2VL.family,
        Gemma.family,
        Gemma3.family,
        Phi3.family,
        SmolLM3.family,
        Granite.family,
        OLMo2.family,
        GPTOSS.family,
    ]

    /// The encoders that embed text.
    public static let encoders: [EncoderFamily] = [Bert.family]

    /// What `model_type` says of models that see, and whose decoder is of the family that their `text_config` names.
    private static let seeing = ["gemma3", "idefics3", "llava", "paligemma", "smolvlm"]

    /// GGUF's names of the architectures that are known.
    public static var architectures: [String] { Set(families.map(\.architecture)).sorted() }

    /// Opens the model at `path`: a GGUF file, or a Hugging Face folder of a known family.
    /// - Parameter projector: What a GGUF model sees with, of which its decoder has to know.
    /// - Throws: `CheckpointError` for what cannot be read and for a projector of another model, `ModelError` for an unknown
    ///   family.
    public static func open(
        _ path: String, projector: Projector? = nil, families: [Family] = Registry.families
    ) throws -> any Checkpoint {
        guard HuggingFaceFolder.isOne(path) else {
            let file = try GGUFFile(path: path)
            return try projector?.seeing(file) ?? file
        }
        let folder = try HuggingFaceFolder(path: path)
        let outer = folder.config.modelType
        let name = seeing.contains(outer) ? folder.config.textModelType : outer
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
        _ checkpoint: any Checkpoint, pool: ComputePool, quantization: QuantizationType? = nil,
        families: [Family] = Registry.families
    ) throws -> any Decoder {
        let config = try ConfigReader(checkpoint, families: families)
        return try config.family().make(config, WeightReader(checkpoint, pool: pool, quantization: quantization))
    }
}
