import TuttiCheckpoints

/// The events of a response that is being made: written to the database, then told to whoever follows.
///
/// What comes while one transaction runs goes into the next one, so that a slow disk does not slow down the answer.
actor ResponseLog {
    private let id: String
    private let store: ResponseStore
    private var pending: [JSON] = []
    private var writer: Task<Void, any Error>?
    /// The number of the last event that is known to be in the database.
    private var written = -1
    private var isOver = false
    private var followers: [Int: CheckedContinuation<Void, any Error>] = [:]
    private var nextFollower = 0

    init(_ id: String, _ store: ResponseStore) {
        self.id = id
        self.store = store
    }

    /// Takes events; they are written soon.
    func post(_ events: [JSON]) {
        pending += events
        if writer == nil { writer = Task { try await write() } }
    }

    private func write() async throws {
        defer { writer = nil }
        while !pending.isEmpty {
            let events = pending
            pending = []
            try await store.append(events, to: id)
            written = events.last?["sequence_number"]?.int ?? written
            wake()
        }
    }

    /// Waits until everything is written.
    func flush() async throws { try await writer?.value }

    /// Says that others have written events.
    func tell(_ events: [JSON]) {
        written = events.last?["sequence_number"]?.int ?? written
        wake()
    }

    /// Says that no more events come.
    func end() {
        isOver = true
        wake()
    }

    private func wake() {
        let waiting = followers
        followers = [:]
        for follower in waiting.values { follower.resume() }
    }

    /// Waits until there may be events after a number.
    func change(after number: Int) async throws {
        guard !isOver, written <= number else { return }
        let follower = nextFollower
        nextFollower += 1
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    followers[follower] = continuation
                }
            }
        } onCancel: {
            Task { await leave(follower) }
        }
    }

    private func leave(_ follower: Int) {
        followers.removeValue(forKey: follower)?.resume(throwing: CancellationError())
    }
}
