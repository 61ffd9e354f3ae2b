public import TuttiTensors

/// Moonshine v2 (Kudlur et al. 2026, arXiv:2602.12241): frames see only their neighbours, so that sound is heard as it
/// comes, and what was heard stays.
///
/// Windows of 5 ms become frames of 20 ms by two convolutions that look back. The encoder's layers see some frames back
/// and few ahead, and know no positions: those are added before the decoder, which is Moonshine's, looks at the frames.
public struct MoonshineStreaming: MoonshineModel {
    public let config: Config
    public let encoder: MoonshineStreamingEncoder
    public let decoder: MoonshineDecoder
    /// `[config.positions, config.encoderHidden]`.
    let positions: [Float]
    /// From the encoder's width to the decoder's, where they differ.
    let projection: Projection?

    /// The sizes of a model.
    public struct Config: Sendable, Equatable {
        /// Samples of a window.
        public var windowSamples: Int
        public var encoderHidden: Int
        public var encoderHeads: Int
        public var encoderHeadWidth: Int
        public var encoderFeedForward: Int
        /// What each of the encoder's layers sees.
        public var windows: [AttentionShape.Window]
        public var hidden: Int
        public var layers: Int
        public var heads: Int
        public var headWidth: Int
        public var feedForward: Int
        public var vocabulary: Int
        /// The most frames that the decoder can look at, 20 ms each.
        public var positions: Int
        /// How much of a head's width rotary positions turn in the decoder; the rest passes.
        public var rotaryFraction: Float
        public var ropeBase: Float
        /// Whether the output multiplies with the tokens' embeddings.
        public var isTied: Bool
        public var start: Token
        public var end: Token
    }

    public var start: Token { config.start }
    public var end: Token { config.end }
    public var leastSamples: Int { config.windowSamples }

    public func frames(samples: Int) -> Int {
        let windows = (samples + config.windowSamples - 1) / config.windowSamples
        // Two convolutions that each halve the rate.
        return min(config.positions, (windows + 3) / 4)
    }

    public func makeEncoderMemory() -> KeyValueMemory { KeyValueMemory(encoder.layout) }

    public func states(of samples: [Float], _ memory: inout KeyValueMemory, _ step: Step) -> Tensor {
        var stream = MoonshineStreamingEncoder.Stream(encoder, memory)
        let heard = stream.append(samples, isLast: true, step)
        memory = stream.memory
        return placed(heard, from: 0, step)
    }

    /// What the decoder looks at.
    /// - Parameters:
    ///   - frames: As the encoder heard them, `[frames, config.encoderHidden]`.
    ///   - first: The number of the first of them in its clip.
    /// - Returns: `[frames, config.hidden]`, without the frames behind the last that there is a position for.
    public func placed(_ frames: Tensor, from first: Int, _ step: Step) -> Tensor {
        let width = config.encoderHidden, x = step.scratch(max(0, min(frames.rows, config.positions - first)), width)
        for row in 0..<x.rows {
            let at = unsafe x.row(row), place = (first + row) * width
            unsafe at.update(from: frames.row(row), count: width)
            for c in 0..<width { unsafe at[c] += positions[place + c] }
        }
        return projection.map { $0(x, step, rounding: .rows) } ?? x
    }
}
