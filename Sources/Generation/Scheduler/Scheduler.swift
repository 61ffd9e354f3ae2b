/// Decides which sequences take part in the next step, and with how many tokens: a state machine without clocks, memory
/// or threads, so that its every turn can be tested.
///
/// Sequences that decode come first, one token each; what room is left goes to prompts, the oldest first, in chunks. A
/// sequence is admitted when the pages for its prompt and its longest answer are free, so none ever has to stop halfway.
struct Scheduler {
    typealias ID = Int

    struct Limits: Sendable {
        /// Rows of prompts in one step when nobody is waiting for a token.
        var prefillRows = 256
        /// Rows of prompts in one step beside sequences that decode: what they wait for.
        var prefillRowsBesideDecoding = 64
        /// Sequences that are computed at the same time.
        var sequences = 16
        /// Pages that all admitted sequences together may need.
        var pages: Int
    }

    /// One sequence's part of a step.
    struct Share: Equatable {
        var id: ID
        var rows: Int
    }

    private struct Entry {
        var id: ID
        var pages: Int
        /// Tokens that are known but not computed.
        var pending: Int
        var isPrefilling = true
        var isPaused = false
        /// The most rows of it in one step.
        var rowLimit: Int
    }

    let limits: Limits
    private var waiting: [Entry] = []
    private var running: [Entry] = []

    init(limits: Limits) { self.limits = limits }

    var isEmpty: Bool { waiting.isEmpty && running.isEmpty }

    /// Whether the next plan has anything in it.
    var isIdle: Bool { !running.contains { !$0.isPaused && $0.pending > 0 } && !canAdmit }

    private var reserved: Int { running.reduce(0) { $0 + $1.pages } }

    private var canAdmit: Bool {
        guard let next = waiting.first else { return false }
        return running.count < limits.sequences && reserved + next.pages <= limits.pages
    }

    /// A sequence that will need up to `pages` pages waits for its turn.
    mutating func enqueue(_ id: ID, pages: Int, rowLimit: Int = .max) {
        waiting.append(Entry(id: id, pages: pages, pending: 0, rowLimit: rowLimit))
    }

    /// Admits the sequences that there is room for, oldest first; for each, `start` must follow.
    mutating func admit() -> [ID] {
        var admitted: [ID] = []
        while canAdmit {
            let entry = waiting.removeFirst()
            running.append(entry)
            admitted.append(entry.id)
        }
        return admitted
    }

    /// Says how many tokens of an admitted sequence's prompt have to be computed.
    mutating func start(_ id: ID, pending: Int) { update(id) { $0.pending = pending } }

    /// Shares out the next step.
    func plan() -> [Share] {
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
    mutating func advance(_ id: ID, rows: Int) -> Bool {
        var isReady = false
        update(id) {
            $0.pending -= rows
            isReady = $0.pending == 0
            if isReady { $0.isPrefilling = false }
        }
        return isReady
    }

    /// A token was chosen and has to be computed.
    mutating func append(_ id: ID) { update(id) { $0.pending += 1 } }

    /// The reader is behind (or has caught up): the sequence sits out.
    mutating func pause(_ id: ID, _ isPaused: Bool) { update(id) { $0.isPaused = isPaused } }

    mutating func remove(_ id: ID) {
        waiting.removeAll { $0.id == id }
        running.removeAll { $0.id == id }
    }

    private mutating func update(_ id: ID, _ change: (inout Entry) -> Void) {
        if let index = running.firstIndex(where: { $0.id == id }) { change(&running[index]) }
    }
}
