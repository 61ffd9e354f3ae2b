import TuttiTensors

extension Bench {
    /// The shapes of a Piper voice of medium quality: of its flow, of the first and last convolution of its decoder, of
    /// the residual blocks at each of its three rates, and of what leads from one to the next. So many frames as a second
    /// and a half of speech has.
    func convolution() {
        let frames = 128
        dense("flow", frames, inputs: 192, outputs: 384, taps: 5)
        dense("before", frames, inputs: 192, outputs: 256, taps: 7)
        for (rate, channels) in [(8, 128), (64, 64), (256, 32)] {
            for (taps, dilation) in [(3, 1), (5, 6), (7, 12)] {
                dense("residual", rate * frames, inputs: channels, outputs: channels, taps: taps, dilation: dilation)
            }
        }
        dense("after", 256 * frames, inputs: 32, outputs: 1, taps: 7)
        for (rate, inputs, taps, stride) in [(1, 256, 16, 8), (8, 128, 16, 8), (64, 64, 8, 4)] {
            let outputs = inputs / 2, step = Step(pool: pool)
            let x = Bench.tensor(rate * frames, inputs, step)
            let convolution = PackedTransposedConvolution(
                weights: Bench.numbers(inputs * outputs * taps), inputs: inputs, outputs: outputs, taps: taps,
                stride: stride, padding: (taps / 4, taps / 4), pool: pool)
            let work = Work(multiplyAdds: Double(x.rows * inputs * outputs * taps))
            measure(.convolution, "transposed \(inputs) → \(outputs), taps \(taps) by \(stride), \(x.rows)", work) {
                step.frame { _ = step.convolve(x, convolution) }
            }
        }
        let step = Step(pool: pool), x = Bench.tensor(frames, 192, step)
        let depthwise = PackedConvolution(
            weights: Bench.numbers(192 * 3), inputs: 192, outputs: 192, taps: 3, dilation: 3, padding: (3, 3),
            groups: 192, pool: pool)
        // Each input is read for every tap.
        let work = Work(cacheBytes: Double(frames * 192 * 3 * MemoryLayout<Float>.size))
        measure(.convolution, "depthwise 192, taps 3, \(frames)", work) {
            step.frame { _ = step.convolve(x, depthwise) }
        }
    }

    private func dense(
        _ name: String, _ frames: Int, inputs: Int, outputs: Int, taps: Int, dilation: Int = 1
    ) {
        let step = Step(pool: pool), x = Bench.tensor(frames, inputs, step), reach = (taps - 1) / 2 * dilation
        let convolution = PackedConvolution(
            weights: Bench.numbers(inputs * outputs * taps), inputs: inputs, outputs: outputs, taps: taps,
            dilation: dilation, padding: (reach, reach), pool: pool)
        let work = Work(multiplyAdds: Double(frames * inputs * outputs * taps))
        measure(.convolution, "\(name) \(inputs) → \(outputs), taps \(taps) by \(dilation), \(frames)", work) {
            step.frame { _ = step.convolve(x, convolution) }
        }
    }
}
