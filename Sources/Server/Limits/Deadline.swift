import NIOCore
import NIOPosix
import TuttiOpenAI

/// When a request has to be over, from its head to the last byte of its answer.
package struct Deadline: Sendable {
    /// The deadline of the request that this task works for; nil for the server's own work.
    @TaskLocal package static var current: Deadline?

    private let seconds: Int
    private let end: NIODeadline

    /// - Parameter seconds: How long it is from now.
    package init(seconds: Int) {
        self.seconds = seconds
        end = .now() + .seconds(Int64(seconds))
    }

    /// Does work, and cancels it when its time is over.
    /// - Parameter deadline: nil for work that may take as long as it likes.
    /// - Throws: `APIError` 504 for work that was cut off, once it has stopped; else what `work` throws.
    package static func keeping<Value: Sendable>(
        _ deadline: Deadline?, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let deadline else { return try await work() }
        // A task of its own: what is cancelled cannot write any more, and the client is to be told.
        let task = Task { try await work() }
        // Not a sleeping task, whose timer would outlive the request.
        let timer = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(deadline: deadline.end) { task.cancel() }
        defer { timer.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch  where !Task.isCancelled && deadline.end <= .now() {
            throw APIError.timedOut(seconds: deadline.seconds)
        }
    }
}
