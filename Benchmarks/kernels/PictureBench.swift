import TuttiTensors

extension Bench {
    /// The shapes of the graph that finds text in a page of 736 × 1280 pixels: its first windows, pixels by themselves at
    /// each of its sizes, what every channel has for itself, and the windows and the enlargement at its end.
    func pictures() {
        picture(Extent(736, 1280), 3, 24, Window2D(Extent(3, 3), stride: Extent(2, 2), padding: .fixed(.init(1))))
        picture(Extent(368, 640), 24, 12, Window2D(Extent(2, 2), padding: .sameUpper))
        picture(Extent(368, 640), 48, 24, Window2D(Extent(3, 3), stride: Extent(2, 2), padding: .fixed(.init(1))))
        for (size, channels) in [
            (Extent(184, 320), 48), (Extent(92, 160), 96), (Extent(46, 80), 192), (Extent(23, 40), 384),
        ] {
            picture(size, channels, 2 * channels, Window2D(Extent(1, 1)), activation: .gelu)
            picture(size, 2 * channels, channels, Window2D(Extent(1, 1)))
            picture(size, channels, channels, Window2D(Extent(3, 3), padding: .fixed(.init(1))), groups: channels)
        }
        picture(Extent(184, 320), 96, 96, Window2D(Extent(7, 7), padding: .fixed(.init(3))), groups: 96)
        picture(Extent(184, 320), 96, 24, Window2D(Extent(3, 3), padding: .fixed(.init(1))))
        let step = Step(pool: pool), size = Extent(184, 320)
        let x = FeatureMap(Bench.tensor(size.area, 24, step), height: size.height, width: size.width)
        let upsampling = PackedUpsampling2D(
            weights: Bench.numbers(24 * 24 * 4), inputs: 24, outputs: 24, kernel: Extent(2, 2), pool: pool)
        let work = Work(multiplyAdds: Double(size.area * 24 * 24 * 4))
        measure(.pictures, "transposed 24 → 24, 2 × 2, \(size.height) × \(size.width)", work) {
            step.frame { _ = step.convolve(x, upsampling) }
        }
    }

    private func picture(
        _ size: Extent, _ inputs: Int, _ outputs: Int, _ window: Window2D, groups: Int = 1,
        activation: ConvolutionActivation = .none
    ) {
        let step = Step(pool: pool), kernel = window.kernel
        let x = FeatureMap(Bench.tensor(size.area, inputs, step), height: size.height, width: size.width)
        let convolution = PackedConvolution2D(
            weights: Bench.numbers(inputs * outputs / groups * kernel.area), inputs: inputs, outputs: outputs,
            window: window, groups: groups, pool: pool)
        let count = convolution.size(of: size).area * outputs * inputs / groups * kernel.area
        let kind = groups == 1 ? "" : "depthwise "
        measure(
            .pictures,
            "\(kind)\(inputs) → \(outputs), \(kernel.height) × \(kernel.width), \(size.height) × \(size.width)",
            Work(multiplyAdds: Double(count))
        ) {
            step.frame { _ = step.convolve(x, convolution, activation: activation) }
        }
    }
}
