import Synchronization

/// Something that the server comes to once: it listens, its models are loaded, it is about to stop.
final class Milestone: Sendable {
    private let state = Atomic<Bool>(false)

    var isReached: Bool { state.load(ordering: .acquiring) }

    func reach() { state.store(true, ordering: .releasing) }

    /// Waits until it is reached.
    /// - Throws: `CancellationError`.
    func wait() async throws {
        while !isReached { try await Task.sleep(for: .milliseconds(5)) }
    }
}
