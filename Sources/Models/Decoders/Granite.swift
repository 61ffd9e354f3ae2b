#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// Granite 3 (IBM's report of October 2024, after the maximal update parametrisation of arXiv:2203.03466): Llama's blocks
/// with four factors: on embeddings, on attention scores in place of 1 / √width, on what each part adds to the residual
/// stream, and a divisor of the logits.
public struct Granite: Decoder {
    public let shape: DecoderShape
    let embedding: EmbeddingTable
    let blocks: [Block]
    let norm: RMSNorm
    let head: Linear
    let rotary: RotaryEmbedding
    let embeddingScale: Float
    let logitDivisor: Float

    public func embed(_ tokens: [Token], _ step: Step) -> Tensor {
        let x = step.embed(tokens, embedding)
        step.scale(x, by: embeddingScale)
        return x
    }

    public func states(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let angles = step.angles(batch, rotary)
        for block in blocks { block(x, batch, angles, step) }
        return norm(step.gather(x, rows: batch.outputs), step)
    }

    public func logits(_ states: Tensor, _ step: Step) -> Tensor {
        let logits = head(states, step)
        step.scale(logits, by: 1 / logitDivisor)
        return logits
    }

    struct Block: Sendable {
        let attentionNorm: RMSNorm
        let attention: SelfAttention
        let feedForwardNorm: RMSNorm
        let feedForward: GatedMLP
        let residualScale: Float

        /// Adds the block's two contributions to `x`, `[rows, hidden]`, in place.
        func callAsFunction(_ x: Tensor, _ batch: Batch, _ angles: RopeAngles, _ step: Step) {
            step.frame {
                let attended = attention(attentionNorm(x, step), batch, angles, step)
                step.scale(attended, by: residualScale)
                step.add(attended, to: x)
            }
            step.frame {
                let fed = feedForward(feedForwardNorm(x, step), step)
                step.scale(fed, by: residualScale)
                step.add(fed, to: x)
            }
        }
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    init(_ config: ConfigReader, _ weights: WeightReader) throws {
        let shape = try config.shape(weights.file)
        let epsilon = try config.number("attention.layer_norm_rms_epsilon")
        let scale = try config.number("attention.scale", default: 1 / sqrtf(Float(shape.headWidth)))
        let residualScale = try config.number("residual_scale", default: 1)
        rotary = try config.rotary(weights, shape, pairs: .neighbours)
        blocks = try (0..<shape.layers).map { layer in
            Block(
                attentionNorm: try weights.norm("blk.\(layer).attn_norm", width: shape.hidden, epsilon: epsilon),
                attention: try SelfAttention(
                    weights, layer: layer, shape, epsilon: epsilon, AttentionShape(heads: shape.heads, scale: scale)),
                feedForwardNorm: try weights.norm("blk.\(layer).ffn_norm", width: shape.hidden, epsilon: epsilon),
                feedForward: try GatedMLP(weights, "blk.\(layer)", shape, .silu), residualScale: residualScale)
        }
        embeddingScale = try config.number("embedding_scale", default: 1)
        logitDivisor = try config.number("logit_scale", default: 1)
        norm = try weights.norm("output_norm", width: shape.hidden, epsilon: epsilon)
        (embedding, head) = try weights.embeddingAndHead(vocabulary: shape.vocabulary, hidden: shape.hidden)
        self.shape = shape
    }
}

extension Granite {
    static let family = Family(
        "granite", modelTypes: ["granite"],
        Translation(
            architecture: "granite",
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
                gguf.set("embedding_scale", try config.number("embedding_multiplier") ?? 1)
                gguf.set("attention.scale", try config.number("attention_multiplier") ?? 1)
                gguf.set("residual_scale", try config.number("residual_multiplier") ?? 1)
                gguf.set("logit_scale", try config.number("logits_scaling") ?? 1)
            },
            tensors: { try Translation.llamaTensors($0, neighbours: true) },
            made: Translation.ropeTensors),
        make: { try Granite($0, $1) })
}
