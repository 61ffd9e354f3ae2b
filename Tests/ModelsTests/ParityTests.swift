import TestSupport
import Testing

/// The models that goldens were made of, by their names there and in the catalog.
struct GoldenModel: Sendable, CustomTestStringConvertible {
    let golden: String
    let catalog: String

    var testDescription: String { catalog }

    static let all =
        [
            GoldenModel(golden: "smollm2", catalog: "smollm2-135m"),
            GoldenModel(golden: "qwen", catalog: "qwen2.5-coder-0.5b"),
        ] + (TestModel.isFull ? [GoldenModel(golden: "gemma", catalog: "gemma3-270m")] : [])
}

@Suite(.serialized) struct ParityTests {
    /// The float32 path against `transformers` in float32 on the same dequantised weights.
    @Test(arguments: GoldenModel.all)
    func exactPathAgreesWithTransformers(model: GoldenModel) async throws {
        let scored = try ScoredModel(model.catalog, isExact: true)
        let (ours, _) = try await GreedyGolden.load(model.golden).distances(scored)
        print(
            "\(model.catalog) exact: mean \(ours.mean), top-20 mean \(ours.topMean), wrong choices \(ours.wrongChoices)"
        )
        #expect(ours.topMean < 0.01)
        #expect(ours.wrongChoices == 0)
    }

    /// The fast kernels round activations to 8 bits, as llama.cpp does: they may stray no further than 1.1 times as far.
    @Test(arguments: GoldenModel.all)
    func fastPathStraysNoFurtherThanThePeer(model: GoldenModel) async throws {
        let scored = try ScoredModel(model.catalog, isExact: false)
        let (ours, peer) = try await GreedyGolden.load(model.golden).distances(scored)
        print(
            "\(model.catalog) fast: mean \(ours.mean) against \(peer.mean), 99th percentile \(ours.percentile99) against "
                + "\(peer.percentile99)")
        #expect(ours.mean <= 1.1 * peer.mean)
        #expect(ours.percentile99 <= 1.1 * peer.percentile99)
        let texts = try #require(try PerplexityGolden.load().models[model.golden])
        for (name, text) in texts {
            for reference in text.exact ?? [] {
                let window = reference.window
                let (count, perplexity) = try await scored.perplexity(text.ids, window: window)
                print("\(model.catalog) \(name) at \(window): \(perplexity), exact \(reference.perplexity)")
                #expect(count == reference.scored)
                #expect(abs(perplexity / reference.perplexity - 1) < 0.005)
            }
        }
    }
}
