public import TuttiTensors

/// Whisper (Radford et al. 2022, arXiv:2212.04356, section 2.2): an encoder that hears log-mel frames, two convolutions and
/// transformer blocks over them, and a decoder that writes tokens, looking at what it wrote and at what the encoder heard.
/// All blocks normalise before, and what they find is added to their input.
public struct Whisper: Sendable {
    public let shape: WhisperShape
    let encoder: Encoder
    let decoder: Decoder

    /// Hears a window of sound.
    /// - Parameter mel: `[frames, shape.bands]`, 10 ms each, an even number of them up to `2 · shape.audio.positions`.
    /// - Returns: What the decoder looks at, `[frames / 2, shape.audio.hidden]`, in the step's arena.
    public func encode(_ mel: Tensor, _ step: Step) -> Tensor { encoder(mel, step) }

    /// Keys and values of what was heard, for all layers of the decoder: computed once, looked at in every step.
    public func listen(to states: Tensor, _ step: Step) -> HeardSound { decoder.listen(to: states, step) }

    /// Writes on: one pass over the rows of any number of sequences.
    /// - Parameters:
    ///   - tokens: The rows' tokens, below `shape.vocabulary`.
    ///   - batch: Which rows continue which sequence, up to `shape.text.positions` tokens each; with pages of
    ///     `shape.layout`.
    ///   - observe: Is handed every layer's queries to the sound, `[rows, shape.text.hidden]`, before they are answered.
    /// - Returns: Logits of `batch.outputs`, `[outputs, shape.vocabulary]`, in the step's arena.
    public func callAsFunction(
        _ tokens: [Token], _ batch: Batch, hearing sound: HeardSound, _ step: Step,
        observe: ((_ layer: Int, _ queries: Tensor) -> Void)? = nil
    ) -> Tensor {
        decoder(tokens, batch, sound, step, observe)
    }

    // MARK: The encoder

    struct Encoder: Sendable {
        let first: PackedConvolution
        let second: PackedConvolution
        /// `[positions, hidden]`, row after row.
        let positions: [Float]
        let blocks: [EncoderBlock]
        let norm: LayerNorm
        let layout: KeyValueLayout

        func callAsFunction(_ mel: Tensor, _ step: Step) -> Tensor {
            let frames = (mel.rows + 1) / 2
            let x = step.scratch(frames, norm.weight.count)
            step.frame {
                let wide = step.convolve(mel, first)
                step.gelu(wide)
                let narrow = step.convolve(wide, second)
                step.gelu(narrow)
                x.fill(from: Array(positions.prefix(x.count)))
                step.add(narrow, to: x)
            }
            let pages = (0..<(frames + KeyValueLayout.pageTokens - 1) / KeyValueLayout.pageTokens).map { _ in
                KeyValuePage(layout, group: 0)
            }
            let rows = [SequenceRows(rows: 0..<frames, start: 0, pages: [pages])]
            for block in blocks { block(x, rows, layout, step) }
            norm.inPlace(x, step)
            return x
        }
    }

    struct EncoderBlock: Sendable {
        let attention: Attention
        let feedForward: WideLayer

        /// Adds what the block finds to `x`, `[frames, hidden]`.
        func callAsFunction(_ x: Tensor, _ rows: [SequenceRows], _ layout: KeyValueLayout, _ step: Step) {
            attention.ofItself(x, rows, layout, layer: 0, step)
            feedForward(x, step)
        }
    }

    // MARK: The decoder

    struct Decoder: Sendable {
        let tokens: EmbeddingTable
        let positions: [Float]
        let blocks: [DecoderBlock]
        let norm: LayerNorm
        /// The token embeddings once more.
        let head: Linear
        let layout: KeyValueLayout
        let soundLayout: KeyValueLayout

        func listen(to states: Tensor, _ step: Step) -> HeardSound {
            let tokens = KeyValueLayout.pageTokens
            let pages = (0..<(states.rows + tokens - 1) / tokens).map { _ in KeyValuePage(soundLayout, group: 0) }
            let rows = [SequenceRows(rows: 0..<states.rows, start: 0, pages: [pages])]
            for (layer, block) in blocks.enumerated() {
                step.frame {
                    let parts = Linear.together([block.sound.key, block.sound.value], states, step)
                    step.store(parts[0], parts[1], layer: layer, in: rows, soundLayout)
                }
            }
            return HeardSound(pages: pages, frameCount: states.rows)
        }

        func callAsFunction(
            _ tokens: [Token], _ batch: Batch, _ sound: HeardSound, _ step: Step,
            _ observe: ((Int, Tensor) -> Void)?
        ) -> Tensor {
            let x = step.embed(tokens, self.tokens)
            step.frame {
                let places = step.scratch(x.rows, x.width)
                places.fill(
                    from: batch.positions.flatMap { positions[Int($0) * x.width..<(Int($0) + 1) * x.width] })
                step.add(places, to: x)
            }
            // Every row looks at all of the sound.
            let heard = batch.sequences.map {
                SequenceRows(rows: $0.rows, start: 0, pages: [sound.pages], length: sound.frameCount)
            }
            for (layer, block) in blocks.enumerated() {
                block.writing.ofItself(x, batch.sequences, layout, layer: layer, step)
                block.sound.ofOthers(x, heard, soundLayout, layer: layer, step, observe)
                block.feedForward(x, step)
            }
            let asked = batch.outputs.count == x.rows ? x : step.gather(x, rows: batch.outputs)
            norm.inPlace(asked, step)
            return head(asked, step)
        }
    }

    struct DecoderBlock: Sendable {
        let writing: Attention
        let sound: Attention
        let feedForward: WideLayer
    }

    // MARK: Layers of both

    /// Attention with its norm.
    struct Attention: Sendable {
        let norm: LayerNorm
        let query: Linear
        let key: Linear
        let value: Linear
        let output: Linear
        let shape: AttentionShape

        /// Rows look at rows: adds what they see to `x`.
        func ofItself(_ x: Tensor, _ rows: [SequenceRows], _ layout: KeyValueLayout, layer: Int, _ step: Step) {
            step.frame {
                let normed = norm(x, step)
                let parts = Linear.together([query, key, value], normed, step)
                step.store(parts[1], parts[2], layer: layer, in: rows, layout)
                let seen = step.attention(parts[0], layer: layer, over: rows, layout, shape)
                step.add(output(seen, step), to: x)
            }
        }

        /// Rows look at what is in the pages already.
        func ofOthers(
            _ x: Tensor, _ rows: [SequenceRows], _ layout: KeyValueLayout, layer: Int, _ step: Step,
            _ observe: ((Int, Tensor) -> Void)?
        ) {
            step.frame {
                let queries = query(norm(x, step), step)
                observe?(layer, queries)
                let seen = step.attention(queries, layer: layer, over: rows, layout, shape)
                step.add(output(seen, step), to: x)
            }
        }
    }

    /// Two layers with GELU between them, and their norm.
    struct WideLayer: Sendable {
        let norm: LayerNorm
        let up: Linear
        let down: Linear

        func callAsFunction(_ x: Tensor, _ step: Step) {
            step.frame {
                let wide = up(norm(x, step), step)
                step.gelu(wide)
                step.add(down(wide, step), to: x)
            }
        }
    }
}

/// What the decoder keeps of a window that was heard: keys and values of every frame for each of its layers.
public struct HeardSound: Sendable {
    let pages: PageTable
    /// Frames of 20 ms.
    public let frameCount: Int
}

/// The sizes of a Whisper.
public struct WhisperShape: Sendable, Equatable {
    public struct Stack: Sendable, Equatable {
        public var layers: Int
        public var hidden: Int
        public var heads: Int
        public var feedForward: Int
        /// Frames of 20 ms, or tokens.
        public var positions: Int

        public var headWidth: Int { hidden / heads }
    }

    /// Mel bands: 80, or 128 for large-v3.
    public var bands: Int
    public var audio: Stack
    public var text: Stack
    public var vocabulary: Int

    /// The pages of what a decoder wrote.
    public var layout: KeyValueLayout {
        KeyValueLayout(
            kind: .f32, windows: Array(repeating: nil, count: text.layers), heads: text.heads,
            headWidth: text.headWidth)
    }
}
