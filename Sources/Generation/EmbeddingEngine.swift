import Foundation
public import TuttiModels
public import TuttiTensors

/// Embeds texts on one thread of its own; tasks send tokens and await vectors.
public final class EmbeddingEngine: Sendable {
    public let shape: EncoderShape
    private let mailbox = Mailbox<Message>()

    enum Message: Sendable {
        case embed([[Token]], CheckedContinuation<[[Float]], any Error>)
        case stop
    }

    /// - Parameters:
    ///   - pool: The threads to compute on; one engine drives them at a time.
    ///   - isExact: Float32 on dequantised weights, for checking.
    public init(encoder: any TextEncoder, pool: ComputePool, isExact: Bool = false) {
        shape = encoder.shape
        let thread = Thread { [mailbox] in
            ComputePool.joinThread()
            EmbeddingThread(encoder, Step(pool: pool, exact: isExact)).run(mailbox)
        }
        thread.name = "tutti embeddings"
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit { mailbox.send(.stop) }

    /// A vector for each text, `shape.hidden` numbers.
    /// - Throws: ``EngineError`` for a text without tokens, with more than `shape.positions`, or with ids of another
    ///   vocabulary.
    public func embed(_ texts: [[Token]]) async throws -> [[Float]] {
        for text in texts {
            guard !text.isEmpty else { throw EngineError.emptyPrompt }
            guard text.count <= shape.positions else {
                throw EngineError.promptTooLong(tokens: text.count, context: shape.positions, limit: shape.positions)
            }
            if let bad = text.first(where: { $0 < 0 || Int($0) >= shape.vocabulary }) {
                throw EngineError.unknownToken(bad, vocabulary: shape.vocabulary)
            }
        }
        guard !texts.isEmpty else { return [] }
        return try await withCheckedThrowingContinuation { mailbox.send(.embed(texts, $0)) }
    }
}

/// The loop of an embedding engine; it lives on one thread.
private final class EmbeddingThread {
    private let encoder: any TextEncoder
    private let step: Step
    private var pages: [KeyValuePage] = []

    /// Rows of one pass: enough to keep every core busy, few enough to stay in the caches.
    private static let rowLimit = 512

    init(_ encoder: any TextEncoder, _ step: Step) { (self.encoder, self.step) = (encoder, step) }

    func run(_ mailbox: Mailbox<EmbeddingEngine.Message>) {
        while true {
            for message in mailbox.wait() {
                guard case .embed(let texts, let continuation) = message else { return }
                continuation.resume(returning: embed(texts))
            }
        }
    }

    private func embed(_ texts: [[Token]]) -> [[Float]] {
        var vectors = [[Float]](repeating: [], count: texts.count)
        // Texts of like length side by side: no pass is held up by one long text among short ones.
        var waiting = texts.indices.sorted { (texts[$0].count, $0) < (texts[$1].count, $1) }[...]
        while !waiting.isEmpty {
            var pass: [Int] = [], rows = 0
            while let next = waiting.first, pass.isEmpty || rows + texts[next].count <= Self.rowLimit {
                pass.append(next)
                rows += texts[next].count
                waiting.removeFirst()
            }
            for (index, vector) in zip(pass, compute(pass.map { texts[$0] })) { vectors[index] = vector }
        }
        return vectors
    }

    private func compute(_ texts: [[Token]]) -> [[Float]] {
        let layout = encoder.shape.layout
        var sequences: [SequenceRows] = [], first = 0, firstPage = 0
        for text in texts {
            let count = KeyValueLayout.pages(for: text.count)
            while pages.count < firstPage + count { pages.append(KeyValuePage(layout, group: 0)) }
            sequences.append(
                SequenceRows(
                    rows: first..<first + text.count, start: 0, pages: [Array(pages[firstPage..<firstPage + count])]))
            first += text.count
            firstPage += count
        }
        step.reset()
        let states = encoder(texts, Batch(sequences: sequences, outputs: [], layout: layout), step)
        return sequences.map { pool(states, $0.rows) }
    }

    /// The vector of one text out of the states of its places.
    private func pool(_ states: Tensor, _ rows: Range<Int>) -> [Float] {
        var pool = StatePool(encoder.shape.pooling, width: states.width)
        pool.add(states, rows: rows)
        return pool.vector(normalizes: encoder.shape.normalizes)
    }
}
