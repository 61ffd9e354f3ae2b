import TestSupport
import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Eyes and decoder together: from the goldens' pixels to their answers.
@Suite struct SeeingEyesTests {
    /// The goldens whose eyes are known.
    private static let names = SeeingGolden.names.filter { name in
        Registry.visionFamilies.contains { $0.modelTypes.contains(name) }
    }

    @Test(arguments: names, ["config.json", "config.v4.json"])
    func answersAsTransformersDoes(name: String, config: String) async throws {
        let seeing = try SeeingGolden(name), scratch = try ScratchFolder(), pool = ComputePool(threads: 2)
        let path = try seeing.model.copy(config: config, into: scratch)
        let decoder = try Registry.decoder(try Registry.open(path), pool: pool)
        let eyes = try #require(try Registry.eyes(path, hidden: decoder.shape.hidden, pool: pool))
        let pictures = try seeing.model.golden.pictures(), step = Step(pool: pool, exact: true)
        #expect(pictures.count == seeing.places.count)
        func rows(_ picture: PreparedPicture, _ step: Step) -> [Float] {
            step.reset()
            let rows = eyes.encoder(picture, step)
            return (0..<rows.rows).flatMap { rows.values(row: $0) }
        }
        // Logits, within 1e-3 of the largest.
        var seen = seeing
        seen.features = pictures.map { rows($0, step) }
        var scorer = BareSeeingDecoder(decoder, seen, pool: pool)
        let largest = (seeing.model.golden.floats("logits") ?? []).reduce(0) { max($0, abs($1)) }
        #expect(seeing.model.distance(scorer.logits(seeing.model.prompt[...])) < 1e-3 * largest)
        // The answer, the engine asking for the rows.
        var options = EngineOptions()
        options.isExact = true
        let engine = Engine(decoder: decoder, pool: pool, options: options)
        let runs = pictures.enumerated().map { index, picture in
            EmbeddingRun(
                key: ContentKey(digest: Array(repeating: UInt8(index), count: 16)), count: seeing.places[index].count,
                grid: seeing.grids.isEmpty ? nil : seeing.grids[index]
            ) { step in
                let rows = eyes.encoder(picture, step)
                return (0..<rows.rows).flatMap { rows.values(row: $0) }
            }
        }
        var sampling = SamplingOptions.greedy, tokens: [Token] = []
        for token in 0..<BareDecoder.firstOrdinary { sampling.logitBias[Token(token)] = -100 }
        let request = GenerationRequest(
            prompt: seeing.prompt, sampling: sampling, maximumTokens: 32, embeddings: runs)
        for try await event in try engine.generate(request) {
            if case .token(let choice) = event { tokens.append(choice.token) }
        }
        #expect(tokens == seeing.model.greedy)
    }
}
