public import TuttiCheckpoints
import TuttiTensors

/// A family of vision encoders, as ``Family`` is one of decoders.
public struct VisionFamily: Sendable {
    /// What `model_type` says in the `config.json` of models with such eyes.
    public let modelTypes: [String]
    /// What `clip.projector_type` says in its projector files; nil for a family that has none.
    public var projectorType: String? { projector?.type }
    /// How its projector files read.
    let projector: ProjectorTranslation?
    /// What is done with those tensors of folders whose names end so.
    let changes: [String: TensorChange]
    let make: @Sendable (VisionSource) throws -> Eyes

    /// - Parameter make: Throws `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(
        _ modelTypes: [String], projector: ProjectorTranslation? = nil, changes: [String: TensorChange] = [:],
        make: @escaping @Sendable (VisionSource) throws -> Eyes
    ) {
        (self.modelTypes, self.projector, self.changes, self.make) = (modelTypes, projector, changes, make)
    }
}

/// What a family's eyes are built from: a Hugging Face folder, tensors by their names there, or a projector file that reads
/// as one.
public struct VisionSource {
    /// Everything that `config.json` says; the eyes' own settings are under `vision_config`.
    public let config: HuggingFaceConfig
    /// Of the tensors, under the folder's names.
    public let weights: WeightReader
    /// The decoder's width.
    public let hidden: Int

    /// - Throws: `CheckpointError`.
    init(
        _ folder: HuggingFaceFolder, changes: [String: TensorChange] = [:], hidden: Int, pool: ComputePool
    ) throws {
        let rules = folder.names.map { name in
            TensorRule(name, name, changes.first { name.hasSuffix($0.key) }?.value ?? .none)
        }
        let translation = Translation(architecture: "clip", describe: { _, _ in }, tensors: { _ in rules })
        self.init(folder.config, try TranslatedCheckpoint(folder, translation), hidden: hidden, pool: pool)
    }

    init(_ config: HuggingFaceConfig, _ weights: any Checkpoint, hidden: Int, pool: ComputePool) {
        (self.config, self.hidden) = (config, hidden)
        self.weights = WeightReader(weights, pool: pool)
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
