import Synchronization

/// Whether a connection's client is still there; work for it ends when it leaves.
final class ClientPresence: Sendable {
    private struct State {
        var isGone = false
        var watchers: [Int: @Sendable () -> Void] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    var isGone: Bool { state.withLock(\.isGone) }

    /// The client closed its end, or the server gives it up.
    func leave() {
        state.withLock { state in
            guard !state.isGone else { return }
            state.isGone = true
            // Within the lock: a watcher must not be told after it was removed.
            for watcher in state.watchers.values { watcher() }
            state.watchers = [:]
        }
    }

    /// Does work, and cancels the task that does it when the client leaves.
    func cancelling<Value>(_ work: () async throws -> Value) async rethrows -> Value {
        try await unsafe withUnsafeCurrentTask { task in
            guard let task = unsafe task else { return try await work() }
            nonisolated(unsafe) let worker = unsafe task
            let token = watch { unsafe worker.cancel() }
            defer { state.withLock { _ = $0.watchers.removeValue(forKey: token) } }
            return try await work()
        }
    }

    private func watch(_ watcher: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            if state.isGone { watcher() }
            state.next += 1
            state.watchers[state.next] = watcher
            return state.next
        }
    }
}
