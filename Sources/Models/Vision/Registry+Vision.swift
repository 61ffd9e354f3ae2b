import TuttiCheckpoints
public import TuttiTensors

extension Registry {
    /// One line a family of vision encoders.
    public static let visionFamilies: [VisionFamily] = [
        Idefics3Vision.family,
        Qwen2VLVision.family,
        Qwen25VLVision.family,
        LLaVAVision.family,
        Gemma3Vision.family,
        PaliGemmaVision.family,
    ]

    /// Whether what is at `path` is the folder of a model with eyes.
    public static func hasEyes(_ path: String) -> Bool {
        guard HuggingFaceFolder.isOne(path), let folder = try? HuggingFaceFolder(path: path) else { return false }
        return visionFamilies.contains { $0.modelTypes.contains(folder.config.modelType) }
    }

    /// Opens the eyes of the model in the Hugging Face folder at `path`; nil where it has none.
    /// - Parameter hidden: The width of its decoder.
    /// - Throws: `CheckpointError` or `ModelError`, naming what is missing or misshapen.
    public static func eyes(
        _ path: String, hidden: Int, pool: ComputePool, families: [VisionFamily] = Registry.visionFamilies
    ) throws -> Eyes? {
        guard HuggingFaceFolder.isOne(path) else { return nil }
        let folder = try HuggingFaceFolder(path: path)
        guard let family = families.first(where: { $0.modelTypes.contains(folder.config.modelType) }) else {
            return nil
        }
        let eyes = try family.make(VisionSource(folder, hidden: hidden, pool: pool))
        guard eyes.encoder.hidden == hidden else {
            throw ModelError.badValue(
                key: "the width of its vision encoder's rows", value: "\(eyes.encoder.hidden)",
                wants: "the decoder's, \(hidden)", file: path)
        }
        return eyes
    }
}
