#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
public import TuttiCheckpoints
public import TuttiTensors

extension Whisper {
    /// - Parameters:
    ///   - checkpoint: As ``WhisperFiles`` opens it.
    ///   - quantization: What matrices are turned into on the way; nil leaves them as they are stored.
    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    public init(_ checkpoint: any Checkpoint, pool: ComputePool, quantization: QuantizationType? = nil) throws {
        let shape = try WhisperShape(ConfigReader(checkpoint))
        let weights = WeightReader(checkpoint, pool: pool, quantization: quantization)
        self.shape = shape
        encoder = try Encoder(shape, weights)
        decoder = try Decoder(shape, weights)
    }
}

extension Whisper.Encoder {
    init(_ shape: WhisperShape, _ weights: WeightReader) throws {
        let audio = shape.audio
        first = try weights.convolution("enc.conv1", inputs: shape.bands, outputs: audio.hidden)
        second = try weights.convolution("enc.conv2", inputs: audio.hidden, outputs: audio.hidden, stride: 2)
        positions = try weights.matrixValues(
            "enc.position_embd.weight", rows: audio.positions, columns: audio.hidden)
        blocks = try (0..<audio.layers).map { layer in
            Whisper.EncoderBlock(
                attention: try weights.attention("enc.blk.\(layer)", "attn", audio, keysFrom: audio.hidden),
                feedForward: try weights.wideLayer("enc.blk.\(layer)", audio))
        }
        norm = try weights.layerNorm("enc.output_norm", width: audio.hidden, epsilon: WhisperShape.epsilon)
        // A layer's keys and values are of no use to the next.
        layout = KeyValueLayout(kind: .f32, windows: [nil], heads: audio.heads, headWidth: audio.headWidth)
    }
}

extension Whisper.Decoder {
    init(_ shape: WhisperShape, _ weights: WeightReader) throws {
        let text = shape.text
        tokens = try weights.table("dec.token_embd.weight", rows: shape.vocabulary, width: text.hidden)
        head = try weights.linear("dec.token_embd", rows: shape.vocabulary, columns: text.hidden)
        positions = try weights.matrixValues("dec.position_embd.weight", rows: text.positions, columns: text.hidden)
        blocks = try (0..<text.layers).map { layer in
            let block = "dec.blk.\(layer)"
            return Whisper.DecoderBlock(
                writing: try weights.attention(block, "attn", text, keysFrom: text.hidden, isCausal: true),
                sound: try weights.attention(block, "cross_attn", text, keysFrom: shape.audio.hidden),
                feedForward: try weights.wideLayer(block, text))
        }
        norm = try weights.layerNorm("dec.output_norm", width: text.hidden, epsilon: WhisperShape.epsilon)
        layout = shape.layout
        // All of the sound is read for every token: half the bytes are half the time.
        soundLayout = KeyValueLayout(
            kind: .f16, windows: Array(repeating: nil, count: text.layers), heads: text.heads,
            headWidth: text.headWidth)
    }
}

extension WeightReader {
    /// A convolution over three frames, with one of silence before and behind.
    fileprivate func convolution(_ name: String, inputs: Int, outputs: Int, stride: Int = 1) throws -> PackedConvolution
    {
        let weights = try file.floats(of: try file.tensor(named: "\(name).weight", shape: [outputs, inputs, 3]))
        return PackedConvolution(
            weights: weights, inputs: inputs, outputs: outputs, taps: 3, stride: stride, padding: (1, 1),
            bias: try vector("\(name).bias", count: outputs), pool: pool)
    }

    fileprivate func attention(
        _ block: String, _ name: String, _ stack: WhisperShape.Stack, keysFrom width: Int, isCausal: Bool = false
    ) throws -> Whisper.Attention {
        func linear(_ part: String, from columns: Int) throws -> Linear {
            try self.linear("\(block).\(name)_\(part)", rows: stack.hidden, columns: columns)
        }
        return Whisper.Attention(
            norm: try layerNorm("\(block).\(name)_norm", width: stack.hidden, epsilon: WhisperShape.epsilon),
            query: try linear("q", from: stack.hidden), key: try linear("k", from: width),
            value: try linear("v", from: width), output: try linear("output", from: stack.hidden),
            shape: AttentionShape(
                heads: stack.heads, scale: 1 / sqrtf(Float(stack.headWidth)), isCausal: isCausal))
    }

    fileprivate func wideLayer(_ block: String, _ stack: WhisperShape.Stack) throws -> Whisper.WideLayer {
        Whisper.WideLayer(
            norm: try layerNorm("\(block).ffn_norm", width: stack.hidden, epsilon: WhisperShape.epsilon),
            up: try linear("\(block).ffn_up", rows: stack.feedForward, columns: stack.hidden),
            down: try linear("\(block).ffn_down", rows: stack.hidden, columns: stack.feedForward))
    }
}

extension WhisperShape {
    /// In all layer norms.
    static let epsilon: Float = 1e-5

    init(_ config: ConfigReader) throws {
        func stack(_ name: String, _ positions: String) throws -> Stack {
            let hidden = try config.size("\(name).embedding_length", limit: 1 << 16)
            let heads = try config.size("\(name).attention.head_count", limit: 4096)
            guard hidden % heads == 0, hidden / heads % 16 == 0, hidden / heads <= KeyValueLayout.maximumHeadWidth
            else {
                throw config.bad(
                    "\(name).attention.head_count", "\(heads)",
                    "a divisor of \(hidden) into heads of a multiple of 16, up to \(KeyValueLayout.maximumHeadWidth)")
            }
            return Stack(
                layers: try config.size("\(name).block_count", limit: 1024), hidden: hidden, heads: heads,
                feedForward: try config.size("\(name).feed_forward_length"),
                positions: try config.size("\(name).\(positions)", limit: 1 << 20))
        }
        bands = try config.size("encoder.mels_count", limit: 4096)
        audio = try stack("encoder", "context_length")
        text = try stack("decoder", "context_length")
        vocabulary = try config.size("vocab_size")
    }
}
