import TuttiCheckpoints

/// Mixtral (arXiv:2401.04088): Mistral's blocks with eight experts for the feed-forward layer, of which a softmax over the
/// two best scores weighs two.
enum Mixtral {
    static let family = Llama.family(
        modelTypes: ["mixtral"],
        describe: { config, gguf in
            try Translation.describeWindows(config, &gguf) { _ in true }
            gguf.set("expert_count", try config.requiredSize("num_local_experts", limit: 4096))
            gguf.set("expert_used_count", try config.size("num_experts_per_tok", limit: 4096) ?? 2)
        },
        tensors: { config in
            try Translation.llamaTensors(config, neighbours: true)
                + Translation.expertTensors("block_sparse_moe", ("w1", "w3", "w2"))
        })
}
