import TuttiCheckpoints

/// Qwen3, dense (arXiv:2505.09388, section 2): Qwen2's blocks without the biases, with norms on every head of queries and
/// keys; a head is not an equal share of the hidden numbers.
///
/// The norms are found by name (`attn_q_norm`, `attn_k_norm`).
enum Qwen3 {
    static let family = Qwen2.family("qwen3", modelTypes: ["qwen3"]) { try Translation.llamaTensors($0) }
}
