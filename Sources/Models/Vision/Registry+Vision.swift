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

    /// Whether what is at `path` is a model with eyes: a folder, or a GGUF file with its projector beside it.
    public static func hasEyes(_ path: String) -> Bool {
        guard HuggingFaceFolder.isOne(path) else { return (try? projector(of: path)).flatMap(\.self) != nil }
        guard let folder = try? HuggingFaceFolder(path: path) else { return false }
        return visionFamilies.contains { $0.modelTypes.contains(folder.config.modelType) }
    }

    /// What the GGUF model at `path` sees with: the projector file `named`, or that which lies beside it; nil where there is
    /// none.
    /// - Throws: `CheckpointError` or `ModelError` for a projector that cannot be used, and where several lie there.
    public static func projector(
        of path: String, named: String? = nil, families: [VisionFamily] = Registry.visionFamilies
    ) throws -> Projector? {
        if let named, HuggingFaceFolder.isOne(path) {
            throw CheckpointError.unsupported(
                file: named, "it is to go with \(path), a folder that holds its own eyes: leave --mmproj out")
        }
        guard !families.isEmpty, let file = try named ?? ProjectorFile.beside(path) else { return nil }
        return try Projector(path: file, families: families)
    }

    /// Opens the eyes of the model at `path`, a Hugging Face folder or a GGUF file; nil where it has none.
    /// - Parameters:
    ///   - hidden: The width of its decoder.
    ///   - projector: What a GGUF file sees with; nil for what lies beside it.
    /// - Throws: `CheckpointError` or `ModelError`, naming what is missing or misshapen.
    public static func eyes(
        _ path: String, hidden: Int, pool: ComputePool, projector: Projector? = nil,
        families: [VisionFamily] = Registry.visionFamilies
    ) throws -> Eyes? {
        guard HuggingFaceFolder.isOne(path) else {
            let projector = try projector ?? Registry.projector(of: path, families: families)
            return try projector?.eyes(hidden: hidden, pool: pool)
        }
        let folder = try HuggingFaceFolder(path: path)
        guard let family = families.first(where: { $0.modelTypes.contains(folder.config.modelType) }) else {
            return nil
        }
        let eyes = try family.make(VisionSource(folder, changes: family.changes, hidden: hidden, pool: pool))
        guard eyes.encoder.hidden == hidden else {
            throw ModelError.badValue(
                key: "the width of its vision encoder's rows", value: "\(eyes.encoder.hidden)",
                wants: "the decoder's, \(hidden)", file: path)
        }
        return eyes
    }
}
