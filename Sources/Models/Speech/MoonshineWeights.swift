import TuttiCheckpoints
import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

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
        let builder = MoonshineBuilder(weights: weights, config: config, pool: pool)
        self.config = config
        encoder = try builder.encoder()
        decoder = try builder.decoder()
    }
}

extension Moonshine.Config {
    static func power(_ base: Float, _ exponent: Float) -> Float { powf(base, exponent) }
}

/// Puts a Moonshine together.
private struct MoonshineBuilder<Weights: MoonshineWeights> {
    let weights: Weights
    let config: Moonshine.Config
    let pool: ComputePool

    func encoder() throws -> MoonshineEncoder {
        let root = "model.encoder", hidden = config.hidden
        let stem = MoonshineEncoder.Stem(
            first: try convolution(0, from: 1, to: hidden),
            gain: try weights.floats("\(root).groupnorm.weight", shape: [hidden]),
            shift: try weights.floats("\(root).groupnorm.bias", shape: [hidden]),
            second: try convolution(1, from: hidden, to: 2 * hidden),
            third: try convolution(2, from: 2 * hidden, to: hidden))
        let layers = try (0..<config.encoderLayers).map { index in
            let name = "\(root).layers.\(index)", inner = config.encoderFeedForward
            return MoonshineEncoder.Layer(
                attentionNorm: try norm("\(name).input_layernorm"),
                attention: try attention("\(name).self_attn", heads: config.encoderHeads, isCausal: false),
                feedForwardNorm: try norm("\(name).post_attention_layernorm"),
                feedForward: MoonshineMLP(
                    up: try projection("\(name).mlp.fc1", rows: inner, columns: hidden),
                    down: try projection("\(name).mlp.fc2", rows: hidden, columns: inner)))
        }
        return MoonshineEncoder(
            stem: stem, layers: layers, norm: try norm("\(root).layer_norm"),
            rotary: config.rotary(config.encoderHeads), layout: config.encoderLayout)
    }

    func decoder() throws -> MoonshineDecoder {
        let root = "model.decoder", hidden = config.hidden, inner = config.decoderFeedForward
        let layers = try (0..<config.decoderLayers).map { index in
            let name = "\(root).layers.\(index)"
            // The first half is let through by what the second half says.
            let wide = try weights.matrix("\(name).mlp.fc1.weight", rows: 2 * inner, columns: hidden)
            let bias = try weights.floats("\(name).mlp.fc1.bias", shape: [2 * inner])
            return MoonshineDecoder.Layer(
                index: index, selfNorm: try norm("\(name).input_layernorm"),
                selfAttention: try attention("\(name).self_attn", heads: config.decoderHeads, isCausal: true),
                crossNorm: try norm("\(name).post_attention_layernorm"),
                crossAttention: try attention("\(name).encoder_attn", heads: config.decoderHeads, isCausal: false),
                feedForwardNorm: try norm("\(name).final_layernorm"),
                feedForward: MoonshineGatedMLP(
                    up: Projection(wide.rows(0..<inner).packed(pool), bias: Array(bias[..<inner])),
                    gate: Projection(wide.rows(inner..<2 * inner).packed(pool), bias: Array(bias[inner...])),
                    down: try projection("\(name).mlp.fc2", rows: hidden, columns: inner)))
        }
        return MoonshineDecoder(
            embedding: try embedding("\(root).embed_tokens.weight"), layers: layers, norm: try norm("\(root).norm"),
            rotary: config.rotary(config.decoderHeads), layout: config.layout)
    }

    private func embedding(_ name: String) throws -> MoonshineDecoder.Embedding {
        let stored = try weights.matrix(name, rows: config.vocabulary, columns: config.hidden)
        switch (stored, stored.packed(pool)) {
        case (.floats(let values, _), let matrix):
            let owner = AlignedMemory(byteCount: values.count * 4)
            let bytes = unsafe UnsafeMutableRawBufferPointer(start: owner.base, count: values.count * 4)
            unsafe values.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
            let table = unsafe EmbeddingTable(
                UnsafeRawBufferPointer(bytes), dtype: .f32, rows: config.vocabulary, width: config.hidden, owner: owner)
            return .table(table, head: Projection(matrix))
        case (.bytes, .bytes(let matrix)): return .bytes(matrix)
        case (.bytes, .packed): preconditionFailure("bytes are packed as bytes")
        }
    }

    private func norm(_ name: String) throws -> LayerNorm {
        LayerNorm(weight: try weights.floats("\(name).weight", shape: [config.hidden]), bias: nil, epsilon: 1e-5)
    }

    private func projection(_ name: String, rows: Int, columns: Int) throws -> Projection {
        Projection(
            try weights.matrix("\(name).weight", rows: rows, columns: columns).packed(pool),
            bias: try weights.floats("\(name).bias", shape: [rows]))
    }

    private func attention(_ name: String, heads: Int, isCausal: Bool) throws -> MoonshineAttention {
        let width = config.headWidth(heads), stride = config.paddedHead(heads)
        func stored(_ part: String) throws -> StoredMatrix {
            try weights.matrix("\(name).\(part)_proj.weight", rows: config.hidden, columns: config.hidden)
        }
        func padded(_ part: String) throws -> Projection {
            Projection(try stored(part).headRows(width, paddedTo: stride).packed(pool))
        }
        return MoonshineAttention(
            query: try padded("q"), key: try padded("k"), value: try padded("v"),
            output: Projection(try stored("o").headColumns(width, paddedTo: stride).packed(pool)),
            shape: AttentionShape(heads: heads, scale: 1 / sqrtf(Float(width)), isCausal: isCausal), headWidth: stride)
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
