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

    /// Makes Ctrl-C end the program, and a reader that leaves end it without a word.
    static func install() {
        _ = signal(SIGPIPE, SIG_DFL)
        _ = signal(SIGINT) { _ in _exit(130) }
    }

    /// Does work that Ctrl-C cancels; the second Ctrl-C does not wait for it.
    /// - Throws: `CancellationError` when it was cancelled, whatever it made of that.
    static func cancels<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task(operation: work)
        _ = signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler {
            if task.isCancelled { _exit(exitStatus) }
            task.cancel()
        }
        source.activate()
        defer {
            source.cancel()
            install()
        }
        let result = await task.result
        if task.isCancelled { throw CancellationError() }
        return try result.get()
    }
}
