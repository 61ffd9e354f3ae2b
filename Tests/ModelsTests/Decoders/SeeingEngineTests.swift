import TestSupport
import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Pictures through the engine: prompts in chunks, sequences beside each other and put back, prefixes shared by those who
/// were shown the same.
@Suite struct SeeingEngineTests {
    private func engine(
        _ seeing: SeeingGolden, _ change: (inout EngineOptions) -> Void = { _ in }
    ) throws -> Engine {
        let scratch = try ScratchFolder(), pool = ComputePool(threads: 2)
        defer { withExtendedLifetime(scratch) {} }
        let path = try seeing.model.copy(config: "config.json", into: scratch)
        var options = EngineOptions()
        options.isExact = true
        change(&options)
        return Engine(decoder: try Registry.decoder(try Registry.open(path), pool: pool), pool: pool, options: options)
    }

    private func request(_ prompt: [Token], _ runs: [EmbeddingRun], count: Int) -> GenerationRequest {
        var sampling = SamplingOptions.greedy
        for token in 0..<BareDecoder.firstOrdinary { sampling.logitBias[Token(token)] = -100 }
        return GenerationRequest(prompt: prompt, sampling: sampling, maximumTokens: count, embeddings: runs)
    }

    private func answer(_ engine: Engine, _ request: GenerationRequest) async throws -> (tokens: [Token], cached: Int) {
        var tokens: [Token] = [], cached = 0
        for try await event in try engine.generate(request) {
            if case .started(_, let known) = event { cached = known }
            if case .token(let choice) = event { tokens.append(choice.token) }
        }
        return (tokens, cached)
    }

    @Test(arguments: SeeingGolden.names, [3, 256]) func answersAsTransformersDoes(name: String, rows: Int) async throws
    {
        let seeing = try SeeingGolden(name)
        let engine = try engine(seeing) { $0.prefillRows = rows }
        let alone = try await answer(engine, request(seeing.prompt, seeing.runs(), count: 32))
        #expect(alone.tokens == seeing.model.greedy && alone.cached == 0)
        // Again, from what is in the cache.
        let again = try await answer(engine, request(seeing.prompt, seeing.runs(), count: 32))
        #expect(again.tokens == seeing.model.greedy && again.cached == seeing.prompt.count - 1)
        // Beside others that see the same, other things, or nothing.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<6 {
                group.addTask {
                    let salt = UInt8(index % 3), runs = index == 4 ? [] : seeing.runs(salt: salt)
                    let prompt = index == 4 ? Array(seeing.model.prompt.reversed()) : seeing.prompt
                    let tokens = try await answer(engine, request(prompt, runs, count: 32 - index)).tokens
                    #expect(index == 4 || tokens == Array(seeing.model.greedy.prefix(32 - index)))
                }
            }
            try await group.waitForAll()
        }
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }

    /// One context's pages for many: they are put back and computed again, with rows that were made once.
    @Test(arguments: SeeingGolden.names) func answersAreTheSameWhenPagesRunOut(name: String) async throws {
        let seeing = try SeeingGolden(name), looks = Looks()
        let engine = try engine(seeing) {
            $0.context = 256
            $0.cacheByteCount = 1
            $0.prefillRows = 8
        }
        // They begin together and grow out of the room that there is; the same in an engine of its own is what is wanted.
        let prompts = (0..<4).map { (index: Int) -> [Token] in
            let tail = (0..<6).map { (place: Int) -> Token in Token(20 + (37 * index + 11 * place) % 200) }
            return seeing.prompt + tail
        }
        var wanted: [[Token]] = []
        for prompt in prompts {
            wanted.append(
                try await answer(try self.engine(seeing), request(prompt, seeing.runs(), count: 200)).tokens)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, prompt) in prompts.enumerated() {
                let runs = seeing.runs { _ in looks.add() }, expected = wanted[index]
                group.addTask {
                    let tokens = try await answer(engine, request(prompt, runs, count: 200)).tokens
                    #expect(tokens == expected, "prompt \(index)")
                }
            }
            try await group.waitForAll()
        }
        #expect(engine.statistics.preemptionCount > 0)
        #expect(looks.count == seeing.places.count)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }

    /// A second question about a picture computes what is new and looks at nothing; what is asked of another picture shares
    /// what stands before it, and no more.
    @Test(arguments: ["idefics3", "llava", "gemma3", "qwen2_vl", "qwen2_5_vl"])
    func prefixesAreSharedByWhoSeesTheSame(name: String) async throws {
        let seeing = try SeeingGolden(name), looks = Looks()
        // Nothing of the rows is kept: who needs them has them made.
        let engine = try engine(seeing) { $0.embeddingByteCount = 0 }
        func runs(_ salt: UInt8) -> [EmbeddingRun] { seeing.runs(salt: salt) { _ in looks.add() } }
        let pictures = seeing.places.count
        let first = try await answer(engine, request(seeing.prompt, runs(0), count: 10))
        #expect(first.cached == 0 && looks.count == pictures)
        var next = seeing.prompt + first.tokens
        next += [40, 41, 42]
        let second = try await answer(engine, request(next, runs(0), count: 10))
        #expect(second.cached == seeing.prompt.count + 9 && looks.count == pictures)
        #expect(
            second.tokens == (try await answer(try self.engine(seeing), request(next, seeing.runs(), count: 10))).tokens
        )
        let other = try await answer(engine, request(seeing.prompt, runs(1), count: 10))
        #expect(other.cached == seeing.places[0].lowerBound && looks.count == 2 * pictures)
    }

    /// PaliGemma's prompt sees itself as a whole, so only the whole of it is of use to others.
    @Test func aPromptThatSeesItselfIsSharedAsAWhole() async throws {
        let seeing = try SeeingGolden("paligemma"), looks = Looks()
        let engine = try engine(seeing) { $0.prefillRows = 4 }
        let runs = seeing.runs { _ in looks.add() }
        _ = try await answer(engine, request(seeing.prompt, runs, count: 10))
        let longer = seeing.prompt + [40, 41, 42]
        let other = try await answer(engine, request(longer, runs, count: 10))
        #expect(other.cached == 0 && looks.count == 1)
        #expect(other.tokens == (try await answer(try self.engine(seeing), request(longer, runs, count: 10))).tokens)
        let again = try await answer(engine, request(longer, runs, count: 10))
        #expect(again.tokens == other.tokens && again.cached == longer.count - 1)
    }

    /// Penalties and guesses pass over the places of pictures.
    @Test(arguments: ["idefics3", "qwen2_vl"]) func samplersPassOverPictures(name: String) async throws {
        let seeing = try SeeingGolden(name), engine = try engine(seeing) { $0.speculation = .promptLookup }
        // A prompt that ends as it began: guesses lead to the picture.
        let prompt = seeing.prompt + seeing.prompt.prefix(seeing.places[0].lowerBound)
        var plain = request(prompt, seeing.runs(), count: 40), unguessed = plain
        unguessed.speculates = false
        let wanted = try await answer(engine, unguessed)
        #expect(try await answer(engine, plain).tokens == wanted.tokens)
        plain.sampling.repetitionPenalty = 1.3
        plain.sampling.presencePenalty = 0.5
        plain.sampling.dry.multiplier = 0.8
        plain.tokenBytes = { _ in [65] }
        #expect(try await answer(engine, plain).tokens.count == 40)
    }

    @Test func placesThatDoNotFitAreRefused() async throws {
        let seeing = try SeeingGolden("gemma3"), engine = try engine(seeing), runs = seeing.runs()
        let prompt = seeing.prompt
        func refusal(_ prompt: [Token], _ runs: [EmbeddingRun]) -> EngineError? {
            do { _ = try engine.generate(request(prompt, runs, count: 1)) } catch { return error as? EngineError }
            return nil
        }
        #expect(refusal(prompt, []) == .unknownToken(-1, vocabulary: 256))
        #expect(refusal([20, -1, -1], runs) == .embeddingPlaces(2, rows: 4))
        #expect(refusal([20, 21], runs) == .embeddingPlaces(0, rows: 4))
        let long = EmbeddingRun(key: runs[0].key, count: 5) { _ in [] }
        #expect(refusal([20] + Array(repeating: -1, count: 5), [long]) == .longPicture(rows: 5, limit: 4))
        // An encoder that fails, or gives what it did not promise.
        let failing = EmbeddingRun(key: ContentKey(digest: Array(repeating: 9, count: 16)), count: 4) { _ in
            throw VisionError.noVideo
        }
        await #expect(throws: VisionError.noVideo) {
            _ = try await answer(engine, request(prompt, [failing], count: 1))
        }
        let short = EmbeddingRun(key: ContentKey(digest: Array(repeating: 8, count: 16)), count: 4) { _ in [1, 2] }
        await #expect(throws: EngineError.embeddingPlaces(4, rows: 0)) {
            _ = try await answer(engine, request(prompt, [short], count: 1))
        }
        #expect(try await answer(engine, request(prompt, runs, count: 32)).tokens == seeing.model.greedy)
    }

    /// Who leaves before a picture was looked at leaves nothing behind.
    @Test func whoLeavesIsForgotten() async throws {
        let seeing = try SeeingGolden("llava"), engine = try engine(seeing)
        for _ in 0..<3 { _ = try engine.generate(request(seeing.prompt, seeing.runs(), count: 5)) }
        let tokens = try await answer(engine, request(seeing.prompt, seeing.runs(), count: 32)).tokens
        #expect(tokens == seeing.model.greedy)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }

    /// Rows are kept for who asks next, as many as there is room for.
    @Test(arguments: [1, 2]) func rowsAreKeptUpToALimit(pictures: Int) async throws {
        let seeing = try SeeingGolden("llava"), looks = Looks()
        let engine = try engine(seeing) { $0.embeddingByteCount = pictures * seeing.features[0].count * 4 }
        // They begin differently, so that none finds another's prefix.
        for (index, salt) in [0, 1, 0, 1, 1].enumerated() {
            let runs = seeing.runs(salt: UInt8(salt)) { _ in looks.add() }
            _ = try await answer(engine, request([Token(50 + index)] + seeing.prompt, runs, count: 2))
        }
        #expect(looks.count == (pictures == 1 ? 4 : 2))
    }
}
