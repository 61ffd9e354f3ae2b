#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// OLMo 2 (arXiv:2501.00656, section 3.2): norms *behind* attention and feed-forward instead of before them, and norms on
/// queries and keys over all heads at once.
public struct OLMo2: Decoder {
    public let shape: DecoderShape
    let embedding: EmbeddingTable
    let blocks: [Block]
    let norm: RMSNorm
    let head: Linear
    let rotary: RotaryEmbedding

    public func embed(_ tokens: [Token], _ step: Step) -> Tensor { step.embed(tokens, embedding) }

    public func states(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let angles = step.angles(batch, rotary)
        for block in blocks { block(x, batch, angles, step) }
        return norm(step.gather(x, rows: batch.outputs), step)
    }

    public func logits(_ states: Tensor, _ step: Step) -> Tensor { head(states, step) }

    struct Block: Sendable {
        let attention: SelfAttention
        let attentionOutputNorm: RMSNorm
        let feedForward: GatedMLP
        let feedForwardOutputNorm: RMSNorm

        /// Adds the block's two contributions to `x`, `[rows, hidden]`, in place.
        func callAsFunction(_ x: Tensor, _ batch: Batch, _ angles: RopeAngles, _ step: Step) {
            step.frame { step.add(attentionOutputNorm(attention(x, batch, angles, step), step), to: x) }
            step.frame { step.add(feedForwardOutputNorm(feedForward(x, step), step), to: x) }
        }
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    init(_ config: ConfigReader, _ weights: WeightReader) throws {
        let shape = try config.shape(weights.file)
        let epsilon = try config.number("attention.layer_norm_rms_epsilon")
        rotary = try config.rotary(weights, shape, pairs: .halves)
        blocks = try (0..<shape.layers).map { layer in
            let prefix = "blk.\(layer)"
            func norm(_ name: String) throws -> RMSNorm {
                try weights.norm("\(prefix).\(name)", width: shape.hidden, epsilon: epsilon)
            }
            return Block(
                attention: try SelfAttention(
                    weights, layer: layer, shape, epsilon: epsilon,
                    AttentionShape(heads: shape.heads, scale: 1 / sqrtf(Float(shape.headWidth))), norms: .allHeads),
                attentionOutputNorm: try norm("post_attention_norm"),
                feedForward: try GatedMLP(weights, prefix, shape, .silu),
                feedForwardOutputNorm: try norm("post_ffw_norm"))
        }
        norm = try weights.norm("output_norm", width: shape.hidden, epsilon: epsilon)
        (embedding, head) = try weights.embeddingAndHead(vocabulary: shape.vocabulary, hidden: shape.hidden)
        self.shape = shape
    }
}

extension OLMo2 {
    static let family = Family(
        "olmo2", modelTypes: ["olmo2"],
        Translation(
            architecture: "olmo2",
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
            },
            tensors: { config in
                let layer = "model.layers.{layer}", block = "blk.{layer}"
                return try Translation.attentionTensors(config) + Translation.gatedTensors() + [
                    TensorRule("\(layer).post_attention_layernorm.weight", "\(block).post_attention_norm.weight"),
                    TensorRule("\(layer).post_feedforward_layernorm.weight", "\(block).post_ffw_norm.weight"),
                ] + Translation.outerTensors()
            },
            made: Translation.ropeTensors),
        make: { try OLMo2($0, $1) })
}
