import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
public import TuttiTensors

/// What answering with a model takes of memory, foretold from its file's header.
///
/// It is about one conversation on a machine that does nothing else with the model; each further one adds its cache.
public struct MemoryForecast: Sendable {
    /// The weights as they are packed, which is not always what they take in the file.
    public let weightByteCount: Int
    /// What is in memory of the table of token embeddings, whose rows are read in the file.
    public let embeddingByteCount: Int
    /// What one step of a prompt writes to.
    public let scratchByteCount: Int
    /// The program itself, with the tokenizer.
    public let programByteCount: Int
    /// What is in memory of a tensor in the file while it is packed.
    private let readAheadByteCount: Int
    private let shape: DecoderShape

    /// - Parameter threads: Threads to compute on.
    init(_ file: any Checkpoint, _ shape: DecoderShape, tokenCount: Int, threads: Int) {
        self.shape = shape
        let table = file.tensor(named: "token_embd.weight"), isTied = file.tensor(named: "output.weight") == nil
        var weights = 0
        for tensor in file.tensors where isTied || tensor.name != table?.name {
            weights += MemoryForecast.packedByteCount(tensor)
        }
        weightByteCount = weights
        embeddingByteCount = min(table?.byteCount ?? 0, EmbeddingTable.residentByteCount)
        readAheadByteCount = min(PackedMatrix.sourceByteCount, file.tensors.lazy.map(\.byteCount).max() ?? 0)
        scratchByteCount = shape.scratchByteCount(rows: EngineOptions.defaultPrefillRows, threads: threads)
        // Measured: the program with its libraries, of which the system maps more where the file is in its cache
        // already, and for every token its text, its places in two tables, and its candidate.
        programByteCount = (44 << 20) + tokenCount * 100
    }

    private static func packedByteCount(_ tensor: TensorEntry) -> Int {
        guard let columns = tensor.shape.last, tensor.shape.count > 1, let dtype = tensor.dtype else {
            return tensor.elementCount * MemoryLayout<Float>.size
        }
        let rows = tensor.elementCount / max(1, columns)
        return PackedMatrix.byteCount(dtype, rows: rows, columns: columns) ?? tensor.byteCount
    }

    /// What cached keys and values of a conversation of `tokens` tokens take; nil where this kind cannot hold the
    /// model's heads. Windowed layers count what they keep.
    public func cacheByteCount(_ kind: KeyValueKind, tokens: Int) -> Int? {
        guard shape.canCache(kind) else { return nil }
        return shape.layout(kind).byteCount(conversation: tokens, rows: EngineOptions.defaultPrefillRows)
    }

    /// Everything together for one conversation of `tokens` tokens; nil where this kind cannot hold the model's heads.
    public func totalByteCount(_ kind: KeyValueKind, tokens: Int) -> Int? {
        cacheByteCount(kind, tokens: tokens).map { cache in
            weightByteCount + embeddingByteCount + programByteCount + max(readAheadByteCount, scratchByteCount + cache)
        }
    }
}
