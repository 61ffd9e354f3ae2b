#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// Gemma 3, text (arXiv:2503.19786, section 2): five local layers with a sliding window to one global layer, a norm
/// before *and* behind attention and feed-forward, norms on queries and keys, GeGLU, embeddings scaled by √hidden.
///
/// The gains of its norms are stored as 1 + w in GGUF.
public struct Gemma3: Decoder {
    public let shape: DecoderShape
    let embedding: EmbeddingTable
    let blocks: [Block]
    let norm: RMSNorm
    let head: Linear
    let localRotary: RotaryEmbedding
    let globalRotary: RotaryEmbedding
    let logitCap: Float?

    /// Of this many layers the last one is global.
    static let period = 6

    public func embed(_ tokens: [Token], _ step: Step) -> Tensor {
        let x = step.embed(tokens, embedding)
        step.scale(x, by: sqrtf(Float(shape.hidden)))
        return x
    }

    public func callAsFunction(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let local = step.angles(batch.positions, localRotary), global = step.angles(batch.positions, globalRotary)
        for block in blocks { step.frame { block(x, batch, block.isGlobal ? global : local, step) } }
        let logits = head(norm(step.gather(x, rows: batch.outputs), step), step)
        if let logitCap { step.softCap(logits, logitCap) }
        return logits
    }

    struct Block: Sendable {
        let isGlobal: Bool
        let attentionNorm: RMSNorm
        let attention: SelfAttention
        let attentionOutputNorm: RMSNorm
        let feedForwardNorm: RMSNorm
        let feedForward: GatedMLP
        let feedForwardOutputNorm: RMSNorm

        /// Adds the block's two contributions to `x`, `[rows, hidden]`, in place.
        func callAsFunction(_ x: Tensor, _ batch: Batch, _ angles: RopeAngles, _ step: Step) {
            step.add(attentionOutputNorm(attention(attentionNorm(x, step), batch, angles, step), step), to: x)
            step.add(feedForwardOutputNorm(feedForward(feedForwardNorm(x, step), step), step), to: x)
        }
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    public init(_ config: ConfigReader, _ weights: WeightReader) throws {
        var shape = try config.shape(weights.file)
        let epsilon = try config.number("attention.layer_norm_rms_epsilon")
        let window = try config.size("attention.sliding_window", limit: 1 << 30)
        shape.window = window
        globalRotary = try config.rotary(weights, rotated: shape.headWidth, pairs: .halves)
        // The local layers' base is in the paper and in config.json, not in every GGUF file.
        localRotary = RotaryEmbedding(
            base: try config.number("rope.freq_base_swa", default: 10_000), rotated: shape.headWidth, pairs: .halves)
        logitCap = try config.optionalNumber("final_logit_softcapping")
        let attentionCap = try config.optionalNumber("attn_logit_softcapping") ?? 0
        // The 27B scales scores by hidden / heads, the smaller ones by the head's width.
        let scaled = shape.layers == 62 ? shape.hidden / shape.heads : shape.headWidth
        blocks = try (0..<shape.layers).map { layer in
            let prefix = "blk.\(layer)", isGlobal = (layer + 1) % Gemma3.period == 0
            func norm(_ name: String) throws -> RMSNorm {
                try weights.norm("\(prefix).\(name)", width: shape.hidden, epsilon: epsilon)
            }
            return Block(
                isGlobal: isGlobal, attentionNorm: try norm("attn_norm"),
                attention: try SelfAttention(
                    weights, layer: layer, shape, epsilon: epsilon,
                    AttentionShape(
                        heads: shape.heads, scale: 1 / sqrtf(Float(scaled)), window: isGlobal ? nil : window,
                        cap: attentionCap)),
                attentionOutputNorm: try norm("post_attention_norm"), feedForwardNorm: try norm("ffn_norm"),
                feedForward: try GatedMLP(weights, prefix, shape, .geluTanh),
                feedForwardOutputNorm: try norm("post_ffw_norm"))
        }
        norm = try weights.norm("output_norm", width: shape.hidden, epsilon: epsilon)
        (embedding, head) = try weights.embeddingAndHead(vocabulary: shape.vocabulary, hidden: shape.hidden)
        self.shape = shape
    }
}

extension Gemma3 {
    static let family = Family(
        "gemma3", modelTypes: ["gemma3_text", "gemma3"],
        Translation(
            architecture: "gemma3",
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
                gguf.set("attention.sliding_window", try config.integer("sliding_window"))
                gguf.set("rope.freq_base_swa", try config.rope("sliding_attention").number("rope_theta"))
                gguf.set("final_logit_softcapping", try config.number("final_logit_softcapping"))
                gguf.set("attn_logit_softcapping", try config.number("attn_logit_softcapping"))
            },
            tensors: { config in
                let layer = "model.layers.{layer}", block = "blk.{layer}"
                // Gemma calls the norm before the feed-forward what Llama does not have, and gains are w - 1.
                return try Translation.llamaTensors(config).map { rule in
                    guard rule.source.contains("norm") else { return rule }
                    let isAfter = rule.source.contains("post_attention_layernorm")
                    return TensorRule(
                        rule.source, isAfter ? "\(block).post_attention_norm.weight" : rule.name, .plusOne)
                } + [
                    TensorRule(
                        "\(layer).pre_feedforward_layernorm.weight", "\(block).ffn_norm.weight", .plusOne),
                    TensorRule(
                        "\(layer).post_feedforward_layernorm.weight", "\(block).post_ffw_norm.weight", .plusOne),
                    TensorRule("\(layer).self_attn.q_norm.weight", "\(block).attn_q_norm.weight", .plusOne),
                    TensorRule("\(layer).self_attn.k_norm.weight", "\(block).attn_k_norm.weight", .plusOne),
                ]
            }
        ),
        make: { try Gemma3($0, $1) })
}
