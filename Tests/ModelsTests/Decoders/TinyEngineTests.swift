import TestSupport
import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// The tiny models through the engine: pages of windows given back, prefixes shared, sequences beside each other.
@Suite struct TinyEngineTests {
    private func engine(_ name: String, _ scratch: ScratchFolder) throws -> (TinyModel, Engine) {
        let model = try TinyModel(name), pool = ComputePool(threads: 2)
        let path = try model.copy(config: "config.json", into: scratch)
        var options = EngineOptions()
        options.isExact = true
        return (
            model,
            Engine(decoder: try Registry.decoder(try Registry.open(path), pool: pool), pool: pool, options: options)
        )
    }

    private func answer(_ engine: Engine, _ prompt: [Token], count: Int) async throws -> (tokens: [Token], cached: Int)
    {
        var sampling = SamplingOptions.greedy, tokens: [Token] = [], cached = 0
        for token in 0..<BareDecoder.firstOrdinary { sampling.logitBias[Token(token)] = -100 }
        for try await event in try engine.generate(
            GenerationRequest(prompt: prompt, sampling: sampling, maximumTokens: count))
        {
            if case .started(_, let known) = event { cached = known }
            if case .token(let choice) = event { tokens.append(choice.token) }
        }
        return (tokens, cached)
    }

    @Test(arguments: TinyModel.decoders) func answersAsTransformersDoes(name: String) async throws {
        let scratch = try ScratchFolder(), (model, engine) = try engine(name, scratch)
        #expect(try await answer(engine, model.prompt, count: 32).tokens == model.greedy)
        // Again, from what is in the cache, and beside others.
        try await withThrowingTaskGroup(of: [Token].self) { group in
            for count in [32, 20, 32] {
                group.addTask { try await answer(engine, model.prompt, count: count).tokens }
            }
            for try await tokens in group { #expect(tokens == Array(model.greedy.prefix(tokens.count))) }
        }
        withExtendedLifetime(scratch) {}
    }

    /// Phi-3's keys change when a sequence gets longer than 32 tokens: the short ones are of no use to the long ones, but
    /// long ones are to each other, and the short ones stay right.
    @Test func keysOfTwoLengthsAreKeptApart() async throws {
        let scratch = try ScratchFolder(), (model, engine) = try engine("phi3", scratch)
        #expect(engine.shape.lengthDependence == .beyond(32))
        let short = try await answer(engine, model.prompt, count: 5)
        let long = try await answer(engine, model.prompt + model.greedy.prefix(15), count: 17)
        #expect(short.tokens == Array(model.greedy.prefix(5)) && short.cached == 0)
        #expect(long.tokens == Array(model.greedy.suffix(17)) && long.cached == 0)
        let longer = try await answer(engine, model.prompt + model.greedy.prefix(20), count: 12)
        #expect(longer.tokens == Array(model.greedy.suffix(12)) && longer.cached >= 32)
        let again = try await answer(engine, model.prompt, count: 32)
        #expect(again.tokens == model.greedy && again.cached == model.prompt.count - 1)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
        withExtendedLifetime(scratch) {}
    }
}
