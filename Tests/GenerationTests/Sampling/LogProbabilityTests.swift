import Foundation
import Testing
import TuttiGeneration
import TuttiTensors

@Suite struct LogProbabilityTests {
    /// The definition, in double precision.
    private func logProbabilities(_ logits: [Float]) -> [Double] {
        let best = Double(logits.max() ?? 0)
        let normaliser = best + log(logits.reduce(0.0) { $0 + exp(Double($1) - best) })
        return logits.map { Double($0) - normaliser }
    }

    @Test(arguments: Logits.allCases, [1, 64, 1000, 151_936])
    func equalsTheDefinition(kind: Logits, count: Int) throws {
        var logits = kind.make(count, seed: 5)
        logits[0] = 0
        let expected = logProbabilities(logits)
        var measure = LogProbabilities()
        for token in [0, count / 2, count - 1] {
            let scored = try measure.measure(logits.span, of: Token(token), top: 8)
            let value = try #require(scored.logProbability)
            #expect(value == expected[token] || abs(value - expected[token]) < 1e-6 * max(1, abs(value)))
            let order = expected.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }
                .filter { logits[$0] > -.infinity }.prefix(8)
            #expect(scored.top.map { Int($0.token) } == Array(order))
            for entry in scored.top { #expect(abs(entry.logProbability - expected[Int(entry.token)]) < 1e-6) }
        }
    }

    @Test func areOfTheModelsOwnLogits() throws {
        let logits: [Float] = [2, 1, 0, -1]
        let expected = logProbabilities(logits)
        var options = SamplingOptions.greedy
        options.temperature = 0.1
        options.topK = 1
        options.logitBias = [3: 100]
        options.repetitionPenalty = 1.5
        options.logProbabilities = 2
        var sampler = try Sampler(options, vocabularyCount: 4)
        sampler.accept(prompt: 0)
        let choice = try sampler.sample(logits.span)
        #expect(choice.token == 3)
        #expect(abs(try #require(choice.logProbability) - expected[3]) < 1e-6)
        #expect(choice.top.map(\.token) == [0, 1])
    }

    @Test func doNotChangeTheChoice() throws {
        let logits = Logits.model.make(3000, seed: 2)
        for options in SamplerTests.truncations {
            var with = options, without = options
            (with.seed, without.seed) = (4, 4)
            with.logProbabilities = 20
            var a = try Sampler(with, vocabularyCount: 3000), b = try Sampler(without, vocabularyCount: 3000)
            for _ in 0..<5 {
                let choice = try a.sample(logits.span)
                #expect(choice.token == (try b.sample(logits.span)).token)
                #expect(choice.top.count == 20)
            }
        }
    }

    @Test func zeroGivesTheChosenOneOnlyAndManyGiveTheWholeVocabulary() throws {
        let logits: [Float] = [2, 1, -.infinity]
        var options = SamplingOptions.greedy
        options.logProbabilities = 0
        var sampler = try Sampler(options, vocabularyCount: 3)
        let choice = try sampler.sample(logits.span)
        #expect(choice.top.isEmpty && choice.logProbability != nil)
        options.logProbabilities = 100
        sampler = try Sampler(options, vocabularyCount: 3)
        #expect(try sampler.sample(logits.span).top.map(\.token) == [0, 1])
    }

    @Test func wrongTokensAndLogitsAreErrors() {
        let sound: [Float] = [1, 2], broken: [Float] = [1, .nan], none: [Float] = []
        var measure = LogProbabilities()
        #expect(throws: SamplingError.self) { try measure.measure(sound.span, of: 2) }
        #expect(throws: SamplingError.self) { try measure.measure(broken.span, of: 0) }
        #expect(throws: SamplingError.nothingAllowed) { try measure.measure(none.span, of: 0) }
    }
}
