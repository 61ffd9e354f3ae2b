import Foundation
import TestSupport
import Testing
import TuttiModels
import TuttiTensors

/// Every family against `transformers` on small random checkpoints.
@Suite struct TinyModelTests {
    private func check(_ model: TinyModel, _ path: String) throws {
        let pool = ComputePool(threads: 2)
        let decoder = try Registry.decoder(try Registry.open(path), pool: pool)
        var scorer = BareDecoder(decoder, pool: pool)
        #expect(model.distance(scorer.logits(model.prompt)) < 1e-4)
        var writer = BareDecoder(decoder, pool: pool)
        #expect(writer.greedy(model.prompt, count: model.greedy.count) == model.greedy)
    }

    @Test(arguments: TinyModel.decoders, ["config.json", "config.v4.json"])
    func agreesWithTransformers(name: String, config: String) throws {
        let model = try TinyModel(name), scratch = try ScratchFolder()
        try check(model, try model.copy(config: config, into: scratch))
    }

    /// Checkpoints of other sizes and types: the folders in what `TINY_MODELS` names, as scripts/goldens/make_tiny.py
    /// makes them.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["TINY_MODELS"] != nil), arguments: TinyModel.decoders)
    func agreesOnOtherDraws(name: String) throws {
        for folder in (ProcessInfo.processInfo.environment["TINY_MODELS"] ?? "").split(separator: ":") {
            let model = try TinyModel(URL(filePath: "\(folder)/\(name)"))
            for config in ["config.json", "config.v4.json"] {
                let scratch = try ScratchFolder()
                try check(model, try model.copy(config: config, into: scratch))
                withExtendedLifetime(scratch) {}
            }
        }
    }
}
