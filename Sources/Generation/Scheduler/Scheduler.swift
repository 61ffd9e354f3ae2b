/// Decides which sequences take part in the next step, and with how many tokens: a state machine without clocks, memory
/// or threads, so that its every turn can be tested.
///
/// Sequences have a *rank*: interactive ones before batch ones, older ones before younger ones. They are admitted by
/// rank. Those that decode are in every step; prompts share what ``PrefillBudget`` leaves them. Memory is not reserved:
/// when it runs out, the caller puts sequences back, the last by rank first, and they wait with the rank that they had.
/// So the first by rank always comes to its end, and then the next one is the first.
package struct Scheduler {
    package typealias ID = Int

    package struct Limits: Sendable {
        /// Rows of prompts in one step when nobody is waiting for a token.
        package var prefillRows: Int
        /// Sequences that are computed at the same time.
        package var sequences: Int

        package init(prefillRows: Int = 256, sequences: Int = 16) {
            self.prefillRows = prefillRows
            self.sequences = sequences
        }
    }

    /// One sequence's part of a step.
    package struct Share: Equatable {
        package var id: ID
        package var rows: Int
        /// Whether they are tokens that were given, rather than chosen one by one.
        package var isPrefill: Bool

        package init(id: ID, rows: Int, isPrefill: Bool = false) {
            self.id = id
            self.rows = rows
            self.isPrefill = isPrefill
        }
    }

    struct Entry {
        var id: ID
        var priority: GenerationRequest.Priority
        /// How many came before it.
        var order: Int
        /// Tokens that are known but not computed.
        var pending = 0
        var isPrefilling = true
        var isPaused = false
        /// The most rows of it in one step.
        var rowLimit: Int

        func ranks(before other: Entry) -> Bool { (priority, order) < (other.priority, other.order) }
    }

    package let limits: Limits
    /// Both by rank.
    private var waiting: [Entry] = []
    private var running: [Entry] = []
    private var arrivals = 0
    private var budget: PrefillBudget

    package init(limits: Limits) {
        self.limits = limits
        budget = PrefillBudget(most: limits.prefillRows)
    }

    package var isEmpty: Bool { waiting.isEmpty && running.isEmpty }
    package var waitingCount: Int { waiting.count }
    package var runningCount: Int { running.count }

    // MARK: Coming and going

    /// A new sequence waits for its turn.
    package mutating func enqueue(
        _ id: ID, priority: GenerationRequest.Priority = .interactive, rowLimit: Int = .max
    ) {
        arrivals += 1
        Scheduler.insert(Entry(id: id, priority: priority, order: arrivals, rowLimit: rowLimit), into: &waiting)
    }

    /// The next one to admit. One whose reader is behind waits on.
    package var candidate: ID? { waiting.first { !$0.isPaused }?.id }

    package var hasOpenPlace: Bool { running.count < limits.sequences }

    /// Admits a waiting sequence, of whose tokens `pending` have to be computed.
    package mutating func admit(_ id: ID, pending: Int) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        var entry = waiting.remove(at: index)
        entry.pending = pending
        entry.isPrefilling = true
        Scheduler.insert(entry, into: &running)
    }

    /// Puts a running sequence back among the waiting ones.
    package mutating func preempt(_ id: ID) {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return }
        var entry = running.remove(at: index)
        entry.pending = 0
        Scheduler.insert(entry, into: &waiting)
    }

    package mutating func remove(_ id: ID) {
        waiting.removeAll { $0.id == id }
        running.removeAll { $0.id == id }
    }

    private static func insert(_ entry: Entry, into entries: inout [Entry]) {
        entries.insert(entry, at: entries.firstIndex { entry.ranks(before: $0) } ?? entries.count)
    }

    // MARK: Who gives way

    /// Who may be put back so that a waiting sequence can begin, the first to go first: those whose readers are behind,
    /// then those of a lower priority.
    package func victims(for candidate: ID) -> [ID] {
        guard let entry = waiting.first(where: { $0.id == candidate }) else { return [] }
        let paused = running.reversed().filter(\.isPaused)
        return (paused + running.reversed().filter { !$0.isPaused && $0.priority > entry.priority }).map(\.id)
    }

    /// Who is put back so that a running sequence can go on: one whose reader is behind, or the last by rank, which may
    /// be `id` itself. Nil when it runs alone.
    package func victim(needing id: ID) -> ID? {
        guard running.count > 1 else { return nil }
        return (running.last { $0.isPaused && $0.id != id } ?? running.last)?.id
    }

    // MARK: Steps

    /// Shares out the next step, by rank.
    package func plan() -> [Share] {
        let active = running.filter { !$0.isPaused && $0.pending > 0 }
        let decodingRows = active.reduce(0) { $0 + ($1.isPrefilling ? 0 : $1.pending) }
        let room = decodingRows == 0 ? limits.prefillRows : budget.rows(besideDecoding: decodingRows)
        let prompts = PromptQueue(active.filter(\.isPrefilling)).rows(sharing: room)
        return active.compactMap { entry in
            guard entry.isPrefilling else { return Share(id: entry.id, rows: entry.pending) }
            return prompts[entry.id].map { Share(id: entry.id, rows: $0, isPrefill: true) }
        }
    }

    /// A step with these shares took so long.
    package mutating func note(_ shares: [Share], seconds: Double) {
        var decodingRows = 0, prefillRows = 0
        for share in shares {
            if share.isPrefill { prefillRows += share.rows } else { decodingRows += share.rows }
        }
        budget.note(decodingRows: decodingRows, prefillRows: prefillRows, seconds: seconds)
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

    /// A token was chosen and has to be computed, or some more together with it.
    package mutating func append(_ id: ID, count: Int = 1) { update(id) { $0.pending += count } }

    /// The reader is behind (or has caught up): the sequence sits out.
    package mutating func pause(_ id: ID, _ isPaused: Bool) {
        update(id) { $0.isPaused = isPaused }
        if let index = waiting.firstIndex(where: { $0.id == id }) { waiting[index].isPaused = isPaused }
    }

    private mutating func update(_ id: ID, _ change: (inout Entry) -> Void) {
        if let index = running.firstIndex(where: { $0.id == id }) { change(&running[index]) }
    }
}
