import TuttiCheckpoints
import TuttiTensors

/// Qwen2 and Qwen2.5 (arXiv:2407.10671, section 2.2.1): Llama's blocks with a bias on queries, keys and values, and
/// rotary positions in half-split pairs.
///
/// The biases are found by name (`attn_q.bias`, …), as every layer's are.
enum Qwen2 {
    static let family = family("qwen2", modelTypes: ["qwen2"]) { try Translation.llamaTensors($0) }

    /// A family of Qwen's: halves for pairs, and windows only where a file names the layers that have them.
    static func family(
        _ architecture: String, modelTypes: [String],
        describe: @escaping @Sendable (HuggingFaceConfig, inout TranslatedMetadata) throws -> Void = { _, _ in },
        tensors: @escaping @Sendable (HuggingFaceConfig) throws -> [TensorRule]
    ) -> Family {
        Family(
            architecture, modelTypes: modelTypes,
            Translation(
                architecture: architecture,
                describe: { config, gguf in
                    try Translation.describeSizes(config, &gguf)
                    try Translation.describeRope(config, &gguf)
                    // Without `layer_types`, the layers from `max_window_layers` on have the window.
                    let first = try config.integer("max_window_layers") ?? 28
                    if try config.bool("use_sliding_window") == true {
                        try Translation.describeWindows(config, &gguf) { $0 >= first }
                    }
                    try describe(config, &gguf)
                },
                tensors: tensors, made: Translation.ropeTensors),
            windows: { try $0.windows(layers: $1) { _ in false } },
            make: { try Llama($0, $1, pairs: .halves) })
    }
}
