public import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Moonshine (Jeffries et al. 2024, arXiv:2410.15608): speech recognition whose work grows with the sound there is.
///
/// Three convolutions turn samples into frames, an encoder lets every frame see every other, and a decoder writes the
/// words, token after token, looking at the frames. Positions are rotary on both sides, so a clip may be of any length.
public struct Moonshine: Sendable {
    public let config: Config
    public let encoder: MoonshineEncoder
    public let decoder: MoonshineDecoder

    /// The sizes of a model.
    public struct Config: Sendable, Equatable {
        public var hidden: Int
        public var encoderLayers: Int
        public var decoderLayers: Int
        public var encoderHeads: Int
        public var decoderHeads: Int
        public var encoderFeedForward: Int
        public var decoderFeedForward: Int
        public var vocabulary: Int
        /// How much of a head's width rotary positions turn; the rest passes.
        public var rotaryFraction: Float
        public var ropeBase: Float
        public var start: Token
        public var end: Token

        /// Samples in a second.
        public static let sampleRate = 16_000
        /// Windows and hops of the convolutions.
        static let kernels = [127, 7, 3], strides = [64, 3, 2]
        /// The fewest samples that make a frame.
        public static let leastSamples = 127 + 64 * (7 + 3 * 2 - 1)

        /// How many frames so many samples make; 41.7 in a second.
        public static func frames(samples: Int) -> Int {
            zip(kernels, strides).reduce(samples) { count, step in
                count < step.0 ? 0 : (count - step.0) / step.1 + 1
            }
        }

        /// The heads on either side.
        var encoderHeadShape: MoonshineHeads { MoonshineHeads(count: encoderHeads, width: hidden / encoderHeads) }
        var decoderHeadShape: MoonshineHeads { MoonshineHeads(count: decoderHeads, width: hidden / decoderHeads) }

        var decoder: MoonshineDecoder.Config {
            MoonshineDecoder.Config(
                hidden: hidden, layers: decoderLayers, heads: decoderHeadShape, feedForward: decoderFeedForward,
                vocabulary: vocabulary, rotary: decoderHeadShape.rotary(fraction: rotaryFraction, base: ropeBase),
                isTied: true)
        }
    }
}

/// Heads of attention.
struct MoonshineHeads: Sendable {
    let count: Int
    /// Of one of them.
    let width: Int

    /// Keys are stored in heads of a multiple of sixteen.
    var stored: Int { (width + 15) / 16 * 16 }

    /// The keys and values of so many layers.
    func layout(layers: Int) -> KeyValueLayout {
        KeyValueLayout(kind: .f32, windows: Array(repeating: nil, count: layers), heads: count, headWidth: stored)
    }

    /// The angles of heads: base^(-2i/d), the pairs neighbours, where `d` may be odd and its last pair whole.
    func rotary(fraction: Float, base: Float) -> RotaryEmbedding {
        let turned = Int(Float(width) * fraction), pairs = (turned + 1) / 2
        return RotaryEmbedding(
            base: base, rotated: 2 * pairs, pairs: .neighbours,
            factors: (0..<pairs).map { pair in
                let even = Float(2 * pair) / Float(2 * pairs), odd = Float(2 * pair) / Float(turned)
                return powf(base, odd - even)
            })
    }
}

/// Attention of Moonshine's layers: no biases, heads filled up with zeros to the width that keys are stored in.
struct MoonshineAttention: Sendable {
    let query: Projection
    let key: Projection
    let value: Projection
    let output: Projection
    let shape: AttentionShape
    /// As keys are stored.
    let headWidth: Int
}

/// A feed-forward layer of two matrices with GELU between.
struct MoonshineMLP: Sendable {
    let up: Projection
    let down: Projection

    func callAsFunction(_ x: Tensor, _ step: Step, rounding: ByteRounding) -> Tensor {
        let wide = up(x, step, rounding: rounding)
        step.gelu(wide)
        return down(wide, step, rounding: rounding)
    }
}

/// The same with a gate: `down(up(x) · silu(gate(x)))`.
struct MoonshineGatedMLP: Sendable {
    let up: Projection
    let gate: Projection
    let down: Projection

    func callAsFunction(_ x: Tensor, _ step: Step, rounding: ByteRounding) -> Tensor {
        let parts = Projection.together([gate, up], x, step, rounding: rounding)
        return down(step.gated(parts[0], parts[1], .silu), step, rounding: rounding)
    }
}
