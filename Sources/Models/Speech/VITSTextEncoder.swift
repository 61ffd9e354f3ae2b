import TuttiCheckpoints
import TuttiTensors

/// The prior encoder of VITS: symbols to what a symbol's frames are like before they are made, a mean and a spread for
/// each channel.
///
/// A transformer with post-norm layers, whose attention knows distances up to four symbols and whose feed-forward layers
/// are convolutions.
/// - SeeAlso: Kim et al. 2021, arXiv:2106.06103, section 2.5.1 and appendix A.
struct VITSTextEncoder: Sendable {
    /// `[symbols, width]`, already times √width.
    let embedding: [Float]
    let symbols: Int
    let width: Int
    let layers: [Layer]
    /// To means and logarithms of spreads, side by side.
    let projection: PackedConvolution

    struct Layer: Sendable {
        /// To queries, keys and values, side by side.
        let input: PackedConvolution
        let output: PackedConvolution
        let heads: Int
        let relativeKeys: [Float]
        let relativeValues: [Float]
        let attentionNorm: LayerNorm
        let up: PackedConvolution
        let down: PackedConvolution
        let feedForwardNorm: LayerNorm

        func callAsFunction(_ x: Tensor, _ step: Step) {
            step.frame {
                let attended = step.relativeAttention(
                    step.convolve(x, input), heads: heads, keys: relativeKeys, values: relativeValues)
                step.convolve(attended, output, addingTo: x)
                attentionNorm.inPlace(x, step)
                step.convolve(step.convolve(x, up, leak: 0), down, addingTo: x)
                feedForwardNorm.inPlace(x, step)
            }
        }
    }

    /// - Parameter ids: One at least, each below `symbols`.
    /// - Returns: The states, `[ids.count, width]`.
    func callAsFunction(_ ids: [Int], _ step: Step) -> Tensor {
        let x = step.scratch(ids.count, width)
        x.fill(from: ids.flatMap { embedding[$0 * width..<($0 + 1) * width] })
        for layer in layers { layer(x, step) }
        return x
    }
}

extension VITSTextEncoder {
    init(_ weights: GraphWeights, _ pool: ComputePool) throws {
        let (values, shape) = try weights.input(0, of: "/enc_p/emb/Gather", shape: [nil, nil])
        let width = shape[1]
        func convolution(
            _ name: String, inputs: Int, outputs: Int?, isPadded: Bool = true
        ) throws -> PackedConvolution {
            try weights.sameConvolution(name, inputs: inputs, outputs: outputs, isPadded: isPadded).packed(pool)
        }
        func norm(_ name: String) throws -> LayerNorm { try weights.vitsNorm("enc_p.encoder.\(name)", width: width) }
        let count = try weights.count { ["/enc_p/encoder/attn_layers.\($0)/conv_q/Conv"] }
        layers = try (0..<count).map { index in
            let node = "/enc_p/encoder/attn_layers.\(index)/conv_"
            let name = "enc_p.encoder.attn_layers.\(index).emb_rel_"
            let (keys, shape) = try weights.tensor(name + "k", shape: [1, nil, nil])
            guard shape[1] % 2 == 1, width % shape[2] == 0 else {
                throw CheckpointError.wrongShape(
                    file: weights.file.path, name: name + "k", shape: shape, expected: [1, 9, width / 2])
            }
            let feedForward = "/enc_p/encoder/ffn_layers.\(index)/conv_"
            // The graph pads these by nodes of their own.
            let up = try convolution(feedForward + "1/Conv", inputs: width, outputs: nil, isPadded: false)
            return Layer(
                input: ConvolutionWeights(
                    sideBySide: try ["q", "k", "v"].map {
                        try weights.sameConvolution(node + $0 + "/Conv", inputs: width, outputs: width, taps: 1)
                    }
                ).packed(pool),
                output: try convolution(node + "o/Conv", inputs: width, outputs: width),
                heads: width / shape[2], relativeKeys: keys,
                relativeValues: try weights.floats(name + "v", shape: shape),
                attentionNorm: try norm("norm_layers_1.\(index)"), up: up,
                down: try convolution(feedForward + "2/Conv", inputs: up.outputs, outputs: width, isPadded: false),
                feedForwardNorm: try norm("norm_layers_2.\(index)"))
        }
        embedding = values.map { $0 * Float(width).squareRoot() }
        symbols = shape[0]
        self.width = width
        projection = try convolution("/enc_p/proj/Conv", inputs: width, outputs: nil)
        guard projection.outputs % 2 == 0 else {
            throw weights.bad("/enc_p/proj/Conv", "outputs", "\(projection.outputs)", "even")
        }
    }
}

extension GraphWeights {
    /// A layer norm over channels, as VITS names it.
    func vitsNorm(_ name: String, width: Int) throws -> LayerNorm {
        LayerNorm(
            weight: try floats(name + ".gamma", shape: [width]), bias: try floats(name + ".beta", shape: [width]),
            epsilon: 1e-5)
    }
}
