import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// On real models: with guesses every token, and every bit of its log-probabilities, is what it is without. That needs
/// rows whose numbers do not depend on the rows beside them, in every operator.
@Suite(.serialized) struct SpeculationModelTests {
    private struct Models {
        let decoder: any Decoder
        let draft: (any Decoder)?
        let pool: ComputePool

        init(_ name: String, draft: String? = nil) throws {
            let pool = ComputePool(threads: 2)
            func decoder(_ name: String) throws -> any Decoder {
                try Registry.decoder(try GGUFFile(path: try TestModel.path(name).path), pool: pool)
            }
            self.pool = pool
            self.decoder = try decoder(name)
            self.draft = try draft.map { try decoder($0) }
        }

        func engine(_ speculation: Speculation) -> Engine {
            var options = EngineOptions()
            options.context = 2048
            options.speculation = speculation
            return Engine(decoder: decoder, pool: pool, options: options)
        }
    }

    /// A text that invites its repetition, cut to `count` tokens, with every 40th one changed.
    private static func prompt(_ ids: [Token], _ count: Int) -> [Token] {
        var tokens: [Token] = []
        while tokens.count < count { tokens += ids }
        return tokens.prefix(count).enumerated().map { $0.offset % 40 == 39 ? 11 : $0.element }
    }

    private static func answer(
        _ engine: Engine, _ prompt: [Token], _ options: SamplingOptions, count: Int
    ) async throws -> (choices: [Choice], statistics: GenerationStatistics) {
        var choices: [Choice] = [], statistics = GenerationStatistics()
        let request = GenerationRequest(prompt: prompt, sampling: options, maximumTokens: count)
        for try await event in try engine.generate(request) {
            switch event {
            case .started, .drafted: break
            case .token(let choice): choices.append(choice)
            case .finished(_, let cost): statistics = cost
            }
        }
        return (choices, statistics)
    }

    private static func check(
        _ models: Models, _ speculations: [Speculation], golden: String, lengths: [Int], count: Int
    ) async throws {
        var options: [SamplingOptions] = [.greedy, .greedy, SamplingOptions()]
        options[0].logProbabilities = 3
        (options[1].repetitionPenalty, options[1].dry.multiplier) = (1.1, 0.8)
        options[1].dry.sequenceBreakers = []
        (options[2].seed, options[2].logProbabilities) = (5, 2)
        let prompts = try GreedyGolden.load(golden).cases.map(\.prompt_ids)
        let cases = lengths.enumerated().flatMap { place, length in
            options.map { (prompt(prompts[place % prompts.count], length), $0) }
        }
        let plain = models.engine(.off)
        var expected: [[Choice]] = []
        for (prompt, options) in cases {
            expected.append(try await answer(plain, prompt, options, count: count).choices)
        }
        for speculation in speculations {
            let engine = models.engine(speculation)
            var accepted = 0
            for (choices, (prompt, options)) in zip(expected, cases) {
                let answer = try await answer(engine, prompt, options, count: count)
                #expect(answer.choices == choices)
                accepted += answer.statistics.acceptedTokens
            }
            #expect(accepted > count / 2)
            // All at once.
            let together = models.engine(speculation)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (choices, (prompt, options)) in zip(expected, cases) {
                    group.addTask {
                        let answer = try await answer(together, prompt, options, count: count)
                        #expect(answer.choices == choices)
                    }
                }
                try await group.waitForAll()
            }
            #expect(await together.usedCacheByteCount(emptying: true) == 0)
        }
    }

    @Test func smolLM() async throws {
        let models = try Models("smollm2-135m")
        try await SpeculationModelTests.check(
            models, [.promptLookup, .draft(models.decoder)], golden: "smollm2", lengths: [20, 90, 700], count: 60)
    }

    @Test func qwen() async throws {
        let models = try Models("qwen2.5-coder-0.5b")
        try await SpeculationModelTests.check(
            models, [.promptLookup], golden: "qwen", lengths: [30, 200], count: 40)
    }

    @Test(.enabled(if: TestModel.isFull)) func qwenDraftedByASmallerOne() async throws {
        let models = try Models("qwen2.5-coder-1.5b", draft: "qwen2.5-coder-0.5b")
        let draft = try #require(models.draft)
        try await SpeculationModelTests.check(
            models, [.promptLookup, .draft(draft)], golden: "qwen", lengths: [30, 100], count: 30)
    }

    /// Layers that see 512 tokens, with texts that are longer.
    @Test(.enabled(if: TestModel.isFull)) func gemma() async throws {
        let models = try Models("gemma3-270m")
        try await SpeculationModelTests.check(
            models, [.promptLookup, .draft(models.decoder)], golden: "gemma", lengths: [60, 900], count: 60)
    }
}
