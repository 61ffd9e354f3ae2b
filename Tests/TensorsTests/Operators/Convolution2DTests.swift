import CKernels
import Foundation
import TestSupport
import Testing
import TuttiTensors

/// A convolution over pictures.
struct Convolution2DCase: CustomTestStringConvertible, Sendable {
    var examples = 1
    var size: Extent
    var inputs: Int
    var outputs: Int
    var window: Window2D
    var groups = 1
    var hasBias = true
    var activation = ConvolutionActivation.none
    var adds = false

    var testDescription: String {
        "\(examples) × \(size), \(inputs) → \(outputs), \(window), \(groups) groups, \(activation), adds \(adds)"
    }

    private static func square(
        _ kernel: Int, stride: Int = 1, dilation: Int = 1, _ padding: Window2D.Padding = .none
    ) -> Window2D {
        Window2D(
            Extent(kernel, kernel), stride: Extent(stride, stride), dilation: Extent(dilation, dilation),
            padding: padding)
    }

    private static func around(_ count: Int) -> Window2D.Padding { .fixed(.init(count)) }

    static let all = [
        // One pixel each: rows enough for several parts, and too few for one tile.
        Convolution2DCase(size: Extent(37, 41), inputs: 48, outputs: 96, window: square(1), activation: .gelu),
        Convolution2DCase(
            examples: 3, size: Extent(1, 1), inputs: 20, outputs: 7, window: square(1), activation: .relu),
        Convolution2DCase(examples: 2, size: Extent(5, 7), inputs: 8, outputs: 33, window: square(1), adds: true),
        Convolution2DCase(
            size: Extent(6, 10), inputs: 384, outputs: 200, window: square(1), activation: .silu, adds: true),
        Convolution2DCase(size: Extent(9, 8), inputs: 5, outputs: 6, window: square(1, stride: 2)),
        // Windows with zeros around the picture, of all kinds.
        Convolution2DCase(
            size: Extent(33, 50), inputs: 3, outputs: 24, window: square(3, stride: 2, around(1)), activation: .relu),
        Convolution2DCase(examples: 2, size: Extent(20, 61), inputs: 24, outputs: 12, window: square(2, .sameUpper)),
        Convolution2DCase(size: Extent(20, 61), inputs: 7, outputs: 40, window: square(2, stride: 2, .sameLower)),
        Convolution2DCase(
            size: Extent(19, 64), inputs: 16, outputs: 24, window: square(3, around(1)), activation: .clip(-0.25, 0.5),
            adds: true),
        Convolution2DCase(size: Extent(70, 70), inputs: 64, outputs: 32, window: square(3, around(1)), hasBias: false),
        Convolution2DCase(
            size: Extent(7, 9), inputs: 32, outputs: 80, window: square(3, around(1)), activation: .hardSwish),
        Convolution2DCase(
            examples: 2, size: Extent(12, 15), inputs: 16, outputs: 64, window: square(3, stride: 2, .sameUpper)),
        Convolution2DCase(size: Extent(15, 58), inputs: 6, outputs: 18, window: square(3, dilation: 2, around(2))),
        Convolution2DCase(size: Extent(15, 22), inputs: 6, outputs: 70, window: square(3, dilation: 3, around(2))),
        Convolution2DCase(
            size: Extent(9, 50), inputs: 4, outputs: 17,
            window: Window2D(Extent(1, 7), stride: Extent(2, 1), padding: .fixed(.init(left: 3, right: 3)))),
        Convolution2DCase(
            size: Extent(50, 9), inputs: 4, outputs: 17,
            window: Window2D(Extent(5, 2), padding: .fixed(.init(top: 4, left: 0, bottom: 1, right: 2)))),
        // Windows side by side, and apart.
        Convolution2DCase(examples: 2, size: Extent(28, 42), inputs: 3, outputs: 64, window: square(14, stride: 14)),
        Convolution2DCase(size: Extent(11, 11), inputs: 3, outputs: 5, window: square(2, stride: 3, around(1))),
        // More edge than picture, and pictures smaller than windows.
        Convolution2DCase(
            size: Extent(2, 3), inputs: 3, outputs: 5, window: square(7, around(3)), activation: .sigmoid),
        Convolution2DCase(size: Extent(2, 3), inputs: 3, outputs: 5, window: square(5, around(1))),
        Convolution2DCase(size: Extent(0, 3), inputs: 3, outputs: 5, window: square(3, around(1))),
        // Groups.
        Convolution2DCase(
            size: Extent(13, 17), inputs: 12, outputs: 36, window: square(3, around(1)), groups: 3, adds: true),
        Convolution2DCase(
            size: Extent(13, 17), inputs: 4, outputs: 8, window: square(3, stride: 2, around(1)), groups: 4),
        // Every channel by itself.
        Convolution2DCase(size: Extent(23, 40), inputs: 48, outputs: 48, window: square(3, around(1)), groups: 48),
        Convolution2DCase(
            examples: 2, size: Extent(12, 80), inputs: 24, outputs: 24, window: square(3, stride: 2, around(1)),
            groups: 24, activation: .relu),
        Convolution2DCase(
            size: Extent(40, 30), inputs: 37, outputs: 37, window: square(7, around(3)), groups: 37, activation: .gelu,
            adds: true),
        Convolution2DCase(
            size: Extent(9, 9), inputs: 40, outputs: 40, window: square(5, stride: 2, .sameUpper), groups: 40,
            activation: .hardSigmoid(alpha: 0.25, beta: 0.5)),
        Convolution2DCase(
            size: Extent(9, 9), inputs: 16, outputs: 16, window: square(1), groups: 16, hasBias: false,
            activation: .leaky(0.1)),
        Convolution2DCase(
            size: Extent(9, 31), inputs: 3, outputs: 3, window: square(3, dilation: 2, around(1)), groups: 3),
    ]

    func numbers() -> (x: [Float], weights: [Float], bias: [Float]?, added: [Float]?) {
        var random = Random(seed: UInt64(size.area * 1000 + inputs * 10 + window.kernel.area))
        let result = window.count(size).area * examples * outputs
        return (
            random.floats(examples * size.area * inputs),
            random.floats(inputs * outputs / groups * window.kernel.area, scale: 0.2),
            hasBias ? random.floats(outputs) : nil, adds ? random.floats(result) : nil
        )
    }

    /// The formula, pixel by pixel and tap by tap.
    func formula(_ x: [Float], _ weights: [Float], _ bias: [Float]?, _ added: [Float]?) -> [Double] {
        let count = window.count(size), edges = window.edges(size), kernel = window.kernel
        let width = inputs / groups, height = outputs / groups
        var results: [Double] = []
        for example in 0..<examples {
            for line in 0..<count.height {
                for column in 0..<count.width {
                    for n in 0..<outputs {
                        var sum = Double(bias?[n] ?? 0)
                        for i in 0..<kernel.height {
                            let row = line * window.stride.height + i * window.dilation.height - edges.top
                            guard row >= 0, row < size.height else { continue }
                            for j in 0..<kernel.width {
                                let place = column * window.stride.width + j * window.dilation.width - edges.left
                                guard place >= 0, place < size.width else { continue }
                                let pixel = ((example * size.height + row) * size.width + place) * inputs
                                for c in 0..<width {
                                    sum +=
                                        Double(x[pixel + n / height * width + c])
                                        * Double(weights[((n * width + c) * kernel.height + i) * kernel.width + j])
                                }
                            }
                        }
                        results.append(Self.activated(sum, activation) + Double(added?[results.count] ?? 0))
                    }
                }
            }
        }
        return results
    }

    static func activated(_ x: Double, _ activation: ConvolutionActivation) -> Double {
        switch activation {
        case .none: x
        case .relu: max(x, 0)
        case .leaky(let slope): x < 0 ? Double(slope) * x : x
        case .clip(let low, let high): min(max(x, Double(low)), Double(high))
        case .hardSwish: x * min(max(x / 6 + 0.5, 0), 1)
        case .hardSigmoid(let alpha, let beta): min(max(Double(alpha) * x + Double(beta), 0), 1)
        case .sigmoid: 1 / (1 + exp(-x))
        case .silu: x / (1 + exp(-x))
        case .gelu: x / 2 * (1 + erf(x / 2.0.squareRoot()))
        }
    }
}

extension KernelTests {
    @Suite struct Convolution2DTests {
        private let pool = ComputePool(threads: 2)

        private func map(_ step: Step, _ values: [Float], _ examples: Int, _ size: Extent, _ channels: Int)
            -> FeatureMap
        {
            let tensor = step.scratch(examples * size.area, channels)
            tensor.fill(from: values)
            return FeatureMap(tensor, examples: examples, height: size.height, width: size.width)
        }

        private func worst(_ y: FeatureMap, _ expected: [Double]) -> Double {
            #expect(y.tensor.count == expected.count)
            let size = max(1, expected.map(abs).max() ?? 0)
            return zip(y.tensor.buffer, expected).map { abs(Double($0) - $1) }.reduce(0) {
                $0 < $1 || $1.isNaN ? $1 : $0
            } / size
        }

        private func convolved(_ c: Convolution2DCase, threads: Int) -> [Float] {
            let pool = ComputePool(threads: threads), step = Step(pool: pool)
            let (x, weights, bias, added) = c.numbers()
            let convolution = PackedConvolution2D(
                weights: weights, inputs: c.inputs, outputs: c.outputs, window: c.window, groups: c.groups, bias: bias,
                pool: pool)
            let y = step.convolve(
                map(step, x, c.examples, c.size, c.inputs), convolution, activation: c.activation,
                adding: added.map { map(step, $0, c.examples, c.window.count(c.size), c.outputs) })
            return Array(y.tensor.buffer)
        }

        @Test(arguments: Convolution2DCase.all, instructionSets)
        func agreesWithTheFormula(c: Convolution2DCase, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let (x, weights, bias, added) = c.numbers(), step = Step(pool: pool)
            let convolution = PackedConvolution2D(
                weights: weights, inputs: c.inputs, outputs: c.outputs, window: c.window, groups: c.groups, bias: bias,
                pool: pool)
            let y = step.convolve(
                map(step, x, c.examples, c.size, c.inputs), convolution, activation: c.activation,
                adding: added.map { map(step, $0, c.examples, c.window.count(c.size), c.outputs) })
            #expect(worst(y, c.formula(x, weights, bias, added)) < 3e-6)
        }

        /// The same bits, whoever computes them.
        @Test(arguments: [Convolution2DCase.all[0], Convolution2DCase.all[8], Convolution2DCase.all[25]])
        func threadsChangeNothing(c: Convolution2DCase) {
            let one = convolved(c, threads: 1)
            #expect(convolved(c, threads: 2) == one)
            #expect(convolved(c, threads: 3) == one)
        }

        @Test(arguments: [Extent(2, 2), Extent(3, 2), Extent(1, 4)], instructionSets)
        func upsampling(kernel: Extent, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var random = Random(seed: 5)
            let size = Extent(7, 13), inputs = 20, outputs = 9, step = Step(pool: pool)
            let x = random.floats(2 * size.area * inputs), bias = random.floats(outputs)
            let weights = random.floats(inputs * outputs * kernel.area, scale: 0.2)
            let convolution = PackedUpsampling2D(
                weights: weights, inputs: inputs, outputs: outputs, kernel: kernel, bias: bias, pool: pool)
            let y = step.convolve(map(step, x, 2, size, inputs), convolution, activation: .relu)
            var expected: [Double] = []
            for line in 0..<2 * size.height * kernel.height {
                for column in 0..<size.width * kernel.width {
                    let pixel = line / kernel.height * size.width + column / kernel.width
                    let tap = line % kernel.height * kernel.width + column % kernel.width
                    for n in 0..<outputs {
                        let sum = (0..<inputs).reduce(Double(bias[n])) {
                            $0 + Double(x[pixel * inputs + $1])
                                * Double(weights[($1 * outputs + n) * kernel.area + tap])
                        }
                        expected.append(max(0, sum))
                    }
                }
            }
            #expect(y.size == Extent(size.height * kernel.height, size.width * kernel.width))
            #expect(worst(y, expected) < 3e-6)
        }

        static let pools = [
            Window2D(Extent(2, 2), padding: .sameUpper),
            Window2D(Extent(3, 3), stride: Extent(2, 2), padding: .fixed(.init(1))),
            Window2D(Extent(3, 2), stride: Extent(3, 2)),
            Window2D(Extent(3, 3), stride: Extent(2, 2), padding: .fixed(.init(1)), roundsUp: true),
            Window2D(
                Extent(2, 4), stride: Extent(1, 3), dilation: Extent(2, 2), padding: .fixed(.init(left: 2, bottom: 1))),
        ]

        @Test(arguments: pools, instructionSets)
        func pooling(window: Window2D, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var random = Random(seed: 6)
            let size = Extent(14, 19), channels = 21, step = Step(pool: pool)
            let x = random.floats(2 * size.area * channels), edges = window.edges(size), count = window.count(size)
            var most: [Double] = [], mean: [Double] = [], padded: [Double] = []
            for example in 0..<2 {
                for line in 0..<count.height {
                    for column in 0..<count.width {
                        for c in 0..<channels {
                            var values: [Double] = [], within = 0
                            for i in 0..<window.kernel.height {
                                for j in 0..<window.kernel.width {
                                    let row = line * window.stride.height + i * window.dilation.height - edges.top
                                    let place = column * window.stride.width + j * window.dilation.width - edges.left
                                    let isWithin =
                                        row < size.height + edges.bottom && place < size.width + edges.right
                                    within += isWithin ? 1 : 0
                                    if row >= 0, row < size.height, place >= 0, place < size.width {
                                        values.append(
                                            Double(
                                                x[((example * size.height + row) * size.width + place) * channels + c]))
                                    }
                                }
                            }
                            most.append(values.max() ?? -.infinity)
                            mean.append(values.reduce(0, +) / Double(values.count))
                            padded.append(values.reduce(0, +) / Double(within))
                        }
                    }
                }
            }
            let features = map(step, x, 2, size, channels)
            #expect(worst(step.maximum(features, window), most) == 0)
            #expect(worst(step.average(features, window), mean) < 1e-6)
            #expect(worst(step.average(features, window, countsPadding: true), padded) < 1e-6)
            let means = step.average(features)
            for example in 0..<2 {
                for c in 0..<channels {
                    let sum = (0..<size.area).reduce(0.0) { $0 + Double(x[(example * size.area + $1) * channels + c]) }
                    #expect(abs(Double(means.row(example)[c]) - sum / Double(size.area)) < 1e-6)
                }
            }
        }
    }
}
