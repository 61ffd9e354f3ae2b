import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// A llama of one layer with random float32 weights: small enough to break in every way.
private struct TinyLlama {
    var pairs: [String: GGUFWriter.Value] = [
        "general.architecture": .string("llama"), "llama.block_count": .u32(1), "llama.context_length": .u32(64),
        "llama.embedding_length": .u32(32), "llama.feed_forward_length": .u32(64),
        "llama.attention.head_count": .u32(2), "llama.attention.head_count_kv": .u32(1),
        "llama.attention.layer_norm_rms_epsilon": .f32(1e-5), "llama.rope.freq_base": .f32(10_000),
    ]
    var shapes: [String: [UInt64]] = [
        "token_embd.weight": [32, 20], "output_norm.weight": [32], "blk.0.attn_norm.weight": [32],
        "blk.0.attn_q.weight": [32, 32], "blk.0.attn_k.weight": [32, 16], "blk.0.attn_v.weight": [32, 16],
        "blk.0.attn_output.weight": [32, 32], "blk.0.ffn_norm.weight": [32], "blk.0.ffn_gate.weight": [32, 64],
        "blk.0.ffn_up.weight": [32, 64], "blk.0.ffn_down.weight": [64, 32],
    ]

    func decoder() throws -> any Decoder {
        var random = Random(seed: 1), file = GGUFWriter()
        file.pairs = pairs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        file.tensors = shapes.sorted { $0.key < $1.key }.map { name, shape in
            let count = Int(shape.reduce(1, *))
            return GGUFWriter.Tensor(
                name, shape, content: random.floats(count, scale: 0.1).flatMap { bytes($0.bitPattern) })
        }
        let folder = try ScratchFolder()
        let path = try folder.write(file.encoded())
        return try Registry.decoder(try GGUFFile(path: path), pool: ComputePool(threads: 1))
    }

    /// What loading says when it fails.
    func refusal() -> String {
        do {
            _ = try decoder()
            return "it loaded"
        } catch { return "\(error)" }
    }
}

@Suite struct LoadingTests {
    @Test func aTinyModelLoadsAndAnswers() async throws {
        let engine = Engine(decoder: try TinyLlama().decoder(), pool: ComputePool(threads: 2))
        var tokens: [Token] = []
        for try await event in try engine.generate(
            GenerationRequest(prompt: [1, 2, 3], sampling: .greedy, maximumTokens: 5))
        {
            if case .token(let choice) = event { tokens.append(choice.token) }
        }
        #expect(tokens.count == 5 && tokens.allSatisfy { $0 >= 0 && $0 < 20 })
    }

    @Test(arguments: [
        "general.architecture", "llama.block_count", "llama.context_length", "llama.embedding_length",
        "llama.feed_forward_length", "llama.attention.head_count", "llama.attention.layer_norm_rms_epsilon",
    ])
    func aMissingKeyIsNamed(key: String) {
        var model = TinyLlama()
        model.pairs[key] = nil
        #expect(model.refusal().contains(key))
    }

    @Test(arguments: [
        ("llama.block_count", GGUFWriter.Value.u32(0)), ("llama.block_count", .u32(4_000_000_000)),
        ("llama.attention.head_count", .u32(0)), ("llama.attention.head_count", .i32(-2)),
        ("llama.attention.head_count_kv", .u32(3)), ("llama.attention.key_length", .u32(17)),
        ("llama.attention.key_length", .u32(4096)), ("llama.embedding_length", .u64(.max)),
        ("llama.attention.layer_norm_rms_epsilon", .f32(.nan)), ("llama.rope.freq_base", .f32(-1)),
        ("llama.rope.scaling.type", .string("spiral")), ("llama.rope.dimension_count", .u32(64)),
        ("general.architecture", .string("perceptron")),
    ])
    func anAbsurdValueIsRefused(key: String, value: GGUFWriter.Value) {
        var model = TinyLlama()
        model.pairs[key] = value
        let said = model.refusal()
        #expect(said != "it loaded")
        #expect(said.contains(key) || said.contains("perceptron") || said.contains("does not say"), "\(said)")
    }

    @Test(arguments: [
        "token_embd.weight", "output_norm.weight", "blk.0.attn_norm.weight", "blk.0.attn_q.weight",
        "blk.0.attn_output.weight", "blk.0.ffn_down.weight",
    ])
    func aMissingOrMisshapenTensorIsNamed(name: String) {
        var model = TinyLlama()
        model.shapes[name] = nil
        #expect(model.refusal().contains(name))
        model = TinyLlama()
        model.shapes[name] = [24, 3]
        let said = model.refusal()
        // A table of other sizes is a vocabulary of other size: then another tensor, or the table itself, does not fit.
        #expect(said != "it loaded", "\(said)")
    }

    @Test func aLayerThatIsNotThereIsNamed() {
        var model = TinyLlama()
        model.pairs["llama.block_count"] = .u32(2)
        #expect(model.refusal().contains("blk.1."))
    }
}
