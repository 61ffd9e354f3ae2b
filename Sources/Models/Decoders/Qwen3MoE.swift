import TuttiCheckpoints

/// Qwen3, mixture of experts (arXiv:2505.09388, section 2): Qwen3's blocks, most of which have experts for the
/// feed-forward layer: a softmax over all of them, of which the best few keep their shares, made to sum to 1 where
/// `norm_topk_prob` says so.
///
/// A layer is dense where the file has no router for it: in those of `mlp_only_layers`, and in all but every
/// `decoder_sparse_step`th.
enum Qwen3MoE {
    static let family = Qwen2.family(
        "qwen3moe", modelTypes: ["qwen3_moe"],
        describe: { config, gguf in
            let experts =
                try config.size("num_experts", limit: 4096) ?? config.requiredSize("num_local_experts", limit: 4096)
            gguf.set("expert_count", experts)
            gguf.set("expert_used_count", try config.requiredSize("num_experts_per_tok", limit: 4096))
            gguf.set("expert_feed_forward_length", try config.requiredSize("moe_intermediate_size"))
            gguf.set("expert_weights_norm", try config.bool("norm_topk_prob") ?? false)
        },
        tensors: { config in
            try Translation.llamaTensors(config)
                + Translation.expertTensors("mlp", ("gate_proj", "up_proj", "down_proj"))
        })
}
