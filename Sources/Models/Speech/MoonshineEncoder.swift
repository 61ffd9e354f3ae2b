public import TuttiTensors

/// From samples to frames, each of which has seen all others.
public struct MoonshineEncoder: Sendable {
    public let stem: Stem
    public let layers: [Layer]
    let norm: LayerNorm
    let rotary: RotaryEmbedding
    let layout: KeyValueLayout

    /// - Parameters:
    ///   - samples: At 16 kHz, full scale from -1 to 1; at least `Moonshine.Config.leastSamples`.
    ///   - memory: Where keys and values of a layer lie meanwhile.
    /// - Returns: `[frames, hidden]`, in the step's arena.
    public func callAsFunction(_ samples: [Float], _ memory: inout KeyValueMemory, _ step: Step) -> Tensor {
        let x = stem(samples, step)
        let batch = batch(frames: x.rows, &memory), angles = step.angles(batch, rotary)
        for layer in layers { layer(x, batch, angles, step) }
        finish(x, step)
        return x
    }

    /// One sequence of so many frames, with pages.
    public func batch(frames: Int, _ memory: inout KeyValueMemory) -> Batch {
        Batch(
            sequences: [SequenceRows(rows: 0..<frames, start: 0, pages: [memory.pages(tokens: frames)])], outputs: [],
            layout: layout)
    }

    public func angles(_ batch: Batch, _ step: Step) -> RopeAngles { step.angles(batch, rotary) }

    /// The last norm, in place.
    public func finish(_ x: Tensor, _ step: Step) { norm.inPlace(x, step) }

    /// Memory for the keys and values of a layer.
    public func makeMemory() -> KeyValueMemory { KeyValueMemory(layout) }

    /// Three convolutions, the first over samples and normalised over the whole clip.
    public struct Stem: Sendable {
        let first: PackedConvolution
        let gain: [Float]
        let shift: [Float]
        let second: PackedConvolution
        let third: PackedConvolution

        /// - Returns: `[frames, hidden]`.
        public func callAsFunction(_ samples: [Float], _ step: Step) -> Tensor {
            let frames = Moonshine.Config.frames(samples: samples.count)
            precondition(frames > 0, "\(samples.count) samples make no frame")
            let result = step.scratch(frames, third.outputs)
            step.frame {
                let x = waves(samples, step)
                normalize(x, step)
                let y = step.convolve(x, second)
                step.gelu(y)
                let z = step.convolve(y, third)
                step.gelu(z)
                step.copy(z, to: result)
            }
            return result
        }

        /// The first convolution and tanh, `[frames of 4 ms, hidden]`.
        public func waves(_ samples: [Float], _ step: Step) -> Tensor {
            let input = step.scratch(samples.count, 1)
            input.fill(from: samples)
            let x = step.convolve(input, first)
            step.softCap(x, 1)
            return x
        }

        /// One mean and one variance for the whole clip, then a gain and a shift for each channel; in place.
        public func normalize(_ x: Tensor, _ step: Step) { step.groupNorm(x, gain: gain, shift: shift, epsilon: 1e-5) }
    }

    /// Pre-norm attention in both directions, then the feed-forward layer.
    public struct Layer: Sendable {
        let attentionNorm: LayerNorm
        let attention: MoonshineAttention
        let feedForwardNorm: LayerNorm
        let feedForward: MoonshineMLP

        /// Puts the layer's output in the place of its input `x`, `[frames, hidden]`.
        public func callAsFunction(_ x: Tensor, _ batch: Batch, _ angles: RopeAngles, _ step: Step) {
            step.frame {
                let y = attentionNorm(x, step)
                let parts = Projection.together(
                    [attention.query, attention.key, attention.value], y, step, rounding: .whole)
                step.rope(parts[0], headWidth: attention.headWidth, angles)
                step.rope(parts[1], headWidth: attention.headWidth, angles)
                step.store(parts[1], parts[2], layer: 0, in: batch.sequences, batch.layout)
                let seen = step.attention(parts[0], layer: 0, over: batch.sequences, batch.layout, attention.shape)
                step.add(attention.output(seen, step, rounding: .whole), to: x)
            }
            step.frame {
                step.add(feedForward(feedForwardNorm(x, step), step, rounding: .whole), to: x)
            }
        }

        /// The first product of the layer, `[frames, heads · padded width]`, before positions.
        public func queries(_ x: Tensor, _ step: Step) -> Tensor {
            attention.query(attentionNorm(x, step), step, rounding: .whole)
        }
    }
}
