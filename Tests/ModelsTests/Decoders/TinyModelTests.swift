import TestSupport
import Testing
import TuttiModels
import TuttiTensors

/// Every family against `transformers` on a small random checkpoint, in both styles of config.json.
@Suite struct TinyModelTests {
    @Test(
        arguments: ["llama", "qwen2"],
        ["config.json", "config.v4.json"])
    func agreesWithTransformers(name: String, config: String) throws {
        let model = try TinyModel(name), scratch = try ScratchFolder(), pool = ComputePool(threads: 2)
        let checkpoint = try Registry.open(try model.copy(config: config, into: scratch))
        let decoder = try Registry.decoder(checkpoint, pool: pool)
        var scorer = BareDecoder(decoder, pool: pool)
        #expect(model.distance(scorer.logits(model.prompt)) < 1e-4)
        var writer = BareDecoder(decoder, pool: pool)
        #expect(writer.greedy(model.prompt, count: model.greedy.count) == model.greedy)
    }
}
