internal import Dispatch
internal import Foundation
internal import Synchronization

/// The file that a transfer writes to, with the ledger of its ranges.
///
/// The ledger on the disk never says more than is there: bytes are synchronised first, then it is written. Both happen
/// on a queue of its own, in order, and not on the threads that tasks share.
final class RangeRecord: Sendable {
    private let queue = DispatchQueue(label: "tutti.hub.ranges")
    private let ledger: Mutex<RangeLedger>
    private let file: SystemFile
    private let place: URL

    /// Opens the file and reads what an earlier pull noted of it, if that was the same version.
    init(file path: String, record: URL, identity: String, byteCount: Int) throws {
        let found = (try? Data(contentsOf: record)).flatMap { try? JSONDecoder().decode(RangeLedger.self, from: $0) }
        file = try SystemFile(path, .placing)
        place = record
        let there = try file.byteCount
        if let found, found.isSound, found.identity == identity, found.byteCount == byteCount,
            found.done.last?.upperBound ?? 0 <= there
        {
            ledger = Mutex(found)
        } else {
            ledger = Mutex(RangeLedger(identity: identity, byteCount: byteCount))
            try file.truncate(to: 0)
        }
    }

    var doneByteCount: Int { ledger.withLock { $0.doneByteCount } }
    var isComplete: Bool { ledger.withLock { $0.isComplete } }

    func next(largest: Int) -> Range<Int>? { ledger.withLock { $0.next(largest: largest) } }

    /// Whether a server's tag of the content is the one that it had before; the first one counts.
    func agrees(_ tag: String, of origin: String) -> Bool {
        ledger.withLock { ledger in
            if let known = ledger.tags[origin] { return known == tag }
            ledger.tags[origin] = tag
            return true
        }
    }

    func write(_ bytes: [UInt8], at offset: Int) async throws {
        try await onQueue { record in try record.file.write(bytes[...], at: offset) }
    }

    /// Takes a range back, and notes on the disk that `written` is there.
    func giveBack(_ range: Range<Int>, written: Range<Int>) async throws {
        try await onQueue { record in
            if !written.isEmpty { try record.file.synchronize() }
            let ledger = record.ledger.withLock { ledger in
                ledger.giveBack(range, written: written)
                return ledger
            }
            if !written.isEmpty { try Staging.write(ledger, to: record.place) }
        }
    }

    /// Forgets what is there: another version begins.
    func clear() async throws {
        try await onQueue { record in
            record.ledger.withLock { $0.clear() }
            try? FileManager.default.removeItem(at: record.place)
            try record.file.truncate(to: 0)
        }
    }

    private func onQueue(_ work: @escaping @Sendable (RangeRecord) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { [self] in continuation.resume(with: Result { try work(self) }) }
        }
    }
}
