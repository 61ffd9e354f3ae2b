import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Real models: what one is answered is the same, token for token, alone and beside others that come and go, whose
/// prompts are computed in the same steps, and when it is put back for want of pages and goes on later.
@Suite(.serialized) struct CompanyTests {
    /// A conversation's prompt, its answer's length, and who it lets go first.
    struct Turn {
        let prompt: [Token]
        let count: Int
        let priority: GenerationRequest.Priority
    }

    /// Prompts of 30 to 650 tokens, of the goldens and of several of them one after another; some begin alike. Those of
    /// a batch come first, and are answered at length: they have not ended when the others come, however busy the machine is.
    private func turns(_ name: String) throws -> [Turn] {
        let prompts = try GreedyGolden.load(name).cases.map(\.prompt_ids).filter { $0.count < 200 }
        let long = [600, 330, 330, 150].enumerated().map { index, length in
            let tokens = (prompts.dropFirst(index / 2) + prompts + prompts).joined()
            return Turn(prompt: Array(tokens.prefix(length)) + prompts[index], count: 16, priority: .interactive)
        }
        let short = prompts.prefix(8).enumerated().map { index, prompt in
            Turn(prompt: prompt, count: index < 3 ? 120 : 20 - index, priority: index < 3 ? .batch : .interactive)
        }
        return Array(short.prefix(3) + long.prefix(2) + short.dropFirst(3) + long.dropFirst(2))
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
        let turns = try turns(model.golden).prefix(kind == .f16 ? .max : 7)
        var alone: [[Token]] = []
        for turn in turns {
            // An engine of its own: nothing is in its cache.
            alone.append(try await answer(engine(decoder, pool, kind, scarce: false), turn))
        }
        // One context's pages for all, whose lengths together are more.
        let engine = engine(decoder, pool, kind, scarce: true)
        try await withThrowingTaskGroup(of: (Int, [Token]).self) { group in
            for (index, turn) in turns.enumerated() {
                group.addTask { (index, try await self.answer(engine, turn)) }
                // The batch is being answered when others come: some at once, some later.
                while index == 2, engine.statistics.generatedTokens < 3 {
                    try await Task.sleep(for: .milliseconds(1))
                }
                if index > 4 { try await Task.sleep(for: .milliseconds(50)) }
            }
            for try await (index, tokens) in group {
                #expect(tokens == alone[index], "turn \(index), \(turns[index].prompt.count) tokens")
            }
        }
        #expect(engine.statistics.preemptionCount > 0)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }
}
