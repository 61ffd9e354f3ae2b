public import TuttiTensors

/// Writes words, looking at an encoder's frames.
public struct MoonshineDecoder: Sendable {
    /// Tokens' embeddings, and what the output multiplies with.
    let embedding: Embedding
    public let layers: [Layer]
    let norm: LayerNorm
    let rotary: RotaryEmbedding
    public let layout: KeyValueLayout

    /// The sizes of a decoder.
    struct Config {
        var hidden: Int
        var layers: Int
        var heads: MoonshineHeads
        var feedForward: Int
        var vocabulary: Int
        var rotary: RotaryEmbedding
        /// Whether the output multiplies with the tokens' embeddings, or with `proj_out`.
        var isTied: Bool
    }

    enum Embedding: Sendable {
        case table(EmbeddingTable, head: Projection)
        case bytes(ByteMatrix)
    }

    /// Stores the keys and values that all layers take from the frames, once for a clip.
    /// - Parameter states: The encoder's, `[frames, hidden]`.
    public func hear(_ states: Tensor, into memory: inout KeyValueMemory, _ step: Step) {
        let rows = SequenceRows(rows: 0..<states.rows, start: 0, pages: [memory.pages(tokens: states.rows)])
        step.frame {
            let parts = Projection.together(
                layers.flatMap { [$0.crossAttention.key, $0.crossAttention.value] }, states, step, rounding: .whole)
            for layer in layers.indices {
                step.store(parts[2 * layer], parts[2 * layer + 1], layer: layer, in: [rows], layout)
            }
        }
    }

    /// One pass over tokens of one or several texts.
    /// - Parameters:
    ///   - tokens: In the rows of `own`.
    ///   - own: The rows of each text, with pages of `layout` for its own tokens.
    ///   - heard: For each text the same rows, and the pages that ``hear(_:into:_:)`` filled.
    ///   - rounding: `rows` gives the same numbers however many tokens are computed at once.
    /// - Returns: The last layer's states after the last norm, `[tokens, hidden]`.
    public func callAsFunction(
        _ tokens: [Token], _ own: Batch, heard: [SequenceRows], _ step: Step, rounding: ByteRounding = .rows
    ) -> Tensor {
        let x = embed(tokens, step), angles = step.angles(own, rotary)
        for layer in layers { layer(x, own, heard, angles, step, rounding: rounding) }
        finish(x, step)
        return x
    }

    public func embed(_ tokens: [Token], _ step: Step) -> Tensor {
        switch embedding {
        case .table(let table, _): step.embed(tokens, table)
        case .bytes(let matrix): step.embed(tokens, matrix)
        }
    }

    public func angles(_ batch: Batch, _ step: Step) -> RopeAngles { step.angles(batch, rotary) }

    /// The last norm, in place.
    public func finish(_ x: Tensor, _ step: Step) { norm.inPlace(x, step) }

    /// Scores of all tokens, `[rows, vocabulary]`.
    public func logits(_ states: Tensor, _ step: Step, rounding: ByteRounding = .rows) -> Tensor {
        switch embedding {
        case .table(_, let head): head(states, step, rounding: rounding)
        case .bytes(let matrix): step.linear(states, [(matrix, nil)], rounding: rounding)[0]
        }
    }

    /// Pre-norm attention to what was written, attention to the frames, then the gated feed-forward layer.
    public struct Layer: Sendable {
        let index: Int
        let selfNorm: LayerNorm
        let selfAttention: MoonshineAttention
        let crossNorm: LayerNorm
        let crossAttention: MoonshineAttention
        let feedForwardNorm: LayerNorm
        let feedForward: MoonshineGatedMLP

        /// Puts the layer's output in the place of its input `x`, `[rows, hidden]`.
        public func callAsFunction(
            _ x: Tensor, _ own: Batch, _ heard: [SequenceRows], _ angles: RopeAngles, _ step: Step,
            rounding: ByteRounding
        ) {
            step.frame {
                let parts = Projection.together(
                    [selfAttention.query, selfAttention.key, selfAttention.value], selfNorm(x, step), step,
                    rounding: rounding)
                step.rope(parts[0], headWidth: selfAttention.headWidth, angles)
                step.rope(parts[1], headWidth: selfAttention.headWidth, angles)
                step.store(parts[1], parts[2], layer: index, in: own.sequences, own.layout)
                let seen = step.attention(parts[0], layer: index, over: own.sequences, own.layout, selfAttention.shape)
                step.add(selfAttention.output(seen, step, rounding: rounding), to: x)
            }
            step.frame {
                let query = crossAttention.query(crossNorm(x, step), step, rounding: rounding)
                let seen = step.attention(query, layer: index, over: heard, own.layout, crossAttention.shape)
                step.add(crossAttention.output(seen, step, rounding: rounding), to: x)
            }
            step.frame { step.add(feedForward(feedForwardNorm(x, step), step, rounding: rounding), to: x) }
        }
    }
}
