import TuttiCheckpoints
import TuttiTensors

/// Phi-3 and Phi-4 (arXiv:2404.14219, section 2): Llama's blocks with queries, keys and values in one matrix and gate and
/// up in another, rotary positions in half-split pairs of a part of each head, and in the long models two sets of divisors
/// for them (longrope): one for sequences up to the length first trained on, one for longer ones throughout.
enum Phi3 {
    static let family = Family(
        "phi3", modelTypes: ["phi3"],
        Translation(
            architecture: "phi3",
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
                try Translation.describeWindows(config, &gguf) { _ in true }
            },
            tensors: { config in
                let layer = "model.layers.{layer}", block = "blk.{layer}"
                return try Translation.llamaTensors(config) + [
                    TensorRule("\(layer).self_attn.qkv_proj.weight", "\(block).attn_qkv.weight"),
                    TensorRule("\(layer).mlp.gate_up_proj.weight", "\(block).ffn_up.weight"),
                ]
            },
            made: Translation.ropeTensors),
        windows: { try $0.windows(layers: $1) { _ in true } },
        make: { try Llama($0, $1, pairs: .halves) })
}
