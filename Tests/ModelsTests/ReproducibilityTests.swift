import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// On the real smallest model: what an answer may and may not depend on.
@Suite(.serialized) struct ReproducibilityTests {
    private func engine(threads: Int, kind: KeyValueKind = .f16) throws -> Engine {
        let file = try GGUFFile(path: try TestModel.path("smollm2-135m").path)
        let pool = ComputePool(threads: threads)
        var options = EngineOptions()
        options.keyValueKind = kind
        options.context = 2048
        return Engine(decoder: try Registry.decoder(file, pool: pool), pool: pool, options: options)
    }

    private func answer(_ engine: Engine, _ request: GenerationRequest) async throws -> [Token] {
        var tokens: [Token] = []
        for try await event in try engine.generate(request) {
            if case .token(let choice) = event { tokens.append(choice.token) }
        }
        return tokens
    }

    @Test func aSeedGivesTheSameAnswerOnAnyNumberOfThreads() async throws {
        let prompt = try #require(try GreedyGolden.load("smollm2").cases.first).prompt_ids
        var sampling = SamplingOptions()
        sampling.seed = 7
        let request = GenerationRequest(prompt: prompt, sampling: sampling, maximumTokens: 40)
        let one = try await answer(try engine(threads: 1), request)
        let two = try await answer(try engine(threads: 2), request)
        let three = try await answer(try engine(threads: 3), request)
        #expect(one == two && two == three)
        var other = request
        other.sampling.seed = 8
        #expect(try await answer(try engine(threads: 2), other) != one)
    }

    /// Greedy text of the goldens, where the margin between the first two is wide enough for any rounding.
    @Test(arguments: [KeyValueKind.f16, .q8_0])
    func greedyAnswersFollowTheGoldens(kind: KeyValueKind) async throws {
        let engine = try engine(threads: 2, kind: kind)
        for golden in try GreedyGolden.load("smollm2").cases {
            let certain = golden.steps.prefix { $0.margin > 0.5 && $0.exact.margin > 0.5 }.count
            let request = GenerationRequest(
                prompt: golden.prompt_ids, sampling: .greedy, maximumTokens: max(1, certain))
            let tokens = try await answer(engine, request)
            #expect(Array(tokens.prefix(certain)) == Array(golden.greedy_ids.prefix(certain)), "\(golden.name)")
        }
    }

    @Test func answersGivenTogetherAreThoseGivenAlone() async throws {
        let engine = try engine(threads: 2)
        let goldens = try GreedyGolden.load("smollm2").cases.prefix(6)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for golden in goldens {
                group.addTask {
                    // As far as the path is certain: rounding depends a little on which rows share a tile.
                    let certain = golden.steps.prefix { $0.margin > 0.5 && $0.exact.margin > 0.5 }.count
                    let request = GenerationRequest(
                        prompt: golden.prompt_ids, sampling: .greedy, maximumTokens: max(1, certain))
                    let tokens = try await self.answer(engine, request)
                    #expect(Array(tokens.prefix(certain)) == Array(golden.greedy_ids.prefix(certain)))
                }
            }
            try await group.waitForAll()
        }
    }
}
