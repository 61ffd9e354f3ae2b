import TuttiCheckpoints
import TuttiTensors

/// The text's side of CLIP and SigLIP: token embeddings, learnt positions, the same blocks as the picture's.
struct TextTransformer: Sendable {
    let shape: TextShape
    let tokens: EmbeddingTable
    /// `[positions, hidden]`.
    let positions: [Float]
    let blocks: [TransformerBlock]
    let norm: LayerNorm

    /// - Returns: The last states, normalised, the texts one after the other: `[tokens of all, hidden]`.
    func callAsFunction(_ texts: [[Token]], _ step: Step) -> Tensor {
        let x = step.embed(texts.flatMap { $0 }, tokens)
        var stretches: [Range<Int>] = []
        for text in texts {
            let first = stretches.last?.upperBound ?? 0
            stretches.append(first..<first + text.count)
        }
        step.frame {
            let places = step.scratch(x.rows, x.width)
            places.fill(from: texts.flatMap { positions.prefix($0.count * x.width) })
            step.add(places, to: x)
        }
        let sight = RowSight(
            stretches, heads: shape.heads, headWidth: HeadAttention.paddedWidth(shape.hidden / shape.heads))
        for block in blocks { block(x, sight, step) }
        norm.inPlace(x, step)
        return x
    }

    /// - Parameters:
    ///   - root: What stands before the names of `transformers`' text transformer.
    ///   - isCausal: Whether a token sees none behind it.
    /// - Throws: `ModelError` or `CheckpointError`, naming the tensor that is missing or misshapen.
    init(_ shape: TextShape, _ weights: WeightReader, _ root: String, isCausal: Bool) throws {
        self.shape = shape
        tokens = try weights.table(
            "\(root)embeddings.token_embedding.weight", rows: shape.vocabulary, width: shape.hidden)
        positions = try weights.matrixValues(
            "\(root)embeddings.position_embedding.weight", rows: shape.positions, columns: shape.hidden)
        blocks = try (0..<shape.layers).map {
            try TransformerBlock(
                weights, "\(root)encoder.layers.\($0)", hidden: shape.hidden, heads: shape.heads,
                feedForward: shape.feedForward, epsilon: shape.epsilon, activation: shape.activation,
                isCausal: isCausal)
        }
        norm = try weights.layerNorm("\(root)final_layer_norm", width: shape.hidden, epsilon: shape.epsilon)
    }
}

/// The sizes of a text transformer.
struct TextShape: Sendable, Equatable {
    var layers: Int
    var hidden: Int
    var heads: Int
    var feedForward: Int
    var positions: Int
    var vocabulary: Int
    var epsilon: Float
    var activation: PointActivation

    static let clip = TextShape(
        layers: 12, hidden: 512, heads: 8, feedForward: 2048, positions: 77, vocabulary: 49408, epsilon: 1e-5,
        activation: .quickGelu)
    static let siglip = TextShape(
        layers: 12, hidden: 768, heads: 12, feedForward: 3072, positions: 64, vocabulary: 32000, epsilon: 1e-6,
        activation: .geluTanh)
}

extension TextShape {
    /// What `text_config` says, and `family` where it does not.
    /// - Throws: `CheckpointError` for what makes no sense.
    init(_ config: HuggingFaceConfig, _ family: TextShape) throws {
        self.init(
            layers: try config.size("num_hidden_layers", limit: 1024) ?? family.layers,
            hidden: try config.size("hidden_size", limit: 1 << 16) ?? family.hidden,
            heads: try config.size("num_attention_heads", limit: 4096) ?? family.heads,
            feedForward: try config.size("intermediate_size") ?? family.feedForward,
            positions: try config.size("max_position_embeddings", limit: 1 << 16) ?? family.positions,
            vocabulary: try config.size("vocab_size") ?? family.vocabulary,
            epsilon: try config.number("layer_norm_eps").map { Float($0) } ?? family.epsilon,
            activation: try config.activation("hidden_act") ?? family.activation)
        try config.checkHeads(heads, in: hidden)
    }
}
