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
    /// The sizes of its decoder; nil where the file does not tell them.
    public let shape: DecoderShape?
    /// Why it cannot be run; nil if it can, as far as its header tells.
    public let problem: String?
    /// Storage types, the one that takes most first.
    public let tensorGroups: [TensorGroup]

    /// - Throws: `CheckpointError` when the file is no readable GGUF.
    public init(file path: String, entry: CatalogEntry? = nil) throws {
        checkpoint = try Registry.open(path)
        self.entry = entry
        architecture = checkpoint.metadata.string("general.architecture") ?? "unknown"
        var counts: [String: (count: Int, byteCount: Int)] = [:]
        for tensor in checkpoint.tensors {
            counts[tensor.typeName, default: (0, 0)].count += 1
            counts[tensor.typeName, default: (0, 0)].byteCount += tensor.byteCount
        }
        tensorGroups = counts.map { TensorGroup(type: $0, count: $1.count, byteCount: $1.byteCount) }
            .sorted { ($1.byteCount, $0.type) < ($0.byteCount, $1.type) }
        do {
            shape = try DecoderShape(checkpoint)
            problem = ModelCard.problem(checkpoint, architecture)
        } catch {
            shape = nil
            problem = ModelCard.unknown(checkpoint, architecture) ?? "\(error)"
        }
    }

    private static func unknown(_ file: any Checkpoint, _ architecture: String) -> String? {
        guard !Registry.architectures.contains(architecture) else { return nil }
        return "\(ModelError.unknownArchitecture(architecture, known: Registry.architectures, file: file.path))"
    }

    private static func problem(_ file: any Checkpoint, _ architecture: String) -> String? {
        if let unknown = unknown(file, architecture) { return unknown }
        if let odd = file.tensors.first(where: { $0.dtype == nil }) {
            return "\(ModelError.unusableType(tensor: odd.name, type: odd.typeName, file: file.path))"
        }
        do { _ = try Vocabulary(file.metadata) } catch { return "\(error)" }
        return nil
    }

    public var name: String? { checkpoint.metadata.string("general.name") }
    public var parameterCount: Int { checkpoint.tensors.reduce(0) { $0 + $1.elementCount } }
    /// The bytes of all tensors in the file.
    public var weightByteCount: Int { checkpoint.tensors.reduce(0) { $0 + $1.byteCount } }
    public var licence: String? { entry?.licence ?? checkpoint.metadata.string("general.license") }
    public var template: String? { checkpoint.metadata.string("tokenizer.chat_template") }
    /// How many tokens its vocabulary has.
    public var tokenCount: Int { checkpoint.metadata.strings("tokenizer.ggml.tokens")?.count ?? 0 }

    /// The tokenizer's kind in the field's words, with its way to cut words, such as `byte-level BPE (qwen2)`.
    public var tokenizer: String {
        let detail = checkpoint.metadata.string("tokenizer.ggml.pre").map { " (\($0))" } ?? ""
        switch checkpoint.metadata.string("tokenizer.ggml.model") {
        case "gpt2": return "byte-level BPE" + detail
        case "llama": return "SentencePiece BPE" + detail
        case let other?: return "\(other), which is not known here"
        case nil: return "none"
        }
    }

    /// What answering with it takes of memory; nil where the file does not tell its sizes.
    /// - Parameter threads: Threads to compute on.
    public func memory(threads: Int = ComputePool.defaultThreadCount) -> MemoryForecast? {
        shape.map { MemoryForecast(checkpoint, $0, tokenCount: tokenCount, threads: threads) }
    }
}
