import Tutti

/// Tells a meter what a turn costs, as it comes.
struct TurnCount: Sendable {
    private var meter: AnswerMeter
    private var counted = 0

    init(_ meter: AnswerMeter) { self.meter = meter }

    /// How many tokens calls and thoughts had is known at the end: until then a piece counts as one.
    mutating func take(_ event: TurnEvent) {
        switch event {
        case .started(let promptTokens, let cachedTokens):
            meter.began(promptTokens: promptTokens, cachedTokens: cachedTokens)
        case .text(_, let choices): count(choices.count)
        case .reasoning, .toolCallBegan, .toolCallArguments: count(1)
        case .finished(let end): count(end.usage.completionTokens - counted)
        }
    }

    private mutating func count(_ tokens: Int) {
        meter.came(tokens)
        counted += max(0, tokens)
    }
}
