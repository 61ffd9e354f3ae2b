import Tutti
import TuttiOpenAI

extension CompletionUsage {
    /// What several answers to one prompt cost together: the prompt counts once.
    init(_ turns: [TurnUsage]) {
        self.init(
            promptTokens: turns.first?.promptTokens ?? 0,
            completionTokens: turns.reduce(0) { $0 + $1.completionTokens },
            cachedTokens: turns.first?.cachedTokens ?? 0,
            reasoningTokens: turns.reduce(0) { $0 + $1.reasoningTokens },
            acceptedPredictionTokens: turns.reduce(0) { $0 + $1.acceptedPredictionTokens },
            rejectedPredictionTokens: turns.reduce(0) { $0 + $1.rejectedPredictionTokens })
    }
}
