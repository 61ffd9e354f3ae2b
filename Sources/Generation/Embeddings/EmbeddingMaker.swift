import Foundation
import Synchronization
import TuttiTensors

/// Makes runs of embeddings on a thread of its own, so that no step waits for a whole picture, and keeps the rows of those
/// that were asked for last.
///
/// It shares the engine's compute threads, which take the jobs of both in turn: tokens come slower meanwhile.
final class EmbeddingMaker: Sendable {
    typealias Rows = [Float]

    /// Whether somebody still wants what was ordered.
    final class Order: Sendable {
        private let isCancelled = Atomic(false)

        var isWanted: Bool { !isCancelled.load(ordering: .relaxed) }

        func cancel() { isCancelled.store(true, ordering: .relaxed) }
    }

    private enum Message: Sendable {
        case make(EmbeddingRun, Order, then: @Sendable (Result<Rows, any Error>) -> Void)
        case stop
    }

    private let pool: ComputePool
    private let isExact: Bool
    private let mailbox = Mailbox<Message>()
    private let kept: Mutex<KeptRows>
    private let hasStarted = Mutex(false)

    /// - Parameters:
    ///   - pool: Threads that an engine drives too; their work is interleaved.
    ///   - byteCount: The most that kept rows take.
    init(pool: ComputePool, byteCount: Int, isExact: Bool) {
        (self.pool, self.isExact) = (pool, isExact)
        kept = Mutex(KeptRows(byteCount: byteCount))
    }

    deinit { mailbox.send(.stop) }

    /// The rows of a run, if they are kept.
    func keptRows(_ key: ContentKey) -> Rows? { kept.withLock { $0.rows(key) } }

    /// Bytes of the rows that are kept.
    var keptByteCount: Int { kept.withLock { $0.usedByteCount } }

    func empty() { kept.withLock { $0.empty() } }

    /// Makes the rows of a run unless they are kept, and hands them on, from another thread. Of an order that was cancelled
    /// meanwhile nobody hears.
    func make(_ run: EmbeddingRun, _ order: Order, then: @escaping @Sendable (Result<Rows, any Error>) -> Void) {
        start()
        mailbox.send(.make(run, order, then: then))
    }

    /// The thread is there from the first picture on: most models never see one.
    private func start() {
        let isFirst = hasStarted.withLock { hasStarted in
            defer { hasStarted = true }
            return !hasStarted
        }
        guard isFirst else { return }
        let thread = Thread { [mailbox, pool, isExact, weak self] in
            ComputePool.joinThread()
            let step = Step(pool: pool, exact: isExact)
            while true {
                for message in mailbox.wait() {
                    guard case .make(let run, let order, let then) = message else { return }
                    guard order.isWanted, let self else { continue }
                    then(Result { try self.rows(run, step) })
                }
            }
        }
        thread.name = "tutti eyes"
        thread.stackSize = 8 << 20
        thread.start()
    }

    private func rows(_ run: EmbeddingRun, _ step: Step) throws -> Rows {
        // Another request may have had them made while this one waited.
        if let rows = keptRows(run.key) { return rows }
        step.reset()
        let rows = try run.make(step)
        kept.withLock { $0.keep(rows, run.key) }
        return rows
    }
}

/// Rows by what they are of, up to a number of bytes; the longest unused go first.
private struct KeptRows {
    private struct Entry {
        let rows: [Float]
        var lastUse: UInt64
    }

    private let byteCount: Int
    private(set) var usedByteCount = 0
    private var entries: [ContentKey: Entry] = [:]
    private var clock: UInt64 = 0

    init(byteCount: Int) { self.byteCount = byteCount }

    private static func size(_ rows: [Float]) -> Int { rows.count * MemoryLayout<Float>.size }

    mutating func rows(_ key: ContentKey) -> [Float]? {
        clock += 1
        entries[key]?.lastUse = clock
        return entries[key]?.rows
    }

    mutating func keep(_ rows: [Float], _ key: ContentKey) {
        guard entries[key] == nil, KeptRows.size(rows) <= byteCount else { return }
        while usedByteCount + KeptRows.size(rows) > byteCount,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries[oldest.key] = nil
            usedByteCount -= KeptRows.size(oldest.value.rows)
        }
        clock += 1
        entries[key] = Entry(rows: rows, lastUse: clock)
        usedByteCount += KeptRows.size(rows)
    }

    mutating func empty() {
        entries = [:]
        usedByteCount = 0
    }
}
