import Foundation
import ServiceLifecycle
import UnixSignals

/// SIGTERM and SIGINT stop the server in good order; a second one at once.
struct StopSignals: Sendable {
    /// Does work, and tells the group to stop when a signal comes.
    func stopping(_ group: ServiceGroup, _ work: @escaping @Sendable () async throws -> Void) async throws {
        // Dispatch hears of a signal only if the process does not die of it.
        for number in [SIGTERM, SIGINT, SIGPIPE] { signal(number, SIG_IGN) }
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let watch = Task {
            var count = 0
            for await _ in signals {
                count += 1
                if count == 1 { await group.triggerGracefulShutdown() } else { _exit(130) }
            }
        }
        defer { watch.cancel() }
        try await work()
    }
}
