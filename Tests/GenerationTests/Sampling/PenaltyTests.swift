import Testing
import TuttiGeneration
import TuttiTensors

@Suite struct PenaltyTests {
    /// The token that wins by greedy choice after `prompt` and `answer`.
    private func winner(
        _ logits: [Float], prompt: [Token] = [], answer: [Token] = [], _ change: (inout SamplingOptions) -> Void
    ) throws -> Token {
        var options = SamplingOptions.greedy
        change(&options)
        var sampler = try Sampler(options, vocabularyCount: logits.count)
        for token in prompt { sampler.accept(prompt: token) }
        for token in answer { sampler.accept(token) }
        return try sampler.sample(logits.span).token
    }

    @Test func repetitionDividesPositiveAndMultipliesNegativeLogits() throws {
        // 3 / 2 = 1.5: below 1.6, above 1.4.
        #expect(try winner([3, 1.6], prompt: [0]) { $0.repetitionPenalty = 2 } == 1)
        #expect(try winner([3, 1.4], prompt: [0]) { $0.repetitionPenalty = 2 } == 0)
        #expect(try winner([-1, -1.9], prompt: [0]) { $0.repetitionPenalty = 2 } == 1)
        #expect(try winner([-1, -2.1], prompt: [0]) { $0.repetitionPenalty = 2 } == 0)
        // Once, however often it stands there.
        #expect(try winner([3, 1.4], prompt: [0, 0], answer: [0, 0]) { $0.repetitionPenalty = 2 } == 0)
    }

    @Test func repetitionLooksAtItsWindow() throws {
        #expect(
            try winner([3, 1.6, 0], prompt: [0], answer: [2, 2]) {
                ($0.repetitionPenalty, $0.repetitionWindow) = (2, 3)
            } == 1)
        #expect(
            try winner([3, 1.6, 0], prompt: [0], answer: [2, 2]) {
                ($0.repetitionPenalty, $0.repetitionWindow) = (2, 2)
            } == 0)
        #expect(
            try winner([3, 1.6, 0], prompt: [0], answer: [2, 2]) {
                ($0.repetitionPenalty, $0.repetitionWindow) = (2, 0)
            } == 0)
        let long = [0] + [Token](repeating: 2, count: 500)
        #expect(try winner([3, 1.6, 0], prompt: long) { ($0.repetitionPenalty, $0.repetitionWindow) = (2, nil) } == 1)
    }

    @Test func presenceCountsOnceAndFrequencyEachTimeInTheAnswerOnly() throws {
        #expect(try winner([3, 2.6], answer: [0, 0, 0]) { $0.presencePenalty = 0.5 } == 1)
        #expect(try winner([3, 2.4], answer: [0, 0, 0]) { $0.presencePenalty = 0.5 } == 0)
        #expect(try winner([3, 1.6], answer: [0, 0, 0]) { $0.frequencyPenalty = 0.5 } == 1)
        #expect(try winner([3, 1.4], answer: [0, 0, 0]) { $0.frequencyPenalty = 0.5 } == 0)
        #expect(try winner([3, 2.9], prompt: [0, 0, 0]) { ($0.presencePenalty, $0.frequencyPenalty) = (2, 2) } == 0)
    }

    @Test func biasComesAfterThePenalties() throws {
        // 2 · ½ + 1.2 = 2.2, not (2 + 1.2) · ½ = 1.6.
        #expect(try winner([2, 2.1], prompt: [0]) { ($0.repetitionPenalty, $0.logitBias) = (2, [0: 1.2]) } == 0)
        #expect(try winner([2, 2.3], prompt: [0]) { ($0.repetitionPenalty, $0.logitBias) = (2, [0: 1.2]) } == 1)
    }

    @Test func tokensOutsideTheVocabularyAreNotPenalised() throws {
        #expect(
            try winner([3, 2], prompt: [-1, 900], answer: [Token.max, -5]) {
                ($0.repetitionPenalty, $0.presencePenalty) = (2, 1)
            } == 0)
    }
}
