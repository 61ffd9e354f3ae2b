import OrderedCollections
public import TuttiCheckpoints
import TuttiTensors

/// What a GGUF model sees with: its projector file (llama.cpp's `mmproj`), read and checked but for the weights.
public struct Projector: Sendable {
    public let file: GGUFFile
    private let settings: ProjectorSettings
    private let translation: ProjectorTranslation
    private let family: VisionFamily
    private let config: HuggingFaceConfig

    /// - Throws: `CheckpointError` or `ModelError`, naming what is missing or makes no sense.
    public init(path: String, families: [VisionFamily] = Registry.visionFamilies) throws {
        file = try GGUFFile(path: path)
        let settings = try ProjectorSettings(file)
        self.settings = settings
        guard let family = families.first(where: { $0.projector?.type == settings.type }),
            let translation = family.projector
        else {
            let known = families.compactMap { $0.projector?.type }.sorted()
            throw CheckpointError.unsupported(
                file: path,
                "it is a projector of the type `\(settings.type)`, which is not known; known are "
                    + known.joined(separator: ", "))
        }
        (self.family, self.translation) = (family, translation)
        var pictures = try translation.pictures(settings).object ?? [:]
        for (key, value) in try settings.pixels() { pictures[key] = value }
        config = try HuggingFaceConfig(
            try translation.config(settings), file: path, companions: ["preprocessor_config.json": .object(pictures)])
    }

    /// The language model with what its decoder has to know of how it sees.
    /// - Throws: `CheckpointError.unsupported` where the projector is of another model.
    public func seeing(_ model: GGUFFile) throws -> SeeingGGUF {
        let architecture = model.metadata.string("general.architecture") ?? ""
        if let wanted = translation.architecture, wanted != architecture {
            throw foreign(
                "it belongs to models of the architecture `\(wanted)`, and \(model.path) is of `\(architecture)`")
        }
        if let hidden = model.metadata.integer("\(architecture).embedding_length"), let width, width != hidden {
            throw foreign("its rows are \(width) wide, and \(model.path) takes rows of \(hidden)")
        }
        let more = try translation.decoder(config).map { ("\(architecture).\($0)", $1) }
        return SeeingGGUF(model, file, more: Dictionary(more) { first, _ in first })
    }

    private func foreign(_ reason: String) -> CheckpointError {
        .unsupported(
            file: file.path, "\(reason): it is the projector of another model. Name the right one with --mmproj")
    }

    /// The width of what the eyes make.
    private var width: Int? {
        let (tensor, dimension) = translation.output, shape = file.tensor(named: tensor)?.shape ?? []
        return shape.indices.contains(dimension) ? shape[dimension] : nil
    }

    /// What it is, in a few words.
    public var summary: String {
        "\(settings.type), an encoder of \(settings.layers) layers, \(settings.hidden) wide"
    }

    /// - Parameter hidden: The width of the language model.
    func eyes(hidden: Int, pool: ComputePool) throws -> Eyes {
        let weights = try TranslatedCheckpoint(file, try translation.tensors(settings), layers: settings.layers)
        do {
            return try family.make(VisionSource(config, weights, hidden: hidden, pool: pool))
        } catch let error as CheckpointError {
            throw error.renamed { weights.sourceName(of: $0) ?? $0 }
        } catch ModelError.unusableType(let tensor, let type, let file) {
            throw ModelError.unusableType(tensor: weights.sourceName(of: tensor) ?? tensor, type: type, file: file)
        }
    }
}

extension CheckpointError {
    /// The same of tensors by other names.
    fileprivate func renamed(_ name: (String) -> String) -> CheckpointError {
        switch self {
        case .missingTensor(let file, let tensor): .missingTensor(file: file, name: name(tensor))
        case .wrongShape(let file, let tensor, let shape, let expected):
            .wrongShape(file: file, name: name(tensor), shape: shape, expected: expected)
        case .unsupportedType(let file, let tensor, let type):
            .unsupportedType(file: file, name: name(tensor), type: type)
        default: self
        }
    }
}
