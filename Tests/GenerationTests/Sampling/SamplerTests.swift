import Foundation
import Testing
import TuttiGeneration
import TuttiTensors

/// Options that keep everything; each test turns on what it is about.
func everything(_ change: (inout SamplingOptions) -> Void = { _ in }) -> SamplingOptions {
    var options = SamplingOptions()
    options.temperature = 1
    options.topK = 0
    options.topP = 1
    options.minP = 0
    options.seed = 7
    change(&options)
    return options
}

@Suite struct SamplerTests {
    static let truncations: [SamplingOptions] = [
        everything(),
        everything { $0.temperature = 0.7 },
        everything { $0.temperature = 1e-12 },
        everything { $0.temperature = 100 },
        .greedy,
        SamplingOptions(),
        everything { $0.topK = 1 },
        everything { $0.topK = 5 },
        everything { $0.topK = 64 },
        everything { $0.topK = 1_000_000 },
        everything { $0.topP = 0 },
        everything { $0.topP = 0.3 },
        everything { $0.topP = 0.9 },
        everything { $0.topP = 0.9999 },
        everything { $0.minP = 0.02 },
        everything { $0.minP = 0.5 },
        everything { $0.minP = 1 },
        everything { $0.typicalP = 0 },
        everything { $0.typicalP = 0.4 },
        everything { $0.typicalP = 0.95 },
        everything { ($0.topK, $0.typicalP) = (20, 0.8) },
        everything { ($0.topK, $0.typicalP, $0.topP, $0.minP, $0.temperature) = (50, 0.9, 0.8, 0.1, 1.5) },
        everything { ($0.typicalP, $0.topP, $0.minP) = (0.9, 0.8, 0.1) },
        everything { ($0.topP, $0.minP, $0.temperature) = (0.95, 0.01, 0.6) },
    ]

    @Test(arguments: Logits.allCases, [1, 2, 63, 64, 65, 1000, 5003])
    func equalsThePlainDefinitions(kind: Logits, count: Int) throws {
        for (index, options) in Self.truncations.enumerated() {
            var sampler = try Sampler(options, vocabularyCount: count)
            let plain = PlainSampler(options: options, seed: sampler.seed)
            for step in 0..<(count < 2000 ? 20 : 4) {
                let logits = kind.make(count, seed: UInt64(step % 3))
                let expected = plain.sample(logits, step: UInt64(step))
                guard let expected else {
                    #expect(throws: SamplingError.nothingAllowed) { try sampler.sample(logits.span) }
                    continue
                }
                let choice = try sampler.sample(logits.span)
                #expect(choice.token == expected, "options \(index), step \(step)")
                #expect(choice.logProbability == nil && choice.top.isEmpty)
            }
        }
    }

    @Test func equalsThePlainDefinitionsOverALargeVocabulary() throws {
        let logits = Logits.model.make(151_936, seed: 3)
        for (index, options) in Self.truncations.enumerated() {
            var sampler = try Sampler(options, vocabularyCount: logits.count)
            let plain = PlainSampler(options: options, seed: sampler.seed)
            #expect(try sampler.sample(logits.span).token == plain.sample(logits, step: 0), "options \(index)")
        }
    }

    @Test func equalsThePlainDefinitionsWithPenaltiesBiasAndMask() throws {
        let options = everything {
            ($0.repetitionPenalty, $0.repetitionWindow) = (1.3, 6)
            ($0.presencePenalty, $0.frequencyPenalty) = (0.5, 0.25)
            $0.logitBias = [3: 4, 77: -100, 120: 0.5]
            ($0.topK, $0.topP) = (30, 0.9)
        }
        let count = 130
        var sampler = try Sampler(options, vocabularyCount: count)
        var plain = PlainSampler(options: options, seed: sampler.seed)
        for token: Token in [5, 9, 5, 64, 129] {
            sampler.accept(prompt: token)
            plain.prompt.append(token)
        }
        var mask = TokenMask(count: count, allowed: true)
        for token in stride(from: Token(0), to: 130, by: 3) { mask[token] = false }
        for step in 0..<200 {
            let logits = Logits.tied.make(count, seed: UInt64(step)), mask = step % 2 == 0 ? mask : nil
            let choice = try sampler.sample(logits.span, mask: mask)
            #expect(choice.token == plain.sample(logits, mask: mask, step: UInt64(step)), "step \(step)")
            if let mask { #expect(mask[choice.token]) }
            sampler.accept(choice.token)
            plain.answer.append(choice.token)
        }
    }

    @Test func drawsFollowTheDistribution() throws {
        let logits: [Float] = [0, 1, 2, -.infinity, -1]
        for options in [everything(), everything { $0.topK = 4 }] {
            var sampler = try Sampler(options, vocabularyCount: logits.count)
            var counts = [Int](repeating: 0, count: logits.count)
            let drawCount = 100_000
            for _ in 0..<drawCount { counts[Int(try sampler.sample(logits.span).token)] += 1 }
            let total = logits.reduce(0.0) { $0 + exp(Double($1)) }
            for (count, logit) in zip(counts, logits) {
                let p = exp(Double(logit)) / total
                // Five standard deviations of a binomial.
                let tolerance = 5 * (p * (1 - p) / Double(drawCount)).squareRoot()
                #expect(abs(Double(count) / Double(drawCount) - p) <= tolerance)
            }
        }
    }

    @Test func aSeedGivesTheSameTokensOnAnyThread() async throws {
        let logits = Logits.model.make(5000, seed: 1)
        @Sendable func run(_ seed: UInt64) throws -> [Token] {
            var sampler = try Sampler(everything { $0.seed = seed }, vocabularyCount: logits.count)
            return try (0..<50).map { _ in try sampler.sample(logits.span).token }
        }
        let expected = try run(11)
        try await withThrowingTaskGroup(of: [Token].self) { group in
            for _ in 0..<8 { group.addTask { try run(11) } }
            for try await tokens in group { #expect(tokens == expected) }
        }
        #expect(try run(12) != expected)
        let chance = try Sampler(everything { $0.seed = nil }, vocabularyCount: 1)
        #expect(chance.seed != (try Sampler(everything { $0.seed = nil }, vocabularyCount: 1)).seed)
    }

    @Test(arguments: [0, 1, 63, 64, 99])
    func whatIsNoNumberIsAnError(place: Int) throws {
        for options in [.greedy, SamplingOptions(), everything { $0.logitBias = [Token(place): -100] }] {
            for (value, words) in [(Float.nan, "nan"), (-.nan, "nan"), (.infinity, "inf")] {
                var logits = Logits.model.make(100, seed: 1)
                logits[place] = value
                var sampler = try Sampler(options, vocabularyCount: 100)
                for mask in [nil, TokenMask(count: 100)] {
                    let error = #expect(throws: SamplingError.self) { try sampler.sample(logits.span, mask: mask) }
                    guard case .notFinite(let token, let text) = error else { Issue.record("\(error)"); continue }
                    #expect(token == Token(place) && text.hasSuffix(words))
                }
            }
        }
    }

    @Test func nothingAllowedIsAnError() throws {
        let nothing = [Float](repeating: -.infinity, count: 70)
        for options in [.greedy, SamplingOptions(), everything(), everything { $0.typicalP = 0.5 }] {
            var sampler = try Sampler(options, vocabularyCount: 70)
            #expect(throws: SamplingError.nothingAllowed) { try sampler.sample(nothing.span) }
            let logits = Logits.model.make(70, seed: 1)
            #expect(throws: SamplingError.nothingAllowed) {
                try sampler.sample(logits.span, mask: TokenMask(count: 70))
            }
            var one = TokenMask(count: 70)
            one[69] = true
            #expect(try sampler.sample(logits.span, mask: one).token == 69)
        }
    }

    @Test func wrongCountsAreErrors() throws {
        var sampler = try Sampler(.greedy, vocabularyCount: 10)
        let logits = [Float](repeating: 0, count: 9)
        #expect(throws: SamplingError.wrongCount(of: "logits", count: 9, vocabularyCount: 10)) {
            try sampler.sample(logits.span)
        }
        let ten = [Float](repeating: 0, count: 10)
        #expect(throws: SamplingError.wrongCount(of: "bits in the mask", count: 11, vocabularyCount: 10)) {
            try sampler.sample(ten.span, mask: TokenMask(count: 11))
        }
    }

    @Test func greedyTakesTheFirstOfEquals() throws {
        var sampler = try Sampler(.greedy, vocabularyCount: 200)
        var logits = [Float](repeating: -3, count: 200)
        (logits[70], logits[71], logits[199]) = (-0.0, 0, 0)
        #expect(try sampler.sample(logits.span).token == 70)
    }
}
