#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// Llama 1 to 3 (arXiv:2302.13971, section 2.2; arXiv:2407.21783) and the many models of its shape, SmolLM2 among them:
/// pre-norm blocks, grouped-query attention, rotary positions, SwiGLU, no biases of its own.
public struct Llama: Decoder {
    public let shape: DecoderShape
    let embedding: EmbeddingTable
    let blocks: [Block]
    let norm: RMSNorm
    let head: Linear
    let rotary: RotaryEmbedding

    public func embed(_ tokens: [Token], _ step: Step) -> Tensor { step.embed(tokens, embedding) }

    public func callAsFunction(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let angles = step.angles(batch.positions, rotary)
        for block in blocks { step.frame { block(x, batch, angles, step) } }
        return head(norm(step.gather(x, rows: batch.outputs), step), step)
    }

    struct Block: Sendable {
        let attentionNorm: RMSNorm
        let attention: SelfAttention
        let feedForwardNorm: RMSNorm
        let feedForward: GatedMLP

        /// Adds the block's two contributions to `x`, `[rows, hidden]`, in place.
        func callAsFunction(_ x: Tensor, _ batch: Batch, _ angles: RopeAngles, _ step: Step) {
            step.add(attention(attentionNorm(x, step), batch, angles, step), to: x)
            step.add(feedForward(feedForwardNorm(x, step), step), to: x)
        }
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    public init(_ config: ConfigReader, _ weights: WeightReader) throws {
        // GGUF stores llama's queries and keys with neighbouring pairs.
        try self.init(config, weights, pairs: .neighbours)
    }

    init(_ config: ConfigReader, _ weights: WeightReader, pairs: RopePairs) throws {
        let shape = try config.shape(weights.file)
        let epsilon = try config.number("attention.layer_norm_rms_epsilon")
        let rotated = try config.size("rope.dimension_count", default: shape.headWidth, limit: shape.headWidth)
        rotary = try config.rotary(weights, rotated: rotated, pairs: pairs)
        blocks = try (0..<shape.layers).map { layer in
            Block(
                attentionNorm: try weights.norm("blk.\(layer).attn_norm", width: shape.hidden, epsilon: epsilon),
                attention: try SelfAttention(
                    weights, layer: layer, shape, epsilon: epsilon,
                    AttentionShape(heads: shape.heads, scale: 1 / sqrtf(Float(shape.headWidth)))),
                feedForwardNorm: try weights.norm("blk.\(layer).ffn_norm", width: shape.hidden, epsilon: epsilon),
                feedForward: try GatedMLP(weights, "blk.\(layer)", shape, .silu))
        }
        norm = try weights.norm("output_norm", width: shape.hidden, epsilon: epsilon)
        (embedding, head) = try weights.embeddingAndHead(vocabulary: shape.vocabulary, hidden: shape.hidden)
        self.shape = shape
    }
}

extension Llama {
    static let family = Family(
        "llama", modelTypes: ["llama"],
        Translation(
            architecture: "llama",
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
            },
            tensors: { try Translation.llamaTensors($0, neighbours: true) },
            made: { try Translation.llama3Divisors($0) }
        ),
        make: { try Llama($0, $1) })
}
