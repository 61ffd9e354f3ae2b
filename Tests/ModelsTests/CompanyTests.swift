import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Real models: what one is answered is the same, token for token, alone and beside others that come and go, whose
/// prompts are computed in the same steps, and when it is put back for want of pages and goes on later.
@Suite(.serialized) struct CompanyTests {
    /// A conversation's prompt, its answer's length, and how many tokens of another one it waits for.
    struct Turn {
        let prompt: [Token]
        let count: Int
        let priority: GenerationRequest.Priority
    }

    /// Prompts of 30 to 700 tokens, of the goldens and of several of them one after another; some begin alike.
    private func turns(_ name: String) throws -> [Turn] {
        let prompts = try GreedyGolden.load(name).cases.map(\.prompt_ids).filter { $0.count < 200 }
        var turns = prompts.prefix(8).enumerated().map { index, prompt in
            Turn(prompt: prompt, count: 40 - 3 * index, priority: index % 3 == 1 ? .batch : .interactive)
        }
        for (index, length) in [150, 330, 330, 700].enumerated() {
            let tokens = (prompts.dropFirst(index / 2) + prompts + prompts).joined()
            turns.append(
                Turn(prompt: Array(tokens.prefix(length)) + prompts[index], count: 24, priority: .interactive))
        }
        return turns
    }

    private func engine(_ decoder: any Decoder, _ pool: ComputePool, _ kind: KeyValueKind, scarce: Bool) -> Engine {
        var options = EngineOptions()
        options.keyValueKind = kind
        options.context = 800
        if scarce { options.cacheByteCount = 1 }
        return Engine(decoder: decoder, pool: pool, options: options)
    }

    private func answer(_ engine: Engine, _ turn: Turn) async throws -> [Token] {
        let request = GenerationRequest(
            prompt: turn.prompt, sampling: .greedy, maximumTokens: turn.count, priority: turn.priority)
        var tokens: [Token] = []
        for try await event in try engine.generate(request) {
            if case .token(let choice) = event { tokens.append(choice.token) }
        }
        return tokens
    }

    @Test(arguments: [("smollm2-135m", "smollm2"), ("qwen2.5-coder-0.5b", "qwen")], [KeyValueKind.f16, .q8_0])
    func answersAreTheSameAloneAndInCompany(model: (file: String, golden: String), kind: KeyValueKind) async throws {
        let file = try GGUFFile(path: try TestModel.path(model.file).path)
        let pool = ComputePool(), decoder = try Registry.decoder(file, pool: pool)
        let turns = try turns(model.golden)
        var alone: [[Token]] = []
        for turn in turns {
            // An engine of its own: nothing is in its cache.
            alone.append(try await answer(engine(decoder, pool, kind, scarce: false), turn))
        }
        // One context's pages for twelve, whose lengths together are four times as many.
        let engine = engine(decoder, pool, kind, scarce: true)
        try await withThrowingTaskGroup(of: (Int, [Token]).self) { group in
            for (index, turn) in turns.enumerated() {
                group.addTask { (index, try await self.answer(engine, turn)) }
                // Some at once, others while those are answered.
                if index % 3 == 2 { try await Task.sleep(for: .milliseconds(150)) }
            }
            for try await (index, tokens) in group {
                #expect(tokens == alone[index], "turn \(index), \(turns[index].prompt.count) tokens")
            }
        }
        #expect(engine.statistics.preemptionCount > 0)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }
}
