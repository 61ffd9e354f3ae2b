import TestSupport
import TuttiGeneration
import TuttiTensors

/// Reads an answer to its end.
func read(
    _ events: Outlet<GenerationEvent>
) async throws -> (tokens: [Token], reason: FinishReason?, statistics: GenerationStatistics) {
    var tokens: [Token] = [], reason: FinishReason?, statistics = GenerationStatistics()
    for try await event in events {
        switch event {
        case .started, .drafted: break
        case .token(let choice): tokens.append(choice.token)
        case .finished(let why, let cost): (reason, statistics) = (why, cost)
        }
    }
    return (tokens, reason, statistics)
}

/// Tokens of the mock decoder's vocabulary.
func prompt(_ count: Int, seed: UInt64) -> [Token] {
    var random = Random(seed: seed)
    return (0..<count).map { _ in Token.random(in: 0..<90, using: &random) }
}
