import TuttiCheckpoints

/// How `reasoning_effort` reaches a model: through the variables that the chat templates of thinking models read.
enum Reasoning {
    /// - Parameter effort: `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`; nil where nothing was asked for.
    static func templateVariables(effort: String?) -> [String: JSON] {
        guard let effort else { return [:] }
        // Qwen3's and SmolLM3's templates know whether to think, gpt-oss's how much, in three words.
        let words = ["none": "low", "minimal": "low", "xhigh": "high", "max": "high"]
        return [
            "enable_thinking": .bool(effort != "none"), "reasoning_effort": .string(words[effort] ?? effort),
        ]
    }
}
