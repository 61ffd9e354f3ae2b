import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// On the real smallest model: answers depend neither on how the cache is stored nor on who is answered beside them, as
/// far as rounding allows. (That seeds reproduce is tested on the built program: other suites change the kernels here.)
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
