import Foundation
import Synchronization
public import TuttiCheckpoints
import TuttiTensors

extension Quantization {
    /// As `write(to:pool:report:)`, on threads of its own.
    ///
    /// A task that is cancelled ends the work, and nothing is left of the file.
    /// - Parameters:
    ///   - threads: Threads to compute on; nil for every processor that this process may use.
    ///   - report: Called after every few megabytes with the elements done and all of them.
    /// - Throws: `CheckpointWriteError`, `CheckpointError`, `CancellationError`.
    public func write(
        to path: String, threads: Int? = nil, report: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws {
        let cancelled = Flag()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                Thread.detachNewThread {
                    let pool = ComputePool(threads: threads ?? ComputePool.defaultThreadCount)
                    continuation.resume(
                        with: Result {
                            try write(to: path, pool: pool) { done, total in
                                if cancelled.isSet.load(ordering: .relaxed) { throw CancellationError() }
                                report(done, total)
                            }
                        })
                }
            }
        } onCancel: {
            cancelled.isSet.store(true, ordering: .relaxed)
        }
    }
}

private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
}
