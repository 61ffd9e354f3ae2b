public import TuttiCheckpoints
import TuttiTensors

/// A family of vision encoders, as ``Family`` is one of decoders.
public struct VisionFamily: Sendable {
    /// What `model_type` says in the `config.json` of models with such eyes.
    public let modelTypes: [String]
    let make: @Sendable (VisionSource) throws -> Eyes

    /// - Parameter make: Throws `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ modelTypes: [String], make: @escaping @Sendable (VisionSource) throws -> Eyes) {
        (self.modelTypes, self.make) = (modelTypes, make)
    }
}

/// What a family's eyes are built from: the Hugging Face folder, tensors by their names there.
public struct VisionSource {
    /// Everything that `config.json` says; the eyes' own settings are under `vision_config`.
    public let config: HuggingFaceConfig
    /// Of the folder's tensors, under their own names.
    public let weights: WeightReader
    /// The decoder's width.
    public let hidden: Int

    /// - Throws: `CheckpointError`.
    init(_ folder: HuggingFaceFolder, hidden: Int, pool: ComputePool) throws {
        let names = folder.names
        let translation = Translation(
            architecture: "clip", describe: { _, _ in }, tensors: { _ in names.map { TensorRule($0, $0) } })
        config = folder.config
        weights = WeightReader(try TranslatedCheckpoint(folder, translation), pool: pool)
        self.hidden = hidden
    }

    /// The settings of the eyes; those that are not there are the family's own.
    public var vision: JSON { config.json["vision_config"] ?? .null }

    /// The first of `prefixes` that, with `name` behind it, names a tensor: folders of before and since release 5 of
    /// `transformers` differ in what stands first.
    /// - Throws: `CheckpointError.missingTensor` where none does.
    public func prefix(_ prefixes: [String], of name: String) throws -> String {
        guard let prefix = prefixes.first(where: { weights.file.tensor(named: $0 + name) != nil }) else {
            throw CheckpointError.missingTensor(file: weights.file.path, name: (prefixes.first ?? "") + name)
        }
        return prefix
    }
}
