extension PublishedSplit {
    /// Whether a vocabulary with a pre-tokenizer of that name takes a word that it has as that token, whatever its merges
    /// would give.
    static func ignoresMerges(name: String) -> Bool {
        switch name {
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
            "glm4", "glm5", "tekken":
            true
        default: false
        }
    }

    /// Whether texts are brought into form C before a pre-tokenizer of that name.
    static func normalizes(name: String) -> Bool {
        switch name {
        case "qwen2", "qwen2.5", "qwen3", "qwen35", "deepseek-r1-qwen", "f2llmv2", "olmo", "mpt": true
        default: false
        }
    }
}
