import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors
import TuttiText

/// Grammars in an engine: what they force is computed at once, and nothing else about the answer changes by it.
@Suite struct ConstrainedEngineTests {
    private static let expressions: [GrammarExpression] = [
        .jsonSchema(
            [
                "type": "object",
                "properties": [
                    "first name": ["type": "string", "maxLength": 6], "is it so": ["type": "boolean"],
                    "kind": ["enum": ["a long word", "another one", "é日本"]],
                ],
                "required": ["first name", "is it so", "kind"], "additionalProperties": false,
            ], .compact),
        .jsonSchema(
            ["type": "array", "items": ["const": ["x": "always this"]], "minItems": 2, "maxItems": 4], .flexible),
        .sequence([.literal("It begins so: "), .regex("[a-c]{2,5}"), .literal(" and ends so.")]),
        .literal("nothing but this"),
    ]

    private func grammar(_ expression: GrammarExpression) throws -> Grammar {
        try Grammar.compile(expression, for: try SmallVocabulary.shared.get())
    }

    private func decoder(seed: UInt64 = 1, windows: [Int?] = [nil]) throws -> DiceDecoder {
        let vocabulary = try SmallVocabulary.shared.get().tokenCount
        return DiceDecoder(seed: seed, windows: windows, context: 512, vocabulary: vocabulary)
    }

    private func engine(
        _ decoder: any Decoder, _ change: (inout EngineOptions) -> Void = { _ in }
    ) -> Engine {
        var options = EngineOptions()
        options.keyValueKind = .f32
        change(&options)
        return Engine(decoder: decoder, pool: ComputePool(threads: 2), options: options)
    }

    private func request(_ grammar: Grammar, seed: Int, count: Int = 200, logProbabilities: Int? = nil) throws
        -> GenerationRequest
    {
        var sampling = SamplingOptions()
        sampling.seed = UInt64(seed)
        sampling.temperature = [0, 1, 1.5][seed % 3]
        sampling.frequencyPenalty = seed % 2 == 0 ? 0 : 0.4
        sampling.logProbabilities = logProbabilities
        let end = try SmallVocabulary.tokenizer().vocabulary.endTokens
        return GenerationRequest(
            prompt: prompt(12 + seed, seed: UInt64(seed)), sampling: sampling, maximumTokens: count, stopTokens: end,
            grammar: grammar)
    }

    private func text(_ tokens: [Token]) throws -> [UInt8] {
        let tokenizer = try SmallVocabulary.tokenizer()
        return tokens.flatMap { tokenizer.bytes(of: $0) }
    }

    @Test(arguments: expressions.indices, [[nil], [nil, 20]] as [[Int?]])
    func whatIsForcedIsTheSameAtOnceAndTokenByToken(place: Int, windows: [Int?]) async throws {
        let grammar = try grammar(Self.expressions[place]), decoder = try decoder(windows: windows)
        let jumping = engine(decoder) { $0.prefillRows = 16 }, stepping = engine(decoder) { $0.jumpsForward = false }
        for seed in 0..<6 {
            let request = try request(grammar, seed: seed)
            let one = try await read(jumping.generate(request)), other = try await read(stepping.generate(request))
            #expect(one.tokens == other.tokens && one.reason == other.reason)
            #expect(one.statistics.generatedTokens == one.tokens.count)
            #expect(one.statistics.forcedTokens > 3 && other.statistics.forcedTokens == 0)
            let said = String(decoding: try text(one.tokens), as: UTF8.self)
            #expect(one.reason == .stop && takes(grammar, said), "\(said)")
        }
    }

    @Test(arguments: expressions.indices) func whoAsksForProbabilitiesIsToldTheSame(place: Int) async throws {
        let grammar = try grammar(Self.expressions[place]), engine = engine(try decoder())
        for seed in 0..<4 {
            let plain = try await read(engine.generate(try request(grammar, seed: seed)))
            var choices: [Choice] = []
            for try await event in try engine.generate(try request(grammar, seed: seed, logProbabilities: 2)) {
                if case .token(let choice) = event { choices.append(choice) }
            }
            #expect(choices.map(\.token) == plain.tokens)
            #expect(choices.allSatisfy { $0.logProbability ?? 1 <= 0 && $0.top.count == 2 })
        }
    }

    @Test(arguments: expressions.indices) func guessesChangeNothing(place: Int) async throws {
        let grammar = try grammar(Self.expressions[place]), decoder = try decoder()
        let plain = engine(decoder) { $0.jumpsForward = false }
        for speculation in [Speculation.promptLookup, .draft(decoder), .draft(try self.decoder(seed: 5))] {
            let guessing = engine(decoder) { $0.speculation = speculation }
            for seed in 0..<6 {
                var request = try request(grammar, seed: seed)
                let expected = try await read(plain.generate(request))
                // The answer itself stands in the prompt's place: guesses from it are right, and some cross what is forced.
                request.prompt += expected.tokens
                let again = try await read(plain.generate(request)), answer = try await read(guessing.generate(request))
                #expect(answer.tokens == again.tokens && answer.reason == again.reason)
            }
        }
    }

    @Test func aLimitEndsTheAnswerInTheMiddleOfWhatIsForced() async throws {
        let engine = engine(try decoder())
        for (place, expression) in Self.expressions.enumerated() {
            let grammar = try grammar(expression)
            for count in 1..<20 {
                let whole = try await read(engine.generate(try request(grammar, seed: place)))
                let answer = try await read(engine.generate(try request(grammar, seed: place, count: count)))
                #expect(answer.tokens == Array(whole.tokens.prefix(count)))
                #expect(answer.reason == (count < whole.tokens.count ? .length : whole.reason))
            }
        }
    }

    @Test func stopStringsEndTheAnswerInTheMiddleOfWhatIsForced() async throws {
        let engine = engine(try decoder()), tokenizer = try SmallVocabulary.tokenizer()
        let grammar = try grammar(Self.expressions[0])
        var text = "", end: TextDelta.End?
        let stream = try TextStream(
            engine, try request(grammar, seed: 1), tokenizer: tokenizer, stops: ["is it", "never"])
        for try await delta in stream {
            text += delta.text
            end = delta.end ?? end
        }
        #expect(text.hasPrefix(#"{"first name": ""#) && text.hasSuffix(#"", ""#))
        #expect(end?.stopString == "is it" && end?.reason == .stop)
    }

    @Test func answersAreTheSameWhenSequencesArePutBack() async throws {
        let decoder = try decoder()
        let roomy = engine(decoder),
            tight = engine(decoder) {
                $0.context = 256
                $0.cacheByteCount = 1
                $0.prefillRows = 32
            }
        let grammars = try Self.expressions.map { try grammar($0) }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<24 {
                var request = try request(grammars[index % 3], seed: index, count: 120)
                request.prompt = prompt(100, seed: UInt64(index))
                let asked = request, events = try tight.generate(asked)
                group.addTask {
                    let expected = try await read(roomy.generate(asked)), answer = try await read(events)
                    #expect(answer.tokens == expected.tokens && answer.reason == expected.reason)
                    return answer.statistics.preemptionCount
                }
            }
            var preemptions = 0
            for try await count in group { preemptions += count }
            #expect(preemptions > 0)
        }
    }
}
