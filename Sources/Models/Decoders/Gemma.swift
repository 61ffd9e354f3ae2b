import TuttiCheckpoints
import TuttiTensors

/// Gemma (arXiv:2403.08295, section 2), which PaliGemma (arXiv:2407.07726) speaks through: Llama's blocks with GeGLU, heads
/// wider than their share, embeddings scaled by √hidden.
///
/// The gains of its norms are stored as 1 + w in GGUF. PaliGemma's prompt, pictures and text, sees itself both ways, which
/// GGUF has no key for: `attention.bidirectional_prompt` keeps it.
enum Gemma {
    static let family = Family(
        "gemma", modelTypes: ["gemma"],
        Translation(
            architecture: "gemma", defaults: defaults,
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
                if config.modelType == "paligemma" { gguf.set("attention.bidirectional_prompt", true) }
            },
            tensors: { config in
                try Translation.llamaTensors(config).map {
                    $0.source.contains("norm") ? TensorRule($0.source, $0.name, .plusOne) : $0
                }
            },
            made: Translation.ropeTensors),
        make: { try Llama($0, $1, pairs: .halves, activation: .geluTanh, scalesEmbeddings: true) })

    /// What PaliGemma's releases leave out.
    private static let defaults: [String: JSON] = [
        "head_dim": 256, "max_position_embeddings": 8192, "vocab_size": 256_000,
    ]
}
