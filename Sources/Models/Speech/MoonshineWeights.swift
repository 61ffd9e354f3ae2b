import TuttiCheckpoints
import TuttiTensors

/// Where the weights of a Moonshine come from, under the names that `transformers` gives them.
protocol MoonshineWeights {
    /// What messages name.
    var path: String { get }
    /// `[rows, columns]`, as a product `x · Wᵀ` needs it.
    func matrix(_ name: String, rows: Int, columns: Int) throws -> StoredMatrix
    /// Numbers of just this shape.
    func floats(_ name: String, shape: [Int]) throws -> [Float]
}

extension Moonshine {
    init(_ weights: some MoonshineWeights, _ config: Config, pool: ComputePool) throws {
        let builder = MoonshineBuilder(weights: weights, pool: pool)
        self.config = config
        encoder = try builder.encoder(config)
        decoder = try builder.decoder(config.decoder)
    }
}

/// Puts a Moonshine together.
struct MoonshineBuilder<Weights: MoonshineWeights> {
    let weights: Weights
    let pool: ComputePool

    func encoder(_ config: Moonshine.Config) throws -> MoonshineEncoder {
        let root = "model.encoder", hidden = config.hidden, heads = config.encoderHeadShape
        let stem = MoonshineEncoder.Stem(
            first: try convolution(0, from: 1, to: hidden),
            gain: try weights.floats("\(root).groupnorm.weight", shape: [hidden]),
            shift: try weights.floats("\(root).groupnorm.bias", shape: [hidden]),
            second: try convolution(1, from: hidden, to: 2 * hidden),
            third: try convolution(2, from: 2 * hidden, to: hidden))
        let layers = try (0..<config.encoderLayers).map { index in
            let name = "\(root).layers.\(index)"
            return MoonshineEncoder.Layer(
                attentionNorm: try norm("\(name).input_layernorm", hidden),
                attention: try attention("\(name).self_attn", hidden, heads, isCausal: false),
                feedForwardNorm: try norm("\(name).post_attention_layernorm", hidden),
                feedForward: try mlp("\(name).mlp", hidden, inner: config.encoderFeedForward))
        }
        return MoonshineEncoder(
            stem: stem, layers: layers, norm: try norm("\(root).layer_norm", hidden),
            rotary: heads.rotary(fraction: config.rotaryFraction, base: config.ropeBase),
            // One layer at a time.
            layout: heads.layout(layers: 1))
    }

    func decoder(_ config: MoonshineDecoder.Config) throws -> MoonshineDecoder {
        let root = "model.decoder", hidden = config.hidden, inner = config.feedForward
        let layers = try (0..<config.layers).map { index in
            let name = "\(root).layers.\(index)"
            // The first half is let through by what the second half says.
            let wide = try weights.matrix("\(name).mlp.fc1.weight", rows: 2 * inner, columns: hidden)
            let bias = try weights.floats("\(name).mlp.fc1.bias", shape: [2 * inner])
            return MoonshineDecoder.Layer(
                index: index, selfNorm: try norm("\(name).input_layernorm", hidden),
                selfAttention: try attention("\(name).self_attn", hidden, config.heads, isCausal: true),
                crossNorm: try norm("\(name).post_attention_layernorm", hidden),
                crossAttention: try attention("\(name).encoder_attn", hidden, config.heads, isCausal: false),
                feedForwardNorm: try norm("\(name).final_layernorm", hidden),
                feedForward: MoonshineGatedMLP(
                    up: Projection(wide.rows(0..<inner).packed(pool), bias: Array(bias[..<inner])),
                    gate: Projection(wide.rows(inner..<2 * inner).packed(pool), bias: Array(bias[inner...])),
                    down: try projection("\(name).mlp.fc2", rows: hidden, columns: inner)))
        }
        return MoonshineDecoder(
            embedding: try embedding("\(root).embed_tokens.weight", config), layers: layers,
            norm: try norm("\(root).norm", hidden), rotary: config.rotary,
            layout: config.heads.layout(layers: config.layers))
    }

    private func embedding(_ name: String, _ config: MoonshineDecoder.Config) throws -> MoonshineDecoder.Embedding {
        let rows = config.vocabulary, hidden = config.hidden
        let stored = try weights.matrix(name, rows: rows, columns: hidden)
        let head = config.isTied ? stored : try weights.matrix("proj_out.weight", rows: rows, columns: hidden)
        switch (stored, head.packed(pool)) {
        case (.floats(let values, _), let matrix):
            let owner = AlignedMemory(byteCount: values.count * 4)
            let bytes = unsafe UnsafeMutableRawBufferPointer(start: owner.base, count: values.count * 4)
            unsafe values.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
            let table = unsafe EmbeddingTable(
                UnsafeRawBufferPointer(bytes), dtype: .f32, rows: rows, width: hidden, owner: owner)
            return .table(table, head: Projection(matrix))
        case (.bytes, .bytes(let matrix)): return .bytes(matrix)
        case (.bytes, .packed): preconditionFailure("bytes are packed as bytes")
        }
    }

    private func norm(_ name: String, _ width: Int) throws -> LayerNorm {
        LayerNorm(weight: try weights.floats("\(name).weight", shape: [width]), bias: nil, epsilon: 1e-5)
    }

    func mlp(_ name: String, _ hidden: Int, inner: Int) throws -> MoonshineMLP {
        MoonshineMLP(
            up: try projection("\(name).fc1", rows: inner, columns: hidden),
            down: try projection("\(name).fc2", rows: hidden, columns: inner))
    }

    private func projection(_ name: String, rows: Int, columns: Int) throws -> Projection {
        Projection(
            try weights.matrix("\(name).weight", rows: rows, columns: columns).packed(pool),
            bias: try weights.floats("\(name).bias", shape: [rows]))
    }

    func attention(
        _ name: String, _ hidden: Int, _ heads: MoonshineHeads, isCausal: Bool, window: AttentionShape.Window? = nil
    ) throws -> MoonshineAttention {
        let width = heads.count * heads.width
        func padded(_ part: String) throws -> Projection {
            let stored = try weights.matrix("\(name).\(part)_proj.weight", rows: width, columns: hidden)
            return Projection(stored.headRows(heads.width, paddedTo: heads.stored).packed(pool))
        }
        let output = try weights.matrix("\(name).o_proj.weight", rows: hidden, columns: width)
        return MoonshineAttention(
            query: try padded("q"), key: try padded("k"), value: try padded("v"),
            output: Projection(output.headColumns(heads.width, paddedTo: heads.stored).packed(pool)),
            shape: AttentionShape(
                heads: heads.count, scale: 1 / Float(heads.width).squareRoot(), isCausal: isCausal, window: window),
            headWidth: heads.stored)
    }

    /// Without padding.
    private func convolution(_ index: Int, from: Int, to: Int) throws -> PackedConvolution {
        let name = "model.encoder.conv\(index + 1)", taps = Moonshine.Config.kernels[index]
        return PackedConvolution(
            weights: try weights.floats("\(name).weight", shape: [to, from, taps]), inputs: from, outputs: to,
            taps: taps, stride: Moonshine.Config.strides[index],
            bias: index == 0 ? nil : try weights.floats("\(name).bias", shape: [to]), pool: pool)
    }
}
