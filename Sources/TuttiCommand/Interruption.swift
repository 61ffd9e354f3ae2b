import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What Ctrl-C does: it ends the program with 130 at once, or the work that is being done, if that knows how to end.
enum Interruption {
    static let exitStatus: Int32 = 130

    /// How often Ctrl-C was pressed since work began that it cancels; -1 while there is no such work.
    private static let presses = Atomic<Int>(-1)

    /// Makes Ctrl-C end the program, and a reader that leaves end it without a word.
    static func install() {
        signal(SIGPIPE, SIG_DFL)
        // Whoever started this program may have held signals back from it.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGINT)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        // A handler may do little: it counts, or leaves by a system call.
        signal(SIGINT) { _ in
            let presses = Interruption.presses.load(ordering: .relaxed)
            if presses != 0 { _exit(Interruption.exitStatus) }
            Interruption.presses.store(1, ordering: .relaxed)
        }
    }

    /// Does work that Ctrl-C cancels; the second Ctrl-C does not wait for it.
    /// - Throws: `CancellationError` when it was cancelled, whatever it made of that.
    static func cancels<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task(operation: work)
        presses.store(0, ordering: .relaxed)
        let watch = Task {
            while presses.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(20)) }
            task.cancel()
        }
        let result = await task.result
        watch.cancel()
        presses.store(-1, ordering: .relaxed)
        if task.isCancelled { throw CancellationError() }
        return try result.get()
    }
}
