import Foundation
public import TuttiCheckpoints
public import TuttiTensors

/// A Whisper as it lies on disk: a folder of Hugging Face's or CTranslate2's, or a file of whisper.cpp's.
public struct WhisperFiles: Sendable {
    public let checkpoint: any Checkpoint
    public let settings: WhisperSettings
    public let vocabulary: VocabularySource

    /// Where a tokenizer is made from.
    public enum VocabularySource: Sendable {
        /// A folder with a `tokenizer.json` or its forerunners.
        case folder(String)
        /// The bytes of each token by its id, the ids being ranks of merges; special tokens are not among them.
        case pieces([[UInt8]])
    }

    /// - Parameter path: A folder, or a file in one.
    /// - Throws: `CheckpointError` where no model is found, or one is damaged.
    public init(path: String) throws {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(filePath: path).resolvingSymlinksInPath().path)
        guard let kind = attributes?[.type] as? FileAttributeType else {
            throw CheckpointError.unsupported(file: path, "there is no such file or folder")
        }
        let isFolder = kind == .typeDirectory
        let folder = isFolder ? path : URL(filePath: path).deletingLastPathComponent().path
        if isFolder ? HuggingFaceFolder.isOne(path) : path.hasSuffix(".safetensors") {
            try self.init(huggingFace: folder)
            return
        }
        let file = isFolder ? try Self.modelFile(in: path) : path
        if WhisperGGMLFile.isOne(file) { try self.init(ggml: file) } else { try self.init(cTranslate2: file, folder) }
    }

    private static func modelFile(in folder: String) throws -> String {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".bin") }
        if names.contains("model.bin") { return "\(folder)/model.bin" }
        guard let name = names.first, names.count == 1 else {
            throw CheckpointError.unsupported(
                file: folder, "it has neither config.json and safetensors, nor a model.bin, nor one ggml file")
        }
        return "\(folder)/\(name)"
    }

    // MARK: Hugging Face

    private init(huggingFace path: String) throws {
        let folder = try HuggingFaceFolder(path: path)
        guard folder.config.modelType == "whisper" else {
            throw ModelError.unknownArchitecture(folder.config.modelType, known: ["whisper"], file: path)
        }
        let shape = try WhisperShape(folder.config)
        checkpoint = try TranslatedCheckpoint(
            folder,
            Translation(
                architecture: "whisper", describe: { _, metadata in shape.describe { metadata.set($0, $1) } },
                tensors: { _ in WhisperNames.huggingFace(shape.audio.layers, shape.text.layers) }))
        // Older releases keep these in the configuration itself.
        let generation = Self.json("\(path)/generation_config.json")
        settings = WhisperSettings(
            suppressed: "suppress_tokens", suppressedFirst: "begin_suppress_tokens",
            in: [generation, folder.config.json])
        vocabulary = .folder(path)
    }

    // MARK: CTranslate2

    private init(cTranslate2 path: String, _ folder: String) throws {
        let file = try CTranslate2File(path: path)
        guard file.specification == "WhisperSpec" else {
            throw ModelError.unknownArchitecture(file.specification, known: ["WhisperSpec"], file: path)
        }
        let shape = try WhisperShape(file)
        checkpoint = try file.checkpoint(shape.metadata, WhisperNames.cTranslate2(shape))
        settings = WhisperSettings(
            suppressed: "suppress_ids", suppressedFirst: "suppress_ids_begin", in: [Self.json("\(folder)/config.json")])
        vocabulary = .folder(folder)
    }

    // MARK: whisper.cpp

    private init(ggml path: String) throws {
        let file = try WhisperGGMLFile(path: path), sizes = file.sizes
        func width(_ side: String, _ hidden: Int) -> Int {
            file.shape(of: "\(side).blocks.0.mlp.0.weight")?.first ?? 4 * hidden
        }
        let shape = WhisperShape(
            bands: sizes.bands,
            audio: WhisperShape.Stack(
                layers: sizes.audioLayers, hidden: sizes.audioWidth, heads: sizes.audioHeads,
                feedForward: width("encoder", sizes.audioWidth), positions: sizes.audioPositions),
            text: WhisperShape.Stack(
                layers: sizes.textLayers, hidden: sizes.textWidth, heads: sizes.textHeads,
                feedForward: width("decoder", sizes.textWidth), positions: sizes.textPositions),
            vocabulary: sizes.vocabulary)
        guard shape.audio.layers <= 1024, shape.text.layers <= 1024 else {
            throw CheckpointError.malformed(file: path, "it claims more than 1024 layers")
        }
        checkpoint = try file.checkpoint(
            shape.metadata, WhisperNames.openAI(shape.audio.layers, shape.text.layers))
        settings = WhisperSettings()
        vocabulary = .pieces(file.pieces)
    }

    /// A JSON file; null where there is none that can be read.
    private static func json(_ path: String) -> JSON {
        guard let bytes = try? Data(contentsOf: URL(filePath: path)), let json = try? JSON(parsing: bytes) else {
            return .null
        }
        return json
    }
}

/// What a Whisper's makers say about using it; nil where they do not.
public struct WhisperSettings: Sendable, Equatable {
    /// Tokens that are never written.
    public var suppressed: [Token]?
    /// Tokens that a text does not begin with.
    public var suppressedFirst: [Token]?
    /// The heads of the decoder that look at the sound of the word they write.
    public var alignmentHeads: [AlignmentHead]?

    public struct AlignmentHead: Sendable, Hashable {
        public var layer: Int
        public var head: Int

        public init(layer: Int, head: Int) { (self.layer, self.head) = (layer, head) }
    }

    init() {}

    init(suppressed: String, suppressedFirst: String, in files: [JSON]) {
        func tokens(_ key: String) -> [Token]? {
            files.lazy.compactMap { $0[key]?.array }.first?.compactMap { $0.int.flatMap { Token(exactly: $0) } }
        }
        self.suppressed = tokens(suppressed)
        self.suppressedFirst = tokens(suppressedFirst)
        alignmentHeads = files.lazy.compactMap { $0["alignment_heads"]?.array }.first?.compactMap { pair in
            guard let layer = pair[0]?.int, let head = pair[1]?.int else { return nil }
            return AlignmentHead(layer: layer, head: head)
        }
    }
}
