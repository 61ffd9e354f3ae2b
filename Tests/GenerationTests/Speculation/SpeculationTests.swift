import TestSupport
import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Whatever is guessed, every choice is the one that is made without guesses.
@Suite struct SpeculationTests {
    /// Guesses from the text, of a model that is right now and then, of one that is always right, and of one that knows
    /// fewer tokens and shorter texts.
    enum Kind: String, CaseIterable {
        case lookup, other, same, small

        func speculation(_ decoder: DiceDecoder) -> Speculation {
            switch self {
            case .lookup: .promptLookup
            case .other: .draft(DiceDecoder(seed: 9, windows: [nil, 40]))
            case .same: .draft(decoder)
            case .small: .draft(DiceDecoder(seed: 1, context: 200))
            }
        }
    }

    private static let windows: [[Int?]] = [[nil], [nil, 40], [1, nil, 33]]

    private func engine(
        _ decoder: DiceDecoder, _ speculation: Speculation, _ change: (inout EngineOptions) -> Void = { _ in }
    ) -> Engine {
        var options = EngineOptions()
        options.keyValueKind = .f32
        options.speculation = speculation
        change(&options)
        return Engine(decoder: decoder, pool: ComputePool(threads: 2), options: options)
    }

    private func text(_ count: Int, seed: UInt64) -> [Token] {
        var random = Random(seed: seed)
        return (0..<count).map { _ in Token.random(in: 0..<6, using: &random) }
    }

    private func choices(
        _ engine: Engine, _ request: GenerationRequest
    ) async throws -> (choices: [Choice], reason: FinishReason?, statistics: GenerationStatistics) {
        var choices: [Choice] = [], reason: FinishReason?, statistics = GenerationStatistics()
        for try await event in try engine.generate(request) {
            switch event {
            case .started, .drafted: break
            case .token(let choice): choices.append(choice)
            case .finished(let why, let cost): (reason, statistics) = (why, cost)
            }
        }
        return (choices, reason, statistics)
    }

    /// Every option that has a memory of what was said, or that draws.
    private static let options: [SamplingOptions] = {
        var all = [SamplingOptions.greedy]
        for seed in 0..<4 {
            var options = SamplingOptions()
            options.seed = UInt64(seed)
            options.temperature = [1, 0.4, 1, 2][seed]
            options.logProbabilities = seed
            if seed == 1 { (options.repetitionPenalty, options.repetitionWindow) = (1.3, 20) }
            if seed == 2 { (options.presencePenalty, options.frequencyPenalty) = (0.5, 0.2) }
            if seed == 3 {
                options.dry.multiplier = 0.8
                options.dry.sequenceBreakers = ["a"]
                options.logitBias = [3: -1]
            }
            all.append(options)
        }
        return all
    }()

    @Test(arguments: Kind.allCases, windows)
    func everyChoiceIsTheSame(kind: Kind, windows: [Int?]) async throws {
        let decoder = DiceDecoder(windows: windows)
        let plain = engine(decoder, .off), guessing = engine(decoder, kind.speculation(decoder))
        var drafted = 0, accepted = 0
        for (place, options) in SpeculationTests.options.enumerated() {
            for length in [1, 2, 31, 150, 400] {
                let request = GenerationRequest(
                    prompt: text(length, seed: UInt64(length + place)), sampling: options, maximumTokens: 130,
                    tokenBytes: { [UInt8(97 + $0)] })
                let expected = try await choices(plain, request), answer = try await choices(guessing, request)
                #expect(answer.choices == expected.choices)
                #expect(answer.reason == expected.reason)
                #expect(answer.statistics.generatedTokens == 130)
                #expect(answer.statistics.cachedTokens == expected.statistics.cachedTokens)
                #expect(expected.statistics.draftedTokens == 0)
                drafted += answer.statistics.draftedTokens
                accepted += answer.statistics.acceptedTokens
            }
        }
        #expect(drafted > 50 && accepted > 0)
        // The same model guesses right wherever the likeliest token is chosen.
        if kind != .same { #expect(accepted < drafted) }
        #expect(await guessing.usedCacheByteCount(emptying: true) == 0)
    }

    @Test(arguments: Kind.allCases)
    func aStopTokenOrALimitEndsTheAnswerInTheMiddleOfGuesses(kind: Kind) async throws {
        let decoder = DiceDecoder(spread: 6)
        let plain = engine(decoder, .off), guessing = engine(decoder, kind.speculation(decoder))
        for seed in 0..<40 {
            for stop: Set<Token> in [[], [Token(seed % 6)]] {
                let request = GenerationRequest(
                    prompt: text(20, seed: UInt64(seed)), sampling: .greedy, maximumTokens: 1 + seed, stopTokens: stop)
                let expected = try await choices(plain, request), answer = try await choices(guessing, request)
                #expect(answer.choices == expected.choices && answer.reason == expected.reason)
                #expect(answer.statistics.acceptedTokens <= answer.statistics.draftedTokens)
                #expect(answer.statistics.acceptedTokens <= answer.statistics.generatedTokens)
            }
        }
        var none = GenerationRequest(prompt: [1, 2], sampling: .greedy, maximumTokens: 0)
        #expect(try await choices(guessing, none).choices.isEmpty)
        none.maximumTokens = nil
        // To the end of the context, which the small draft model does not reach.
        let expected = try await choices(plain, none), answer = try await choices(guessing, none)
        #expect(answer.choices == expected.choices)
    }

    @Test(arguments: Kind.allCases, windows)
    func sequencesInCompanyAndTheirNextTurns(kind: Kind, windows: [Int?]) async throws {
        let decoder = DiceDecoder(windows: windows)
        let plain = engine(decoder, .off)
        let guessing = engine(decoder, kind.speculation(decoder)) {
            $0.maximumSequences = 3
            $0.prefillRows = 16
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<12 {
                group.addTask {
                    var tokens = self.text(1 + index * 17, seed: UInt64(index))
                    for turn in 0..<3 {
                        var options = SamplingOptions()
                        options.seed = UInt64(index)
                        options.temperature = Double(index % 3) / 2
                        let request = GenerationRequest(prompt: tokens, sampling: options, maximumTokens: 40 + index)
                        let expected = try await self.choices(plain, request)
                        let answer = try await self.choices(guessing, request)
                        #expect(answer.choices == expected.choices)
                        // All but the last of the answer's tokens were computed, and no rejected one is found.
                        if turn > 0 { #expect(answer.statistics.cachedTokens >= tokens.count - 6) }
                        tokens += answer.choices.map(\.token) + self.text(5, seed: UInt64(turn))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await guessing.usedCacheByteCount(emptying: true) == 0)
    }

    /// With room for one context a second sequence waits; a draft model's share is enough for as long a sequence.
    @Test(arguments: Kind.allCases)
    func aSmallCacheIsEnough(kind: Kind) async throws {
        let decoder = DiceDecoder(windows: [nil, 64], context: 512)
        let guessing = engine(decoder, kind.speculation(decoder)) {
            $0.cacheByteCount = 1
            $0.prefillRows = 5
        }
        let plain = engine(decoder, .off)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<6 {
                group.addTask {
                    let request = GenerationRequest(
                        prompt: self.text(460, seed: UInt64(seed)), sampling: .greedy, maximumTokens: 60)
                    let expected = try await self.choices(plain, request)
                    let answer = try await self.choices(guessing, request)
                    #expect(answer.choices == expected.choices)
                }
            }
            try await group.waitForAll()
        }
        #expect(await guessing.usedCacheByteCount() <= guessing.cacheByteCount)
        #expect(await guessing.usedCacheByteCount(emptying: true) == 0)
    }

    @Test func leavingGivesEverythingBack() async throws {
        let decoder = DiceDecoder()
        let guessing = engine(decoder, .draft(decoder)) { $0.maximumSequences = 2 }
        for round in 0..<60 {
            let request = GenerationRequest(prompt: text(50 + round, seed: UInt64(round)), sampling: .greedy)
            var count = 0
            for try await event in try guessing.generate(request) {
                if case .token = event { count += 1 }
                if count > round % 7 { break }
            }
        }
        let last = GenerationRequest(prompt: [1], sampling: .greedy, maximumTokens: 5)
        #expect(try await choices(guessing, last).choices.count == 5)
        #expect(await guessing.usedCacheByteCount(emptying: true) == 0)
    }
}
