import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Texts that a decoder embeds, on the mock whose states are known: the sum of all tokens so far, and a one.
@Suite struct StateTests {
    private let texts: [[Token]] = [[5], [3, 4, 90], (0..<700).map { Token($0 % 97) }]

    /// The quotient of a vector's first two numbers, which scaling leaves as it is.
    private func expected(_ text: [Token], _ pooling: EncoderShape.Pooling) -> Float {
        var sum: Float = 0
        let sums = text.map { token -> Float in
            sum += Float(token)
            return sum
        }
        return switch pooling {
        case .mean: sums.reduce(0, +) / Float(sums.count)
        case .first: sums[0]
        case .last: sums[sums.count - 1]
        }
    }

    private func vector(_ engine: Engine, _ text: [Token], _ pooling: EncoderShape.Pooling) async throws -> [Float] {
        var vectors: [[Float]] = []
        for try await vector in try engine.embed(text, pooling: pooling) { vectors.append(vector) }
        #expect(vectors.count == 1)
        return vectors.first ?? []
    }

    /// The longest text takes three steps.
    @Test(arguments: [EncoderShape.Pooling.mean, .first, .last])
    func statesArePooledOverSteps(pooling: EncoderShape.Pooling) async throws {
        let engine = Engine(decoder: MockDecoder(), pool: ComputePool(threads: 2))
        for text in texts {
            let vector = try await vector(engine, text, pooling)
            #expect(vector.count == 16 && abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
            let quotient = vector[0] / vector[1], expected = expected(text, pooling)
            #expect(abs(quotient - expected) <= 1e-4 * expected)
        }
    }

    @Test func companyChangesNeitherVectorsNorAnswers() async throws {
        let engine = Engine(decoder: MockDecoder(), pool: ComputePool(threads: 2))
        let prompt: [Token] = [7, 8, 9]
        async let long = vector(engine, texts[2], .mean)
        async let short = vector(engine, texts[1], .mean)
        async let scores = engine.score(texts[2]).reduce(into: 0) { count, _ in count += 1 }
        var request = GenerationRequest(prompt: prompt, maximumTokens: 40)
        request.sampling = .greedy
        var answer: [Token] = []
        for try await event in try engine.generate(request) {
            if case .token(let choice) = event { answer.append(choice.token) }
        }
        #expect(answer == MockDecoder.answer(to: prompt, count: 40))
        #expect(try await scores == texts[2].count - 1)
        for (vector, text) in [(try await long, texts[2]), (try await short, texts[1])] {
            let expected = expected(text, .mean)
            #expect(abs(vector[0] / vector[1] - expected) <= 1e-4 * expected)
        }
    }

    @Test func whatCannotBeEmbeddedIsRefused() async {
        let engine = Engine(decoder: MockDecoder(), pool: ComputePool(threads: 1))
        #expect(throws: EngineError.emptyPrompt) { try engine.embed([]) }
        #expect(throws: EngineError.unknownToken(97, vocabulary: 97)) { try engine.embed([97]) }
        #expect(throws: EngineError.self) { try engine.embed([Token](repeating: 1, count: 3000)) }
    }
}
