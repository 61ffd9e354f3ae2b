import Synchronization

/// What the server counts about its work, for `/metrics`.
final class Meters: Sendable {
    struct RequestLabels: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    struct State {
        var running = 0
        var requests: [RequestLabels: Int] = [:]
        var requestSeconds: [String: Histogram] = [:]
        var promptTokens: [String: Int] = [:]
        var cachedTokens: [String: Int] = [:]
        var completionTokens: [String: Int] = [:]
        var embeddedTokens: [String: Int] = [:]
        var heardSeconds: [String: Double] = [:]
        var seenPictures: [String: Int] = [:]
        var spokenSeconds: [String: Double] = [:]
        var firstToken: [String: Histogram] = [:]
        var betweenTokens: [String: Histogram] = [:]
        var loads: [String: Int] = [:]
        var unloads: [String: Int] = [:]
        var loadSeconds: [String: Double] = [:]
        var refusals: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// How things stand.
    var snapshot: State { state.withLock { $0 } }

    /// Requests that are being answered; streams count until their end.
    var running: Int { state.withLock(\.running) }

    func requestBegan() { state.withLock { $0.running += 1 } }

    func requestEnded(route: String, method: String, status: Int, seconds: Double) {
        state.withLock { state in
            state.running -= 1
            state.requests[RequestLabels(route: route, method: method, status: status), default: 0] += 1
            state.requestSeconds[route, default: Histogram(bounds: Histogram.waits)].observe(seconds)
        }
    }

    /// Counts requests that were turned away: `rate_limit`, `queue_full`, `draining`, `key`, `origin`.
    func refused(_ reason: String) { state.withLock { $0.refusals[reason, default: 0] += 1 } }

    func loaded(_ model: String, seconds: Double) {
        state.withLock {
            $0.loads[model, default: 0] += 1
            $0.loadSeconds[model, default: 0] += seconds
        }
    }

    func unloaded(_ model: String) { state.withLock { $0.unloads[model, default: 0] += 1 } }

    /// Counts the tokens of embedded texts, also for who asked.
    func embedded(_ model: String, tokens: Int) {
        state.withLock { $0.embeddedTokens[model, default: 0] += tokens }
        RequestAccount.current?.charge(tokens)
    }

    /// Counts the seconds of sound that were heard, and that were spoken.
    func heard(_ model: String, seconds: Double) { state.withLock { $0.heardSeconds[model, default: 0] += seconds } }
    func spoke(_ model: String, seconds: Double) { state.withLock { $0.spokenSeconds[model, default: 0] += seconds } }

    /// Counts a picture that was looked at.
    func saw(_ model: String) { state.withLock { $0.seenPictures[model, default: 0] += 1 } }

    /// Follows one answer of a model from now on.
    func answer(model: String) -> AnswerMeter { AnswerMeter(self, model: model) }

    fileprivate func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
}

/// Counts an answer's tokens and the waits between them, as they come.
///
///     var meter = services.meters.answer(model: lease.name)
///     meter.began(promptTokens: 120, cachedTokens: 64)
///     meter.came(1)
struct AnswerMeter: Sendable {
    private let meters: Meters
    private let model: String
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?
    private let account = RequestAccount.current

    init(_ meters: Meters, model: String) {
        self.meters = meters
        self.model = model
    }

    /// The prompt is about to be computed.
    mutating func began(promptTokens: Int, cachedTokens: Int) {
        account?.charge(promptTokens)
        meters.update {
            $0.promptTokens[model, default: 0] += promptTokens
            $0.cachedTokens[model, default: 0] += cachedTokens
        }
    }

    /// So many tokens of the answer came together.
    mutating func came(_ count: Int) {
        guard count > 0 else { return }
        account?.charge(count)
        let now = ContinuousClock.now, previous = last
        last = now
        meters.update { state in
            state.completionTokens[model, default: 0] += count
            if let previous {
                state.betweenTokens[model, default: Histogram(bounds: Histogram.waits)]
                    .observe((now - previous) / .seconds(1) / Double(count))
            } else {
                state.firstToken[model, default: Histogram(bounds: Histogram.waits)]
                    .observe((now - start) / .seconds(1))
            }
        }
    }
}
