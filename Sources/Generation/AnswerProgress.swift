/// What an answer has cost so far, as its reader sees it: for one that is left before the engine ends it.
public struct AnswerProgress: Sendable {
    private var measured = GenerationStatistics()
    private let arrived = ContinuousClock.now
    private var firstToken: ContinuousClock.Instant?

    public init() {}

    /// Takes notice of the next event.
    public mutating func note(_ event: GenerationEvent) {
        switch event {
        case .started(let prompt, let cached):
            measured.promptTokens = prompt
            measured.cachedTokens = cached
            measured.queueSeconds = (ContinuousClock.now - arrived) / .seconds(1)
        case .token:
            if firstToken == nil { firstToken = .now }
            measured.generatedTokens += 1
        case .drafted(let count, let accepted):
            measured.draftedTokens += count
            measured.acceptedTokens += accepted
        case .finished(_, let statistics): measured = statistics
        }
    }

    /// Counts as of the last event, times as of now.
    public var statistics: GenerationStatistics {
        var statistics = measured
        statistics.prefillSeconds = ((firstToken ?? .now) - arrived) / .seconds(1)
        statistics.firstTokenSeconds = statistics.prefillSeconds
        statistics.decodeSeconds = (ContinuousClock.now - (firstToken ?? .now)) / .seconds(1)
        return statistics
    }
}
