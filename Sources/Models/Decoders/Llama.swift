#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// Llama 1 to 3 (arXiv:2302.13971, section 2.2; arXiv:2407.21783) and the many models of its shape, SmolLM2 among them:
/// pre-norm blocks, grouped-query attention, rotary positions, SwiGLU, no biases of its own.
///
/// Many families are this with one part exchanged: norms on queries and keys, biases, experts for the feed-forward layer.
/// They say so in files of their own and are built by the same initialiser.
public struct Llama: Decoder {
    public let shape: DecoderShape
    let embedding: EmbeddingTable
    let blocks: [Block]
    let norm: RMSNorm
    let head: Linear
    let rotary: RotaryEmbedding
    /// What embeddings of tokens are multiplied with: 1 everywhere but in Gemma.
    let embeddingScale: Float

    public func embed(_ tokens: [Token], _ step: Step) -> Tensor {
        let x = step.embed(tokens, embedding)
        if embeddingScale != 1 { step.scale(x, by: embeddingScale) }
        return x
    }

    public func states(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let angles = step.angles(batch, rotary)
        for block in blocks { block(x, batch, angles, step) }
        return norm(step.gather(x, rows: batch.outputs), step)
    }

    public func logits(_ states: Tensor, _ step: Step) -> Tensor { head(states, step) }

    struct Block: Sendable {
        let attentionNorm: RMSNorm
        let attention: SelfAttention
        let feedForwardNorm: RMSNorm
        let feedForward: any FeedForward
        /// Whether positions are turned in here: everywhere but in a few layers of SmolLM3.
        let hasPositions: Bool

        /// Adds the block's two contributions to `x`, `[rows, hidden]`, in place.
        func callAsFunction(_ x: Tensor, _ batch: Batch, _ angles: RopeAngles, _ step: Step) {
            step.frame { step.add(attention(attentionNorm(x, step), batch, hasPositions ? angles : nil, step), to: x) }
            step.frame { step.add(feedForward(feedForwardNorm(x, step), step), to: x) }
        }
    }

    /// - Parameters:
    ///   - pairs: GGUF stores llama's queries and keys with neighbouring pairs, most other families' with halves.
    ///   - feedForwardNorm: What the norm before the feed-forward layer is called.
    ///   - hasPositions: Whether a layer turns positions in.
    ///   - sinks: Whether attention has them.
    ///   - feedForward: A layer's feed-forward part; SwiGLU, or experts where the file has a router.
    ///   - scalesEmbeddings: Whether embeddings of tokens are multiplied with √hidden.
    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    init(
        _ config: ConfigReader, _ weights: WeightReader, pairs: RopePairs, feedForwardNorm: String = "ffn_norm",
        hasPositions: (_ layer: Int) -> Bool = { _ in true }, hasSinks: Bool = false, activation: Activation = .silu,
        scalesEmbeddings: Bool = false
    ) throws {
        let shape = try config.shape(weights.file), routing = try config.routing()
        let epsilon = try config.number("attention.layer_norm_rms_epsilon")
        rotary = try config.rotary(weights, shape, pairs: pairs)
        blocks = try (0..<shape.layers).map { layer in
            let prefix = "blk.\(layer)"
            let sinks = hasSinks ? try weights.vector("\(prefix).attn_sinks.weight", count: shape.heads) : []
            let feedForward: any FeedForward =
                if let routing, weights.contains("\(prefix).ffn_gate_inp.weight") {
                    try MixtureOfExperts(weights, prefix, shape, routing, activation)
                } else {
                    try GatedMLP(weights, prefix, shape, activation)
                }
            return Block(
                attentionNorm: try weights.norm("\(prefix).attn_norm", width: shape.hidden, epsilon: epsilon),
                attention: try SelfAttention(
                    weights, layer: layer, shape, epsilon: epsilon,
                    AttentionShape(heads: shape.heads, scale: 1 / sqrtf(Float(shape.headWidth)), sinks: sinks)),
                feedForwardNorm: try weights.norm(
                    "\(prefix).\(feedForwardNorm)", width: shape.hidden, epsilon: epsilon),
                feedForward: feedForward, hasPositions: hasPositions(layer))
        }
        embeddingScale = scalesEmbeddings ? sqrtf(Float(shape.hidden)) : 1
        norm = try weights.norm("output_norm", width: shape.hidden, epsilon: epsilon)
        (embedding, head) = try weights.embeddingAndHead(vocabulary: shape.vocabulary, hidden: shape.hidden)
        self.shape = shape
    }
}

extension Llama {
    /// GGUF calls Mistral's and Mixtral's models `llama` too, so windows and experts are looked for here.
    static let family = family(modelTypes: ["llama"]) { try Translation.llamaTensors($0, neighbours: true) }

    /// What LLaVA's first releases leave out.
    private static let defaults: [String: JSON] = [
        "hidden_size": 4096, "intermediate_size": 11_008, "num_hidden_layers": 32, "num_attention_heads": 32,
        "vocab_size": 32_000,
    ]

    /// A family whose GGUF files are of the architecture `llama`.
    /// - Parameter describe: What its `config.json` says beyond llama's.
    static func family(
        modelTypes: [String], defaults: [String: JSON] = Llama.defaults,
        describe: @escaping @Sendable (HuggingFaceConfig, inout TranslatedMetadata) throws -> Void = { _, _ in },
        tensors: @escaping @Sendable (HuggingFaceConfig) throws -> [TensorRule]
    ) -> Family {
        Family(
            "llama", modelTypes: modelTypes,
            Translation(
                architecture: "llama", defaults: defaults,
                describe: { config, gguf in
                    try Translation.describeSizes(config, &gguf)
                    try Translation.describeRope(config, &gguf)
                    try describe(config, &gguf)
                },
                tensors: tensors, made: Translation.ropeTensors),
            windows: { try $0.windows(layers: $1) { _ in true } },
            make: { try Llama($0, $1, pairs: .neighbours) })
    }
}
