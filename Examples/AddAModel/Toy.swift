import Tutti

/// A family that Tutti does not know: blocks that compute attention and the feed-forward layer side by side from one
/// norm, and add both.
struct Toy: Decoder {
    let shape: DecoderShape
    let embedding: EmbeddingTable
    let blocks: [Block]
    let norm: RMSNorm
    let head: Linear
    let rotary: RotaryEmbedding

    func embed(_ tokens: [Token], _ step: Step) -> Tensor { step.embed(tokens, embedding) }

    func states(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let angles = step.angles(batch, rotary)
        for block in blocks { step.frame { block(x, batch, angles, step) } }
        return norm(step.gather(x, rows: batch.outputs), step)
    }

    func logits(_ states: Tensor, _ step: Step) -> Tensor { head(states, step) }

    struct Block: Sendable {
        let norm: RMSNorm
        let attention: SelfAttention
        let feedForward: GatedMLP

        func callAsFunction(_ x: Tensor, _ batch: Batch, _ angles: RopeAngles, _ step: Step) {
            let h = norm(x, step)
            let attended = attention(h, batch, angles, step), fed = feedForward(h, step)
            step.add(attended, to: x)
            step.add(fed, to: x)
        }
    }

    init(_ config: ConfigReader, _ weights: WeightReader) throws {
        let shape = try config.shape(weights.file)
        let epsilon = try config.number("attention.layer_norm_rms_epsilon")
        rotary = try config.rotary(weights, shape, pairs: .halves)
        blocks = try (0..<shape.layers).map { layer in
            Block(
                norm: try weights.norm("blk.\(layer).attn_norm", width: shape.hidden, epsilon: epsilon),
                attention: try SelfAttention(
                    weights, layer: layer, shape, epsilon: epsilon,
                    AttentionShape(heads: shape.heads, scale: 1 / Float(shape.headWidth).squareRoot())),
                feedForward: try GatedMLP(weights, "blk.\(layer)", shape, .silu))
        }
        norm = try weights.norm("output_norm", width: shape.hidden, epsilon: epsilon)
        (embedding, head) = try weights.embeddingAndHead(vocabulary: shape.vocabulary, hidden: shape.hidden)
        self.shape = shape
    }
}

extension Toy {
    static let family = Family(
        "toy", modelTypes: ["toy"],
        Translation(
            architecture: "toy",
            describe: { config, gguf in
                try Translation.describeSizes(config, &gguf)
                try Translation.describeRope(config, &gguf)
            },
            tensors: { config in
                try Translation.attentionTensors(config) + Translation.gatedTensors() + Translation.outerTensors()
                    + [TensorRule("model.layers.{layer}.norm.weight", "blk.{layer}.attn_norm.weight")]
            }),
        make: { try Toy($0, $1) })
}
