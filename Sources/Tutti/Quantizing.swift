import Foundation
import Synchronization
public import TuttiCheckpoints
import TuttiModels
import TuttiTensors
import TuttiText

extension Quantization {
    /// The model at `path`, a GGUF file or a Hugging Face folder, with the folder's tokenizer where it has one.
    /// - Returns: Also why other programs will not understand the tokenizer in the file written, where that is so.
    /// - Throws: `CheckpointError`, `ModelError`, `TokenizerFileError`.
    public static func open(
        _ path: String, as type: QuantizationType
    ) throws -> (quantization: Quantization, tokenizerNote: String?) {
        let checkpoint = try Registry.open(path)
        guard checkpoint is TranslatedCheckpoint else { return (try Quantization(checkpoint, as: type), nil) }
        do {
            let tokenizer = try TokenizerFolder(URL(filePath: path)).metadata()
            return (try Quantization(checkpoint, as: type, adding: tokenizer.values), tokenizer.reason)
        } catch TokenizerFileError.missing {
            return (try Quantization(checkpoint, as: type), "the folder has no tokenizer.json")
        }
    }

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
