import TuttiCheckpoints
import TuttiTensors

/// GPT-OSS (arXiv:2508.10925, section 2): Llama's blocks with biases, a learnt sink in every head's softmax, layers that
/// see a window and layers that see all in turn, and experts with biases and a clamped SwiGLU in every layer. YaRN's ramp
/// is not rounded to whole pairs.
///
/// Published weights of the experts are MXFP4, gates and ups in turn; they stay in that format.
enum GPTOSS {
    static let family = Family(
        "gpt-oss", modelTypes: ["gpt_oss"],
        Translation(
            architecture: "gpt-oss", describe: describe, tensors: tensors, made: Translation.ropeTensors),
        windows: { try $0.windows(layers: $1) { $0 % 2 == 0 } },
        make: { config, weights in
            try Llama(
                config, weights, pairs: .halves, feedForwardNorm: "post_attention_norm", hasSinks: true,
                activation: .clampedSwiGLU(
                    alpha: try config.number("swiglu_alpha", default: 1.702),
                    limit: try config.number("swiglu_limit", default: 7)))
        })

    @Sendable private static func describe(_ config: HuggingFaceConfig, _ gguf: inout TranslatedMetadata) throws {
        try Translation.describeSizes(config, &gguf)
        try Translation.describeRope(config, &gguf)
        try Translation.describeWindows(config, &gguf) { $0 % 2 == 0 }
        gguf.set("expert_count", try config.requiredSize("num_local_experts", limit: 4096))
        gguf.set("expert_used_count", try config.requiredSize("num_experts_per_tok", limit: 4096))
        gguf.set("expert_feed_forward_length", try config.requiredSize("intermediate_size"))
        gguf.set("swiglu_alpha", try config.number("swiglu_alpha"))
        gguf.set("swiglu_limit", try config.number("swiglu_limit"))
    }

    @Sendable private static func tensors(_ config: HuggingFaceConfig) throws -> [TensorRule] {
        let layer = "model.layers.{layer}", block = "blk.{layer}", experts = "\(layer).mlp.experts"
        return try Translation.attentionTensors(config) + [
            TensorRule("\(layer).input_layernorm.weight", "\(block).attn_norm.weight"),
            TensorRule("\(layer).post_attention_layernorm.weight", "\(block).post_attention_norm.weight"),
            TensorRule("\(layer).self_attn.sinks", "\(block).attn_sinks.weight"),
            TensorRule("\(layer).mlp.router.weight", "\(block).ffn_gate_inp.weight"),
            TensorRule("\(layer).mlp.router.bias", "\(block).ffn_gate_inp.bias"),
            TensorRule("\(experts).gate_up_proj", "\(block).ffn_gate_exps.weight", .transposed(first: 0, step: 2)),
            TensorRule("\(experts).gate_up_proj", "\(block).ffn_up_exps.weight", .transposed(first: 1, step: 2)),
            TensorRule("\(experts).down_proj", "\(block).ffn_down_exps.weight", .transposed()),
            TensorRule("\(experts).gate_up_proj_blocks", "\(block).ffn_gate_exps.weight", .mxfp4(first: 0, step: 2)),
            TensorRule("\(experts).gate_up_proj_blocks", "\(block).ffn_up_exps.weight", .mxfp4(first: 1, step: 2)),
            TensorRule("\(experts).down_proj_blocks", "\(block).ffn_down_exps.weight", .mxfp4()),
            TensorRule("\(experts).gate_up_proj_bias", "\(block).ffn_gate_exps.bias", .columns(first: 0, step: 2)),
            TensorRule("\(experts).gate_up_proj_bias", "\(block).ffn_up_exps.bias", .columns(first: 1, step: 2)),
            TensorRule("\(experts).down_proj_bias", "\(block).ffn_down_exps.bias"),
        ] + Translation.outerTensors()
    }
}
