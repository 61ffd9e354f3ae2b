#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// SigLIP (Zhai et al. 2023, arXiv:2303.15343, section 3.2): a picture is what one learnt question finds in its patches, a
/// text what its last place becomes; a sigmoid says of each pair by itself whether they belong together.
public struct SigLIP: ContrastiveEncoder {
    public let shape: ContrastiveShape
    let tower: VisionTransformer
    let head: PoolingHead
    let text: TextTransformer
    let textHead: Linear

    public func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
        let states = tower(PatchGrid(picture, tile: 0, side: tower.shape.patchSide), step)
        tower.lastNorm?.inPlace(states, step)
        let embedding = head(states, step)
        step.unitLength(embedding)
        return embedding
    }

    /// - Parameter texts: Filled up with `shape.padding` to `shape.positions`.
    public func callAsFunction(_ texts: [[Token]], _ step: Step) -> Tensor {
        let states = text(texts, step)
        var end = 0
        let ends = texts.map { text in
            end += text.count
            return end - 1
        }
        let embeddings = textHead(step.gather(states, rows: ends), step)
        step.unitLength(embeddings)
        return embeddings
    }

    /// Attention of one learnt question over all patches, then a feed-forward layer (arXiv:1810.00825, section 3.2).
    struct PoolingHead: Sendable {
        let probe: [Float]
        let query: Linear
        let key: Linear
        let value: Linear
        let output: Linear
        let shape: AttentionShape
        let headWidth: Int
        let norm: LayerNorm
        let feedForward: TwoLayers

        /// - Parameter states: `[patches, hidden]`.
        /// - Returns: `[1, hidden]`.
        func callAsFunction(_ states: Tensor, _ step: Step) -> Tensor {
            let question = step.scratch(1, probe.count)
            question.fill(from: probe)
            let parts = Linear.together([key, value], states, step)
            let sight = RowSight(
                1, seeing: Array(0..<states.rows), heads: shape.heads, headWidth: headWidth)
            let found = output(
                sight.attention(query(question, step), parts[0], parts[1], shape, before: output, step), step)
            step.add(feedForward(norm(found, step), step), to: found)
            return found
        }
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ source: VisionSource) throws {
        let config = source.config, weights = source.weights
        let vision = try VisionShape(try config.part("vision_config"), .siglip)
        let settings = try config.part("text_config"), words = try TextShape(settings, .siglip)
        tower = try VisionTransformer(vision, weights, "vision_model.")
        head = try PoolingHead(vision, weights, "vision_model.head")
        text = try TextTransformer(words, weights, "text_model.", isCausal: false)
        textHead = try weights.linear("text_model.head", rows: vision.hidden, columns: words.hidden)
        shape = ContrastiveShape(
            architecture: "siglip", width: vision.hidden, positions: words.positions, vocabulary: words.vocabulary,
            patches: vision.gridSide * vision.gridSide,
            padding: Token(clamping: try settings.integer("pad_token_id") ?? 1),
            scale: exp(try weights.number("logit_scale")), bias: try weights.number("logit_bias"), judgement: .alone)
    }
}

extension SigLIP.PoolingHead {
    init(_ vision: VisionShape, _ weights: WeightReader, _ name: String) throws {
        let hidden = vision.hidden, own = vision.headWidth, width = HeadAttention.paddedWidth(own)
        let probe = try weights.file.tensor(named: "\(name).probe", shape: [1, 1, hidden])
        self.probe = try weights.file.floats(of: probe)
        let parts = try weights.headParts(
            "\(name).attention.in_proj_weight", bias: "\(name).attention.in_proj_bias", count: 3, heads: vision.heads,
            width: own, padded: width, columns: hidden)
        (query, key, value) = (parts[0], parts[1], parts[2])
        output = try weights.headColumns(
            "\(name).attention.out_proj", rows: hidden, heads: vision.heads, width: own, padded: width)
        shape = AttentionShape(heads: vision.heads, scale: 1 / sqrtf(Float(own)), isCausal: false)
        headWidth = width
        norm = try weights.layerNorm("\(name).layernorm", width: hidden, epsilon: vision.epsilon)
        feedForward = TwoLayers(
            up: try weights.linear("\(name).mlp.fc1", rows: vision.feedForward, columns: hidden),
            down: try weights.linear("\(name).mlp.fc2", rows: hidden, columns: vision.feedForward),
            activation: vision.activation)
    }
}
