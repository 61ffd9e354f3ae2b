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

    /// Without exact arithmetic nothing breaks, whatever the widths, and little changes.
    @Test(arguments: TinyModel.decoders) func staysCloseInFastMode(name: String) throws {
        let model = try TinyModel(name), scratch = try ScratchFolder(), pool = ComputePool(threads: 2)
        let path = try model.copy(config: "config.json", into: scratch)
        let decoder = try Registry.decoder(try Registry.open(path), pool: pool)
        var fast = BareDecoder(decoder, pool: pool, exact: false), exact = BareDecoder(decoder, pool: pool)
        let pairs = zip(fast.logits(model.prompt), exact.logits(model.prompt))
        let mean =
            pairs.reduce(Float(0)) { $0 + abs($1.0 - $1.1) } / Float(model.prompt.count * decoder.shape.vocabulary)
        #expect(mean < 0.05)
        var writer = BareDecoder(decoder, pool: pool, exact: false)
        #expect(writer.greedy(model.prompt, count: model.greedy.count).count == model.greedy.count)
    }

    /// Weights turned into Q8_0 on the way, as far as their widths divide into its blocks.
    @Test(arguments: TinyModel.decoders) func staysCloseWhenQuantised(name: String) throws {
        let model = try TinyModel(name), scratch = try ScratchFolder(), pool = ComputePool(threads: 2)
        let path = try model.copy(config: "config.json", into: scratch)
        let decoder = try Registry.decoder(try Registry.open(path), pool: pool, quantization: .q8_0)
        var fast = BareDecoder(decoder, pool: pool, exact: false)
        let wanted = model.golden.floats("logits") ?? [], logits = fast.logits(model.prompt)
        let mean = zip(wanted, logits).reduce(Float(0)) { $0 + abs($1.0 - $1.1) } / Float(max(1, wanted.count))
        // Rounding can send a row to another expert, which is another answer.
        #expect(
            logits.count == wanted.count && mean < (decoder.shape.feedForward == 24 || name == "qwen3_moe" ? 0.2 : 0.05)
        )
    }

    /// The number of threads changes nothing, down to the last bit.
    @Test(arguments: ["mixtral", "qwen3_moe", "gpt_oss"]) func expertsAddUpAlikeOnAnyThreads(name: String) throws {
        let model = try TinyModel(name), scratch = try ScratchFolder()
        let path = try model.copy(config: "config.json", into: scratch)
        let answers = try [1, 2, 3].map { threads in
            let pool = ComputePool(threads: threads)
            var decoder = BareDecoder(
                try Registry.decoder(try Registry.open(path), pool: pool), pool: pool, exact: false)
            return decoder.logits(model.prompt)
        }
        #expect(answers[0] == answers[1] && answers[0] == answers[2])
    }

    /// Of a layer's experts, each row is multiplied with those that it chose and no others, in a prompt as in an answer.
    @Test(arguments: [("mixtral", 2, [4, 4]), ("qwen3_moe", 2, [6, 0]), ("gpt_oss", 2, [4, 4])], [24, 1])
    func onlyChosenExpertsAreComputed(model: (name: String, used: Int, experts: [Int]), rows: Int) throws {
        let tiny = try TinyModel(model.name), scratch = try ScratchFolder(), pool = ComputePool(threads: 2)
        let path = try tiny.copy(config: "config.json", into: scratch)
        var decoder = BareDecoder(try Registry.decoder(try Registry.open(path), pool: pool), pool: pool)
        _ = decoder.logits(Array(tiny.prompt.prefix(rows)))
        let shape = decoder.decoder.shape, inner = 24
        let queries = shape.heads * shape.headWidth, narrow = shape.keyValueHeads * shape.headWidth
        var count = shape.vocabulary * shape.hidden
        for experts in model.experts {
            count += (2 * queries + 2 * narrow) * shape.hidden
            count +=
                experts == 0
                ? 3 * shape.feedForward * shape.hidden : experts * shape.hidden + model.used * 3 * inner * shape.hidden
        }
        #expect(decoder.step.multiplyCount == rows * count)
    }
}
