import TuttiCheckpoints

/// Mistral (arXiv:2310.06825, section 2): Llama's blocks, every layer of which sees a window of tokens only, in the
/// releases that have `sliding_window`. Ministral names the windowed layers.
///
/// llama.cpp calls these models `llama` and does without the window; its key is written and honoured here.
enum Mistral {
    static let family = Llama.family(
        modelTypes: ["mistral", "ministral"],
        // What LLaVA's releases on it leave out.
        defaults: [
            "hidden_size": 4096, "intermediate_size": 14_336, "num_hidden_layers": 32, "num_attention_heads": 32,
            "num_key_value_heads": 8, "max_position_embeddings": 131_072, "vocab_size": 32_000,
        ],
        describe: { try Translation.describeWindows($0, &$1) { _ in true } },
        tensors: { try Translation.llamaTensors($0, neighbours: true) })
}
