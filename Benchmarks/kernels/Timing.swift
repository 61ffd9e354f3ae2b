/// How long something takes, measured in batches long enough for the clock.
struct Timing {
    /// Seconds of one call: the quickest batch's, and the median's.
    let quickest: Double
    let median: Double

    /// - Parameters:
    ///   - batches: How many batches are timed, after one call that warms up.
    ///   - batchSeconds: How long a batch takes at least; a single call may be longer.
    init(batches: Int = 7, batchSeconds: Double = 0.02, _ body: () -> Void) {
        body()
        let once = Timing.seconds(body)
        let calls = max(1, Int((batchSeconds / max(once, 1e-9)).rounded(.up)))
        let times = (0..<batches).map { _ in
            Timing.seconds { for _ in 0..<calls { body() } } / Double(calls)
        }.sorted()
        (quickest, median) = (times[0], times[times.count / 2])
    }

    private static func seconds(_ body: () -> Void) -> Double {
        ContinuousClock().measure(body) / .seconds(1)
    }
}
