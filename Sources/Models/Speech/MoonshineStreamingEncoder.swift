public import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// From samples to frames of 20 ms, each of which has seen its neighbours.
public struct MoonshineStreamingEncoder: Sendable {
    /// Samples of a window.
    let windowSamples: Int
    /// What a window is multiplied with before the area hyperbolic sine makes its loud samples quieter.
    let compression: Float
    /// A window's features.
    let features: Projection
    /// Over five windows, and five of what the first makes; each makes one of two.
    let convolutions: [PackedConvolution]
    let layers: [Layer]
    let norm: LayerNorm
    let layout: KeyValueLayout

    /// Pre-norm attention to neighbours, then the feed-forward layer.
    struct Layer: Sendable {
        let index: Int
        let attentionNorm: LayerNorm
        let attention: MoonshineAttention
        let feedForwardNorm: LayerNorm
        let feedForward: MoonshineMLP

        var window: AttentionShape.Window { attention.shape.window ?? .init(back: 1, ahead: 0) }

        /// Stores the keys and values of frames, `[frames, hidden]`, which are the sequence's `rows`.
        func store(_ x: Tensor, _ rows: SequenceRows, _ layout: KeyValueLayout, _ step: Step) {
            step.frame {
                let parts = Projection.together(
                    [attention.key, attention.value], attentionNorm(x, step), step, rounding: .rows)
                step.store(parts[0], parts[1], layer: index, in: [rows], layout)
            }
        }

        /// Puts the layer's output in the place of its input `x`; what the frames see is stored.
        func callAsFunction(_ x: Tensor, _ rows: SequenceRows, _ layout: KeyValueLayout, _ step: Step) {
            step.frame {
                let query = attention.query(attentionNorm(x, step), step, rounding: .rows)
                let seen = step.attention(query, layer: index, over: [rows], layout, attention.shape)
                step.add(attention.output(seen, step, rounding: .rows), to: x)
            }
            step.frame { step.add(feedForward(feedForwardNorm(x, step), step, rounding: .rows), to: x) }
        }
    }

    /// The features of windows that lie one behind the other: each brought to a mean of 0 and a deviation of 1,
    /// compressed, and multiplied. `[windows, hidden]`.
    func features(of samples: ArraySlice<Float>, _ step: Step) -> Tensor {
        let x = step.scratch(samples.count / windowSamples, windowSamples)
        guard x.rows > 0 else { return step.scratch(0, convolutions[0].inputs) }
        for row in 0..<x.rows {
            let first = samples.startIndex + row * windowSamples, window = samples[first..<first + windowSamples]
            let mean = window.reduce(0, +) / Float(windowSamples)
            let variance = window.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(windowSamples)
            let factor = compression / (variance + 1e-6).squareRoot()
            for (place, sample) in window.enumerated() { unsafe x.row(row)[place] = asinhf((sample - mean) * factor) }
        }
        let y = features(x, step, rounding: .rows)
        step.silu(y)
        return y
    }
}

extension MoonshineStreamingEncoder {
    /// Sound that is heard as it comes: every frame is computed once, as soon as it has seen what it has to see. However the
    /// sound is cut, the frames are the same.
    ///
    ///     var stream = MoonshineStreamingEncoder.Stream(model.encoder)
    ///     while let samples = microphone.next() { let frames = stream.append(samples, step) … }
    ///     let last = stream.append([], isLast: true, step)
    public struct Stream: Sendable {
        private let encoder: MoonshineStreamingEncoder
        private(set) var memory: KeyValueMemory
        /// Samples of no whole window yet.
        private var samples: [Float] = []
        /// What each convolution still reads.
        private var windows: [Rows]
        /// For each layer the frames that wait until those behind them are there, and how many went on.
        private var waiting: [(rows: Rows, done: Int)]

        /// Some rows of numbers.
        private struct Rows: Sendable {
            var values: [Float]
            let width: Int

            var count: Int { values.count / width }

            /// Takes `x` behind these rows, and gives all of them.
            mutating func joined(_ x: Tensor, _ step: Step) -> Tensor {
                let all = step.scratch(count + x.rows, width)
                for row in 0..<x.rows { values += x.values(row: row) }
                all.fill(from: values)
                return all
            }

            mutating func removeFirst(_ count: Int) { values.removeFirst(count * width) }
        }

        public init(_ encoder: MoonshineStreamingEncoder) { self.init(encoder, KeyValueMemory(encoder.layout)) }

        init(_ encoder: MoonshineStreamingEncoder, _ memory: KeyValueMemory) {
            self.encoder = encoder
            self.memory = memory
            self.memory.removeAll()
            // Silence before the first window.
            windows = encoder.convolutions.map {
                Rows(values: Array(repeating: 0, count: ($0.taps - 1) * $0.inputs), width: $0.inputs)
            }
            let width = encoder.convolutions[1].outputs
            waiting = encoder.layers.map { _ in (Rows(values: [], width: width), 0) }
        }

        /// Hears more.
        /// - Parameters:
        ///   - samples: At 16 kHz, full scale from -1 to 1.
        ///   - isLast: Whether nothing follows: frames wait for no others, and a window that is not whole is silence.
        /// - Returns: The frames that are now known, behind those of earlier calls: `[frames, hidden]`, in the step's arena.
        public mutating func append(_ samples: [Float], isLast: Bool = false, _ step: Step) -> Tensor {
            self.samples += samples
            let size = encoder.windowSamples, rest = self.samples.count % size
            if isLast, rest > 0 {
                self.samples.removeLast(rest)
                self.samples += Array(repeating: 0, count: size)
            }
            let whole = self.samples.count / size * size
            var x = encoder.features(of: self.samples[..<whole], step)
            self.samples.removeFirst(whole)
            for (index, convolution) in encoder.convolutions.enumerated() {
                let all = windows[index].joined(x, step)
                x = step.convolve(all, convolution)
                if index == 0 { step.silu(x) }
                windows[index].removeFirst(x.rows * convolution.stride)
            }
            for index in encoder.layers.indices { x = advance(index, x, isLast: isLast, step) }
            encoder.norm.inPlace(x, step)
            forget()
            return x
        }

        /// Gives a layer its next frames.
        /// - Returns: Those that go on.
        private mutating func advance(_ index: Int, _ x: Tensor, isLast: Bool, _ step: Step) -> Tensor {
            let layer = encoder.layers[index], start = waiting[index].done
            let all = waiting[index].rows.joined(x, step), known = start + all.rows
            let pages = [memory.pages(tokens: known)]
            if x.rows > 0 {
                layer.store(
                    x, SequenceRows(rows: 0..<x.rows, start: known - x.rows, pages: pages), encoder.layout, step)
            }
            let ready = isLast ? all.rows : max(0, all.rows - layer.window.ahead)
            let y = step.scratch(ready, all.width)
            guard ready > 0 else { return y }
            unsafe y.base.update(from: all.base, count: ready * all.width)
            waiting[index].rows.removeFirst(ready)
            waiting[index].done += ready
            layer(
                y, SequenceRows(rows: 0..<ready, start: start, pages: pages, length: known), encoder.layout, step)
            return y
        }

        /// Lets go of what no frame to come sees.
        private mutating func forget() {
            let oldest = zip(waiting, encoder.layers).map { $0.done + 1 - $1.window.back }.min() ?? 0
            memory.release(before: oldest)
        }
    }
}
