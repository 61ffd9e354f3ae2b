/// Decides which sequences take part in the next step, and with how many tokens: a state machine without clocks, memory
/// or threads, so that its every turn can be tested.
///
/// Sequences that decode come first, one token each; what room is left goes to prompts, the oldest first, in chunks. A
/// sequence is admitted when the cache for its prompt and its longest answer is free, so none ever has to stop halfway.
package struct Scheduler {
    package typealias ID = Int

    package struct Limits: Sendable {
        /// Rows of prompts in one step when nobody is waiting for a token.
        package var prefillRows: Int
        /// Rows of prompts in one step beside sequences that decode: what they wait for.
        package var prefillRowsBesideDecoding: Int
        /// Sequences that are computed at the same time.
        package var sequences: Int
        /// Bytes of cache that all admitted sequences together may need.
        package var cacheByteCount: Int

        package init(
            prefillRows: Int = 256, prefillRowsBesideDecoding: Int = 64, sequences: Int = 16, cacheByteCount: Int
        ) {
            self.prefillRows = prefillRows
            self.prefillRowsBesideDecoding = prefillRowsBesideDecoding
            self.sequences = sequences
            self.cacheByteCount = cacheByteCount
        }
    }

    /// One sequence's part of a step.
    package struct Share: Equatable {
        package var id: ID
        package var rows: Int

        package init(id: ID, rows: Int) {
            self.id = id
            self.rows = rows
        }
    }

    private struct Entry {
        var id: ID
        /// Bytes of cache that it may need.
        var byteCount: Int
        /// Tokens that are known but not computed.
        var pending: Int
        var isPrefilling = true
        var isPaused = false
        /// The most rows of it in one step.
        var rowLimit: Int
    }

    package let limits: Limits
    private var waiting: [Entry] = []
    private var running: [Entry] = []

    package init(limits: Limits) { self.limits = limits }

    package var isEmpty: Bool { waiting.isEmpty && running.isEmpty }

    /// Whether the next plan has anything in it.
    package var isIdle: Bool { !running.contains { !$0.isPaused && $0.pending > 0 } && !canAdmit }

    private var reserved: Int { running.reduce(0) { $0 + $1.byteCount } }

    private var canAdmit: Bool {
        guard let next = waiting.first else { return false }
        return running.count < limits.sequences && reserved + next.byteCount <= limits.cacheByteCount
    }

    /// A sequence that will need up to `byteCount` bytes of cache waits for its turn.
    package mutating func enqueue(_ id: ID, byteCount: Int, rowLimit: Int = .max) {
        waiting.append(Entry(id: id, byteCount: byteCount, pending: 0, rowLimit: rowLimit))
    }

    /// Admits the sequences that there is room for, oldest first; for each, `start` must follow.
    package mutating func admit() -> [ID] {
        var admitted: [ID] = []
        while canAdmit {
            let entry = waiting.removeFirst()
            running.append(entry)
            admitted.append(entry.id)
        }
        return admitted
    }

    /// Says how many tokens of an admitted sequence's prompt have to be computed.
    package mutating func start(_ id: ID, pending: Int) { update(id) { $0.pending = pending } }

    /// Shares out the next step.
    package func plan() -> [Share] {
        let active = running.filter { !$0.isPaused && $0.pending > 0 }
        var shares = active.filter { !$0.isPrefilling }.map { Share(id: $0.id, rows: $0.pending) }
        var room = shares.isEmpty ? limits.prefillRows : limits.prefillRowsBesideDecoding
        for entry in active where entry.isPrefilling && room > 0 {
            let rows = min(entry.pending, room, entry.rowLimit)
            shares.append(Share(id: entry.id, rows: rows))
            room -= rows
        }
        return shares
    }

    /// `rows` of the sequence's tokens were computed; true when none is pending, so that its next token can be chosen.
    package mutating func advance(_ id: ID, rows: Int) -> Bool {
        var isReady = false
        update(id) {
            $0.pending -= rows
            isReady = $0.pending == 0
            if isReady { $0.isPrefilling = false }
        }
        return isReady
    }

    /// What was computed of a sequence counts no more, and `pending` tokens of it have to be computed like a prompt.
    package mutating func restart(_ id: ID, pending: Int) {
        update(id) {
            $0.pending = pending
            $0.isPrefilling = true
        }
    }

    /// A token was chosen and has to be computed.
    package mutating func append(_ id: ID) { update(id) { $0.pending += 1 } }

    /// The reader is behind (or has caught up): the sequence sits out.
    package mutating func pause(_ id: ID, _ isPaused: Bool) { update(id) { $0.isPaused = isPaused } }

    package mutating func remove(_ id: ID) {
        waiting.removeAll { $0.id == id }
        running.removeAll { $0.id == id }
    }

    private mutating func update(_ id: ID, _ change: (inout Entry) -> Void) {
        if let index = running.firstIndex(where: { $0.id == id }) { change(&running[index]) }
    }
}
