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

    public func states(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let local = step.angles(batch, localRotary), global = step.angles(batch, globalRotary)
        for block in blocks { block(x, batch, block.isGlobal ? global : local, step) }
        return norm(step.gather(x, rows: batch.outputs), step)
    }

    public func logits(_ states: Tensor, _ step: Step) -> Tensor {
        let logits = head(states, step)
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
            step.frame {
                step.add(attentionOutputNorm(attention(attentionNorm(x, step), batch, angles, step), step), to: x)
            }
            step.frame { step.add(feedForwardOutputNorm(feedForward(feedForwardNorm(x, step), step), step), to: x) }
        }
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    init(_ config: ConfigReader, _ weights: WeightReader) throws {
        let shape = try config.shape(weights.file)
        let epsilon = try config.number("attention.layer_norm_rms_epsilon")
        globalRotary = try config.rotary(weights, shape, pairs: .halves)
        // The local layers' base is in the paper and in config.json, not in every GGUF file.
        localRotary = RotaryEmbedding(
            base: try config.number("rope.freq_base_swa", default: 10_000), rotated: shape.headWidth, pairs: .halves)
        logitCap = try config.optionalNumber("final_logit_softcapping")
        let attentionCap = try config.optionalNumber("attn_logit_softcapping") ?? 0
        // The 27B scales scores by hidden / heads, the smaller ones by the head's width.
        let scaled = shape.layers == 62 ? shape.hidden / shape.heads : shape.headWidth
        let scale = try config.number("attention.scale", default: 1 / sqrtf(Float(scaled)))
        blocks = try (0..<shape.layers).map { layer in
            let prefix = "blk.\(layer)", isGlobal = shape.windows[layer] == nil
            func norm(_ name: String) throws -> RMSNorm {
                try weights.norm("\(prefix).\(name)", width: shape.hidden, epsilon: epsilon)
            }
            return Block(
                isGlobal: isGlobal, attentionNorm: try norm("attn_norm"),
                attention: try SelfAttention(
                    weights, layer: layer, shape, epsilon: epsilon,
                    AttentionShape(heads: shape.heads, scale: scale, cap: attentionCap)),
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
        "gemma3", modelTypes: ["gemma3_text"],
        Translation(
            architecture: "gemma3", defaults: defaults, describe: describe, tensors: tensors,
            made: Translation.ropeTensors),
        windows: { try $0.windows(layers: $1) { ($0 + 1) % period != 0 } },
        make: { try Gemma3($0, $1) })

    /// What the releases that see leave out.
    private static let defaults: [String: JSON] = [
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 131_072,
        "rope_theta": 1_000_000, "query_pre_attn_scalar": 256, "vocab_size": 262_208,
    ]

    @Sendable private static func describe(_ config: HuggingFaceConfig, _ gguf: inout TranslatedMetadata) throws {
        if config.modelType == "gemma3" {
            gguf.set("attention.picture_tokens", try config.size("mm_tokens_per_image") ?? 256)
        }
        try Translation.describeSizes(config, &gguf)
        try Translation.describeRope(config, &gguf)
        let period =
            try config.size("sliding_window_pattern") ?? config.size("_sliding_window_pattern") ?? Gemma3.period
        try Translation.describeWindows(config, &gguf) { ($0 + 1) % period != 0 }
        let local = try config.number("rope_local_base_freq") ?? config.rope("sliding_attention").number("rope_theta")
        gguf.set("rope.freq_base_swa", local)
        if let scalar = try config.number("query_pre_attn_scalar") {
            guard scalar > 0, scalar.isFinite else {
                throw config.wrong("query_pre_attn_scalar", .number(scalar), "a positive number")
            }
            gguf.set("attention.scale", 1 / sqrt(scalar))
        }
        gguf.set("final_logit_softcapping", try config.number("final_logit_softcapping"))
        gguf.set("attn_logit_softcapping", try config.number("attn_logit_softcapping"))
    }

    /// Gemma calls the norm before the feed-forward what Llama does not have, and gains are stored as w - 1.
    @Sendable private static func tensors(_ config: HuggingFaceConfig) throws -> [TensorRule] {
        let layer = "model.layers.{layer}", block = "blk.{layer}"
        let behind = TensorRule(
            "\(layer).post_attention_layernorm.weight", "\(block).post_attention_norm.weight", .plusOne)
        return try Translation.llamaTensors(config).map { rule in
            guard rule.source.contains("norm") else { return rule }
            return rule.source == behind.source ? behind : TensorRule(rule.source, rule.name, .plusOne)
        } + [
            TensorRule("\(layer).pre_feedforward_layernorm.weight", "\(block).ffn_norm.weight", .plusOne),
            TensorRule("\(layer).post_feedforward_layernorm.weight", "\(block).post_ffw_norm.weight", .plusOne),
        ]
    }
}
