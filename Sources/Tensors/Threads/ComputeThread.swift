import Foundation
import Synchronization

/// What goes first.
public enum Urgency: Int, Sendable, Hashable, Comparable {
    /// Somebody waits for it.
    case live
    /// It is done when nobody waits.
    case batch

    public static func < (one: Urgency, other: Urgency) -> Bool { one.rawValue < other.rawValue }
}

/// One thread that computes for models of one sense, a piece of work at a time: what somebody waits for first, then in the
/// order in which it came.
///
/// Long work comes as many short pieces (seconds of sound, a clause, a picture), so that what is urgent waits for one piece
/// at most.
public final class ComputeThread: Sendable {
    private let mailbox = Mailbox<Message>()

    private enum Message: Sendable {
        case work(Work)
        case stop
    }

    fileprivate struct Work: Sendable {
        let urgency: Urgency
        let run: @Sendable (Step) -> Void
    }

    /// - Parameters:
    ///   - name: What lists of threads call it.
    ///   - pool: The threads to compute on, which may be those of other engines: their steps take turns.
    public init(name: String, pool: ComputePool) {
        let thread = Thread { [mailbox] in
            ComputePool.joinThread()
            ComputeThread.run(mailbox, Step(pool: pool))
        }
        thread.name = name
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit { mailbox.send(.stop) }

    /// Runs `work` on the thread, with a fresh step; what the step holds is gone when it returns.
    /// - Parameter work: Gets a question to ask now and then: whether nobody waits for the result any more.
    /// - Throws: What `work` throws; `CancellationError` when the task was cancelled before its turn.
    public func run<Result: Sendable>(
        _ urgency: Urgency = .live,
        _ work: @escaping @Sendable (_ step: Step, _ isCancelled: @Sendable () -> Bool) throws -> Result
    ) async throws -> Result {
        let cancelled = Flag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                mailbox.send(
                    .work(
                        Work(urgency: urgency) { step in
                            if cancelled.isSet { return continuation.resume(throwing: CancellationError()) }
                            step.reset()
                            continuation.resume(with: Swift.Result { try work(step) { cancelled.isSet } })
                        }))
            }
        } onCancel: {
            cancelled.set()
        }
    }

    private static func run(_ mailbox: Mailbox<Message>, _ step: Step) {
        var waiting: [Work] = []
        while true {
            for message in waiting.isEmpty ? mailbox.wait() : mailbox.take() {
                guard case .work(let work) = message else { return }
                waiting.append(work)
            }
            let first = waiting.indices.min { (waiting[$0].urgency, $0) < (waiting[$1].urgency, $1) }
            if let first { waiting.remove(at: first).run(step) }
        }
    }
}

private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
