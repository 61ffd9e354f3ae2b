internal import Synchronization

/// Turns byte counts into events, at most five a second and the last one always.
final class PullReporter: Sendable {
    private struct State {
        var meter: PullMeter
        var lastSeconds = -1.0
    }

    private let bytesTotal: Int
    private let report: @Sendable (PullEvent) -> Void
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    init(bytesTotal: Int, _ report: @escaping @Sendable (PullEvent) -> Void) {
        (self.bytesTotal, self.report) = (bytesTotal, report)
        state = Mutex(State(meter: PullMeter(bytesTotal: bytesTotal)))
    }

    func update(_ bytesDone: Int) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let progress: PullProgress? = state.withLock { state in
            guard seconds - state.lastSeconds >= 0.2 || state.lastSeconds < 0 || bytesDone >= bytesTotal else {
                return nil
            }
            state.lastSeconds = seconds
            return state.meter.progress(bytes: bytesDone, at: seconds)
        }
        if let progress { report(.progress(progress)) }
    }
}
