import Synchronization

/// What an engine does at present, for those who watch or balance it.
public struct EngineStatistics: Sendable, Equatable {
    /// Requests that wait: new ones, and those that were put back for a while.
    public var waiting = 0
    /// Requests that are computed.
    public var running = 0
    /// Pages of the cache (32 tokens of some layers' keys and values) that running requests hold, each counted once, and
    /// those that are kept from earlier ones for requests that begin alike.
    public var heldPages = 0
    public var keptPages = 0
    public var heldByteCount = 0
    public var keptByteCount = 0
    /// What all pages together may take.
    public var cacheByteCount = 0
    /// Since the engine was made: how often a request was put back, how many were refused because too many waited, the
    /// tokens of prompts that were computed, and the tokens that were chosen.
    public var preemptionCount = 0
    public var refusalCount = 0
    public var prefilledTokens = 0
    public var generatedTokens = 0

    public init() {}
}

/// Where requests come in: counts those that wait, and refuses one when there are too many, without asking the engine's
/// thread, which may be in the middle of a step.
final class Door: Sendable {
    private struct State {
        var statistics = EngineStatistics()
        /// Those that came in and have not been heard of by the thread.
        var arriving = 0
        /// Of those that wait, how many will not have to.
        var openPlaces: Int
    }

    private let limit: Int
    private let state: Mutex<State>

    init(limit: Int, places: Int, cacheByteCount: Int) {
        self.limit = limit
        var statistics = EngineStatistics()
        statistics.cacheByteCount = cacheByteCount
        state = Mutex(State(statistics: statistics, openPlaces: places))
    }

    var statistics: EngineStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.waiting += state.arriving
            return statistics
        }
    }

    /// - Throws: ``EngineError/queueFull(waiting:limit:)``.
    func enter() throws {
        try state.withLock { state in
            let waiting = state.statistics.waiting + state.arriving - state.openPlaces
            guard waiting < limit else {
                state.statistics.refusalCount += 1
                throw EngineError.queueFull(waiting: waiting, limit: limit)
            }
            state.arriving += 1
        }
    }

    /// The thread says how things stand, after it heard of `heard` requests more.
    func update(heard: Int, openPlaces: Int, _ change: (inout EngineStatistics) -> Void) {
        state.withLock { state in
            state.arriving -= heard
            state.openPlaces = openPlaces
            change(&state.statistics)
        }
    }
}
