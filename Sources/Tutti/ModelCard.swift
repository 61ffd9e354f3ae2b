import Foundation
public import TuttiCheckpoints
public import TuttiModels
public import TuttiTensors
import TuttiText

/// What a model file says of itself, and what using it takes; read without its weights.
public struct ModelCard: Sendable {
    /// The tensors of one storage type.
    public struct TensorGroup: Sendable, Equatable {
        public let type: String
        public let count: Int
        public let byteCount: Int
    }

    public let checkpoint: any Checkpoint
    /// What the catalog knows of it; nil for a file from elsewhere.
    public let entry: CatalogEntry?
    public let architecture: String
    /// The sizes of its decoder; nil where it has none, or does not tell them.
    public let shape: DecoderShape?
    /// The sizes of its encoder, for a model that embeds text.
    public let encoder: EncoderShape?
    /// Whether it has eyes: pictures are seen, not read to it.
    public let sees: Bool
    /// What a GGUF model sees with; nil for a model without eyes, and for one whose files hold its own.
    public let projector: Projector?
    /// Why it cannot be run; nil if it can, as far as its header tells.
    public let problem: String?
    /// Storage types, the one that takes most first.
    public let tensorGroups: [TensorGroup]

    /// Its tokenizer and template; nil where they cannot be used, which `problem` says.
    private let text: TextParts?

    /// - Throws: `CheckpointError` when no model can be read there, `ModelError` for a folder of an unknown family.
    public init(file path: String, entry: CatalogEntry? = nil) throws {
        checkpoint = try Registry.open(path)
        let sight = Result { try Registry.projector(of: path) }, projector = (try? sight.get()) ?? nil
        self.projector = projector
        sees = projector != nil || Registry.hasEyes(path)
        self.entry = entry
        architecture = checkpoint.metadata.string("general.architecture") ?? "unknown"
        var counts: [String: (count: Int, byteCount: Int)] = [:]
        for tensor in checkpoint.tensors {
            counts[tensor.typeName, default: (0, 0)].count += 1
            counts[tensor.typeName, default: (0, 0)].byteCount += tensor.byteCount
        }
        tensorGroups = counts.map { TensorGroup(type: $0, count: $1.count, byteCount: $1.byteCount) }
            .sorted { ($1.byteCount, $0.type) < ($0.byteCount, $1.type) }

        let checkpoint = checkpoint,
            isEncoder = Registry.encoders.contains { [architecture] in $0.architecture == architecture }
        let shape = Result { isEncoder ? nil : try DecoderShape(checkpoint) }
        let encoder = Result { isEncoder ? try EncoderShape(checkpoint) : nil }
        let text = Result { try TextParts(checkpoint) }
        self.shape = (try? shape.get()) ?? nil
        self.encoder = (try? encoder.get()) ?? nil
        self.text = try? text.get()
        problem = ModelCard.problem(checkpoint, architecture, isEncoder) {
            _ = try shape.get()
            _ = try encoder.get()
            _ = try text.get()
            _ = try sight.get()
            // What is wrong between the two.
            _ = try Registry.open(path, projector: projector)
        }
    }

    private static func problem(
        _ checkpoint: any Checkpoint, _ architecture: String, _ isEncoder: Bool, _ check: () throws -> Void
    ) -> String? {
        guard isEncoder || Registry.architectures.contains(architecture) else {
            return
                "\(ModelError.unknownArchitecture(architecture, known: Registry.architectures, file: checkpoint.path))"
        }
        if let odd = checkpoint.tensors.first(where: { $0.dtype == nil }) {
            return "\(ModelError.unusableType(tensor: odd.name, type: odd.typeName, file: checkpoint.path))"
        }
        do { try check() } catch { return "\(error)" }
        return nil
    }

    public var name: String? { checkpoint.metadata.string("general.name") }
    public var parameterCount: Int { checkpoint.tensors.reduce(0) { $0 + $1.elementCount } }
    /// The bytes of all tensors in the file.
    public var weightByteCount: Int { checkpoint.tensors.reduce(0) { $0 + $1.byteCount } }
    public var licence: String? { entry?.licence ?? checkpoint.metadata.string("general.license") }
    /// The chat template's text; nil for a model that was not made for chat.
    public var template: String? { checkpoint.metadata.string("tokenizer.chat_template") ?? text?.template?.source }
    /// How many tokens its vocabulary has.
    public var tokenCount: Int {
        text?.tokenizer?.vocabulary.count ?? checkpoint.metadata.strings("tokenizer.ggml.tokens")?.count ?? 0
    }

    /// The tokenizer's kind in the field's words, with its way to cut words, such as `byte-level BPE (qwen2)`.
    public var tokenizer: String {
        let detail = checkpoint.metadata.string("tokenizer.ggml.pre").map { " (\($0))" } ?? ""
        guard let text else {
            return checkpoint.metadata.string("tokenizer.ggml.model").map { "\($0)\(detail), which cannot be used" }
                ?? "none"
        }
        switch text.tokenizer?.vocabulary.model {
        case .byteLevel: return "byte-level BPE" + detail
        case .sentencePiece: return "SentencePiece BPE" + detail
        case .bytePair: return "BPE"
        case .unigram: return "Unigram"
        case .wordPiece: return "WordPiece"
        case .wordLevel: return "whole words"
        case nil: return "none: it takes and gives ids only"
        }
    }

    /// What answering with it takes of memory; nil where the file does not tell its sizes.
    /// - Parameter threads: Threads to compute on.
    public func memory(threads: Int = ComputePool.defaultThreadCount) -> MemoryForecast? {
        shape.map { MemoryForecast(checkpoint, $0, tokenCount: tokenCount, threads: threads) }
    }
}
