import TuttiCheckpoints
public import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension MoonshineStreaming {
    /// Loads a folder as `transformers` saves a `MoonshineStreamingForConditionalGeneration`, in float32 or narrower
    /// floats, which are multiplied as float32.
    /// - Throws: `CheckpointError`: it is another model, or a weight is missing or misshapen.
    public init(folder: String, pool: ComputePool) throws {
        let folder = try HuggingFaceFolder(path: folder)
        let config = try Config(folder.config)
        let weights = try MoonshineFolder(folder), builder = MoonshineBuilder(weights: weights, pool: pool)
        self.config = config
        encoder = try builder.streamingEncoder(config)
        decoder = try builder.decoder(config.decoder)
        positions = try weights.floats(
            "model.decoder.pos_emb.weight", shape: [config.positions, config.encoderHidden])
        projection =
            config.encoderHidden == config.hidden
            ? nil
            : Projection(
                try weights.matrix(
                    "model.decoder.proj.weight", rows: config.hidden, columns: config.encoderHidden
                ).packed(pool))
    }
}

extension MoonshineStreaming.Config {
    var decoder: MoonshineDecoder.Config {
        let heads = MoonshineHeads(count: heads, width: headWidth)
        return MoonshineDecoder.Config(
            hidden: hidden, layers: layers, heads: heads, feedForward: feedForward, vocabulary: vocabulary,
            rotary: heads.rotary(fraction: rotaryFraction, base: ropeBase), isTied: isTied)
    }

    /// Reads `config.json`.
    init(_ config: HuggingFaceConfig) throws {
        func unsupported(_ reason: String) -> CheckpointError { .unsupported(file: config.file, reason) }
        guard config.modelType == "moonshine_streaming", let part = config["encoder_config"] else {
            throw unsupported("it is no `moonshine_streaming` with an `encoder_config`")
        }
        let hearing = try HuggingFaceConfig(part, file: config.file)
        /// Heads, and the width of one.
        func heads(_ config: HuggingFaceConfig, hidden: Int) throws -> (count: Int, width: Int) {
            let count = try config.requiredSize("num_attention_heads", limit: 1 << 10)
            guard try config.size("num_key_value_heads") ?? count == count else {
                throw unsupported("its heads share keys and values, as those of no Moonshine do")
            }
            let width = try config.size("head_dim") ?? hidden / count
            guard width > 0, width <= KeyValueLayout.maximumHeadWidth else {
                throw unsupported("a width of \(hidden) is not shared out among \(count) heads")
            }
            return (count, width)
        }
        encoderHidden = try hearing.requiredSize("hidden_size", limit: 1 << 16)
        hidden = try config.requiredSize("hidden_size", limit: 1 << 16)
        (encoderHeads, encoderHeadWidth) = try heads(hearing, hidden: encoderHidden)
        (self.heads, headWidth) = try heads(config, hidden: hidden)
        for (part, activation) in [(hearing, "gelu"), (config, "silu")] {
            guard part["hidden_act"]?.string ?? activation == activation, try part.bool("attention_bias") != true else {
                throw unsupported("it has other activations, or biases, as no Moonshine has")
            }
        }
        let milliseconds = try hearing.number("frame_ms") ?? 5
        guard try hearing.integer("sample_rate") ?? 16_000 == 16_000, milliseconds >= 1, milliseconds <= 1000 else {
            throw unsupported("its windows are \(milliseconds) ms long, or of sound at another rate than 16 kHz")
        }
        windowSamples = Int((16 * milliseconds).rounded())
        let layerCount = try hearing.requiredSize("num_hidden_layers", limit: 1 << 10)
        windows = try (hearing.array("sliding_windows") ?? []).map { pair in
            guard let back = pair[0]?.int, let ahead = pair[1]?.int, back >= 1, ahead >= 0, max(back, ahead) <= 1 << 20
            else { throw hearing.wrong("sliding_windows", pair, "pairs of a number from 1 and one from 0") }
            // The row itself counts among those ahead.
            return AttentionShape.Window(back: back, ahead: max(0, ahead - 1))
        }
        guard windows.count == layerCount else {
            throw unsupported("it says what \(windows.count) of \(layerCount) layers see")
        }
        let rope = config["rope_parameters"]
        let fraction = rope?["partial_rotary_factor"]?.double ?? 0.8, base = rope?["rope_theta"]?.double ?? 10_000
        guard fraction > 0, fraction <= 1, base > 1, rope?["rope_type"]?.string ?? "default" == "default" else {
            throw unsupported("its rotary positions make no sense")
        }
        (rotaryFraction, ropeBase) = (Float(fraction), Float(base))
        encoderFeedForward = try hearing.requiredSize("intermediate_size", limit: 1 << 20)
        feedForward = try config.requiredSize("intermediate_size", limit: 1 << 20)
        layers = try config.requiredSize("num_hidden_layers", limit: 1 << 10)
        vocabulary = try config.requiredSize("vocab_size")
        positions = try config.size("max_position_embeddings", limit: 1 << 20) ?? 4096
        isTied = try config.bool("tie_word_embeddings") ?? false
        let begins = try config.integer("decoder_start_token_id") ?? config.integer("bos_token_id") ?? 1
        start = Token(clamping: begins)
        end = Token(clamping: config["eos_token_id"]?.array?.first?.int ?? config["eos_token_id"]?.int ?? 2)
        guard start >= 0, Int(start) < vocabulary else { throw unsupported("its first token is \(start)") }
    }
}

extension MoonshineBuilder {
    func streamingEncoder(_ config: MoonshineStreaming.Config) throws -> MoonshineStreamingEncoder {
        let root = "model.encoder", hidden = config.encoderHidden
        let heads = MoonshineHeads(count: config.encoderHeads, width: config.encoderHeadWidth)
        let layers = try config.windows.enumerated().map { index, window in
            let name = "\(root).layers.\(index)"
            return MoonshineStreamingEncoder.Layer(
                index: index, attentionNorm: try gammaNorm("\(name).input_layernorm", hidden),
                attention: try attention("\(name).self_attn", hidden, heads, isCausal: false, window: window),
                feedForwardNorm: try gammaNorm("\(name).post_attention_layernorm", hidden),
                feedForward: try mlp("\(name).mlp", hidden, inner: config.encoderFeedForward))
        }
        let window = config.windowSamples
        return MoonshineStreamingEncoder(
            windowSamples: window,
            compression: expf(try weights.floats("\(root).embedder.comp.log_k", shape: [])[0]),
            features: Projection(
                try weights.matrix("\(root).embedder.linear.weight", rows: hidden, columns: window).packed(pool)),
            convolutions: [
                try halving("\(root).embedder.conv1", from: hidden, to: 2 * hidden),
                try halving("\(root).embedder.conv2", from: 2 * hidden, to: hidden),
            ],
            layers: layers, norm: try gammaNorm("\(root).final_norm", hidden),
            layout: heads.layout(layers: config.windows.count))
    }

    /// The gain is stored less 1.
    private func gammaNorm(_ name: String, _ width: Int) throws -> LayerNorm {
        LayerNorm(
            weight: try weights.floats("\(name).gamma", shape: [width]).map { $0 + 1 }, bias: nil, epsilon: 1e-5)
    }

    /// Over five rows, one of two; those before the first are given by whoever calls.
    private func halving(_ name: String, from: Int, to: Int) throws -> PackedConvolution {
        PackedConvolution(
            weights: try weights.floats("\(name).weight", shape: [to, from, 5]), inputs: from, outputs: to, taps: 5,
            stride: 2, bias: try weights.floats("\(name).bias", shape: [to]), pool: pool)
    }
}
