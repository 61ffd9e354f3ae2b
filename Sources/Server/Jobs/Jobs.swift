import Logging
import ServiceLifecycle
import Synchronization

/// Work that goes on without a client: responses in the background, batches, the removal of what has expired.
///
/// A service of the application: it takes up what an earlier process left, and ends with the server.
final class Jobs: Service {
    private struct State {
        var tasks: [String: Task<Void, Never>] = [:]
        /// Tasks that lose nothing when they are cancelled.
        var resumable: Set<String> = []
        var isOver = false
        var starters: [@Sendable () async -> Void] = []
        var chores: [@Sendable () async throws -> Void] = []
    }

    private let state = Mutex(State())
    private let logger: Logger
    /// How long jobs may go on once the server stops.
    private let drainSeconds: Int

    init(logger: Logger, drainSeconds: Int) {
        self.logger = logger
        self.drainSeconds = drainSeconds
    }

    /// Adds what is done once, when the server starts.
    func whenStarted(_ starter: @escaping @Sendable () async -> Void) {
        state.withLock { $0.starters.append(starter) }
    }

    /// Adds what is done at the start, and every minute from then on.
    func everyMinute(_ chore: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.chores.append(chore) }
    }

    /// Starts a job, unless one of its name is running or the server stops: it is taken up at the next start then.
    /// - Parameters:
    ///   - isResumable: Whether the next start of the server goes on where this one stopped, so that it need not be
    ///     waited for.
    ///   - work: Ends soon when its task is cancelled.
    func start(_ name: String, isResumable: Bool = false, _ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard !state.isOver, state.tasks[name] == nil else { return }
            if isResumable { state.resumable.insert(name) }
            state.tasks[name] = Task { [self] in
                await work()
                self.state.withLock { state in
                    state.tasks.removeValue(forKey: name)
                    state.resumable.remove(name)
                }
            }
        }
    }

    /// Cancels a job, if it is running.
    func cancel(_ name: String) { state.withLock { $0.tasks[name] }?.cancel() }

    /// Runs until the server stops, and then until the jobs have ended or their time is over.
    func run() async throws {
        for starter in state.withLock(\.starters) { await starter() }
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                for chore in state.withLock(\.chores) {
                    do { try await chore() } catch {
                        guard !Task.isCancelled else { throw error }
                        logger.error("a chore failed", metadata: ["reason": "\(error)"])
                    }
                }
                try await Task.sleep(for: .seconds(60))
            }
        }
        await drain()
    }

    private func drain() async {
        let tasks = state.withLock { state in
            state.isOver = true
            for name in state.resumable { state.tasks[name]?.cancel() }
            return Array(state.tasks.values)
        }
        let timer = Task { [drainSeconds] in
            try await Task.sleep(for: .seconds(drainSeconds))
            for task in tasks { task.cancel() }
        }
        // A server that is stopped rather than drained waits for nobody.
        await withTaskCancellationHandler {
            for task in tasks { await task.value }
        } onCancel: {
            for task in tasks { task.cancel() }
        }
        timer.cancel()
    }
}
