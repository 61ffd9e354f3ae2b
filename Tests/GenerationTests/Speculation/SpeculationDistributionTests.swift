import TestSupport
import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// What is drawn with guesses follows the model's own distribution, worked out without the engine or the sampler.
@Suite struct SpeculationDistributionTests {
    private static let prompt: [Token] = [3, 1, 4, 1, 5, 3, 1, 4, 1, 5, 3, 1, 4]
    private static let length = 4

    /// How often each text of four tokens is drawn, in `count` answers with seeds of their own.
    private func draws(
        _ decoder: DiceDecoder, _ speculation: Speculation, count: Int, temperature: Double = 1
    ) async throws -> (counts: [Int], drafted: Int, accepted: Int) {
        var options = EngineOptions()
        options.keyValueKind = .f32
        options.speculation = speculation
        let engine = Engine(decoder: decoder, pool: ComputePool(threads: 1), options: options)
        var counts = [Int](repeating: 0, count: 6 * 6 * 6 * 6), drafted = 0, accepted = 0
        for seed in 0..<count {
            var sampling = SamplingOptions()
            (sampling.temperature, sampling.seed) = (temperature, UInt64(seed))
            (sampling.topK, sampling.topP, sampling.minP) = (0, 1, 0)
            let answer = try await read(
                try engine.generate(
                    GenerationRequest(
                        prompt: SpeculationDistributionTests.prompt, sampling: sampling,
                        maximumTokens: SpeculationDistributionTests.length)))
            counts[answer.tokens.reduce(0) { 6 * $0 + Int($1) }] += 1
            drafted += answer.statistics.draftedTokens
            accepted += answer.statistics.acceptedTokens
        }
        return (counts, drafted, accepted)
    }

    /// The probability of each text of four tokens.
    private func probabilities(_ decoder: DiceDecoder) -> [Double] {
        var texts: [(tokens: [Token], probability: Double)] = [(SpeculationDistributionTests.prompt, 1)]
        for _ in 0..<SpeculationDistributionTests.length {
            texts = texts.flatMap { tokens, probability in
                decoder.distribution(after: tokens).enumerated().map { (tokens + [Token($0)], probability * $1) }
            }
        }
        return texts.map(\.probability)
    }

    /// Pearson's statistic in standard deviations above its mean; texts expected fewer than five times count as one.
    private func deviation(_ counts: [Int], _ probabilities: [Double]) -> Double {
        let total = Double(counts.reduce(0, +))
        var statistic = 0.0, cells = 0, rest = (count: 0.0, expected: 0.0)
        func add(_ count: Double, _ expected: Double) {
            statistic += (count - expected) * (count - expected) / expected
            cells += 1
        }
        for (count, probability) in zip(counts, probabilities) {
            if probability * total >= 5 {
                add(Double(count), probability * total)
            } else {
                rest.count += Double(count)
                rest.expected += probability * total
            }
        }
        if rest.expected > 0 { add(rest.count, rest.expected) }
        let freedom = Double(cells - 1)
        return (statistic - freedom) / (2 * freedom).squareRoot()
    }

    @Test func drawsWithGuessesFollowTheModel() async throws {
        let decoder = DiceDecoder(spread: 1.5), expected = probabilities(decoder)
        #expect(abs(expected.reduce(0, +) - 1) < 1e-9)
        let plain = try await draws(decoder, .off, count: 6000)
        #expect(abs(deviation(plain.counts, expected)) < 4)
        for speculation in [Speculation.promptLookup, .draft(DiceDecoder(seed: 7)), .draft(decoder)] {
            let guessed = try await draws(decoder, speculation, count: 6000)
            #expect(guessed.drafted > 500 && guessed.accepted > 100 && guessed.accepted < guessed.drafted)
            #expect(abs(deviation(guessed.counts, expected)) < 4)
            // The random numbers belong to places, not to steps: not only the distribution, every draw is the same.
            #expect(guessed.counts == plain.counts)
        }
    }

    /// The test can fail: a distribution that is a little too sure is found out.
    @Test func anotherDistributionIsFoundOut() async throws {
        let decoder = DiceDecoder(spread: 1.5)
        let sharper = try await draws(decoder, .promptLookup, count: 6000, temperature: 0.85)
        #expect(deviation(sharper.counts, probabilities(decoder)) > 8)
    }
}
