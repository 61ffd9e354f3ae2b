import CKernels
import TestSupport
import Testing
import TuttiTensors

/// A convolution and the frames that it meets.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
    var frames: Int
    var inputs: Int
    var outputs: Int
    var taps: Int
    var stride = 1
    var dilation = 1
    var padding = (before: 0, after: 0)
    var groups = 1
    var hasBias = true
    /// Frames more at the end of a transposed one.
    var extra = 0

    var testDescription: String {
        "\(frames) frames, \(inputs) → \(outputs), \(taps) taps, stride \(stride), dilation \(dilation), "
            + "padding \(padding.before) \(padding.after), \(groups) groups, bias \(hasBias)"
    }

    static let forward = [
        // One frame, of which some taps see nothing but zeros.
        ConvolutionCase(frames: 1, inputs: 3, outputs: 5, taps: 3, padding: (1, 1)),
        ConvolutionCase(frames: 1, inputs: 16, outputs: 32, taps: 1),
        ConvolutionCase(frames: 1, inputs: 8, outputs: 48, taps: 7, dilation: 12, padding: (36, 36)),
        // Fewer frames than a window has.
        ConvolutionCase(frames: 5, inputs: 4, outputs: 17, taps: 5, dilation: 3, padding: (6, 6)),
        ConvolutionCase(frames: 4, inputs: 4, outputs: 8, taps: 9, padding: (2, 1)),
        // Strides, those beyond the window included.
        ConvolutionCase(frames: 40, inputs: 6, outputs: 20, taps: 3, stride: 2, padding: (1, 1)),
        ConvolutionCase(frames: 41, inputs: 6, outputs: 20, taps: 2, stride: 5, padding: (3, 4), hasBias: false),
        ConvolutionCase(frames: 700, inputs: 1, outputs: 33, taps: 127, stride: 64, hasBias: false),
        // Padding on one side alone, as causal convolutions have it.
        ConvolutionCase(frames: 37, inputs: 12, outputs: 31, taps: 4, padding: (3, 0)),
        ConvolutionCase(frames: 37, inputs: 12, outputs: 1, taps: 7, padding: (0, 6), hasBias: false),
        // Dilation with rows enough for every tile, and for both threads.
        ConvolutionCase(frames: 500, inputs: 32, outputs: 32, taps: 7, dilation: 12, padding: (36, 36)),
        ConvolutionCase(frames: 211, inputs: 64, outputs: 80, taps: 5, dilation: 6, padding: (12, 12)),
        ConvolutionCase(frames: 30, inputs: 192, outputs: 384, taps: 5, padding: (2, 2)),
        // Groups.
        ConvolutionCase(frames: 29, inputs: 12, outputs: 36, taps: 3, dilation: 2, padding: (2, 2), groups: 3),
        ConvolutionCase(frames: 29, inputs: 4, outputs: 80, taps: 3, stride: 2, padding: (1, 2), groups: 2),
        ConvolutionCase(frames: 50, inputs: 37, outputs: 37, taps: 3, dilation: 9, padding: (9, 9), groups: 37),
        ConvolutionCase(frames: 50, inputs: 192, outputs: 192, taps: 5, stride: 2, padding: (4, 0), groups: 192),
        ConvolutionCase(frames: 1, inputs: 16, outputs: 16, taps: 3, padding: (1, 1), groups: 16, hasBias: false),
        // Nothing comes out.
        ConvolutionCase(frames: 2, inputs: 3, outputs: 4, taps: 5, padding: (1, 1)),
        ConvolutionCase(frames: 0, inputs: 3, outputs: 4, taps: 3, padding: (1, 1)),
    ]

    static let transposed = [
        ConvolutionCase(frames: 1, inputs: 4, outputs: 3, taps: 4, stride: 2, padding: (1, 1)),
        ConvolutionCase(frames: 23, inputs: 32, outputs: 16, taps: 16, stride: 8, padding: (4, 4)),
        ConvolutionCase(frames: 40, inputs: 64, outputs: 32, taps: 8, stride: 4, padding: (2, 2)),
        // Taps that no multiple of the stride are, and fewer than the stride.
        ConvolutionCase(frames: 9, inputs: 5, outputs: 18, taps: 7, stride: 3, padding: (2, 1), hasBias: false),
        ConvolutionCase(frames: 9, inputs: 5, outputs: 6, taps: 2, stride: 5),
        ConvolutionCase(frames: 9, inputs: 8, outputs: 8, taps: 3, stride: 2, padding: (1, 1), groups: 8, extra: 1),
        ConvolutionCase(frames: 3, inputs: 2, outputs: 3, taps: 2, stride: 4, extra: 7),
        ConvolutionCase(frames: 0, inputs: 4, outputs: 3, taps: 4, stride: 2, padding: (1, 1)),
    ]

    /// Numbers for it: inputs, weights in the order of checkpoints, biases.
    func numbers() -> (x: [Float], weights: [Float], bias: [Float]?) {
        var random = Random(seed: UInt64(frames * 1000 + taps * 10 + stride))
        return (
            random.floats(frames * inputs), random.floats(inputs * outputs / groups * taps, scale: 0.2),
            hasBias ? random.floats(outputs) : nil
        )
    }
}

/// The formula, frame by frame and tap by tap.
private func convolved(_ c: ConvolutionCase, _ x: [Float], _ weights: [Float], _ bias: [Float]?) -> [[Double]] {
    let width = c.inputs / c.groups, height = c.outputs / c.groups
    let room = c.frames + c.padding.before + c.padding.after - (c.taps - 1) * c.dilation - 1
    guard c.frames > 0, room >= 0 else { return [] }
    return (0...room / c.stride).map { t in
        (0..<c.outputs).map { n in
            var sum = Double(bias?[n] ?? 0)
            for k in 0..<c.taps {
                let from = t * c.stride + k * c.dilation - c.padding.before
                guard 0..<c.frames ~= from else { continue }
                for i in 0..<width {
                    sum +=
                        Double(x[from * c.inputs + n / height * width + i])
                        * Double(weights[(n * width + i) * c.taps + k])
                }
            }
            return sum
        }
    }
}

private func transposed(_ c: ConvolutionCase, _ x: [Float], _ weights: [Float], _ bias: [Float]?) -> [[Double]] {
    guard c.frames > 0 else { return [] }
    let count = (c.frames - 1) * c.stride + c.taps + c.extra - c.padding.before - c.padding.after
    var y = Array(repeating: (0..<c.outputs).map { Double(bias?[$0] ?? 0) }, count: count)
    let width = c.inputs / c.groups, height = c.outputs / c.groups
    for t in 0..<c.frames {
        for k in 0..<c.taps where y.indices ~= t * c.stride + k - c.padding.before {
            for i in 0..<c.inputs {
                for n in 0..<height {
                    y[t * c.stride + k - c.padding.before][i / width * height + n] +=
                        Double(x[t * c.inputs + i]) * Double(weights[(i * height + n) * c.taps + k])
                }
            }
        }
    }
    return y
}

extension KernelTests {
    @Suite(.serialized) struct ConvolutionTests {
        private let pool = ComputePool(threads: 2)

        /// Largest difference from the formula in double precision, over its largest result: single numbers may be what
        /// is left of large ones that cancel.
        private func worst(_ y: Tensor, _ formula: [[Double]]) -> Double {
            var worst = 0.0, largest = 1.0
            for row in 0..<y.rows {
                for (ours, theirs) in zip(y.values(row: row), formula[row]) {
                    worst = max(worst, abs(Double(ours) - theirs))
                    largest = max(largest, abs(theirs))
                }
            }
            return worst / largest
        }

        private func tensor(_ step: Step, _ x: [Float], width: Int) -> Tensor {
            let tensor = step.scratch(x.count / width, width)
            tensor.fill(from: x)
            return tensor
        }

        private func packed(_ c: ConvolutionCase, _ weights: [Float], _ bias: [Float]?) -> PackedConvolution {
            PackedConvolution(
                weights: weights, inputs: c.inputs, outputs: c.outputs, taps: c.taps, stride: c.stride,
                dilation: c.dilation, padding: c.padding, groups: c.groups, bias: bias, pool: pool)
        }

        @Test(arguments: ConvolutionCase.forward, instructionSets)
        func agreesWithItsFormula(c: ConvolutionCase, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let (x, weights, bias) = c.numbers()
            let step = Step(pool: pool), convolution = packed(c, weights, bias)
            let y = step.convolve(tensor(step, x, width: c.inputs), convolution)
            let formula = convolved(c, x, weights, bias)
            #expect(y.rows == formula.count)
            #expect(y.width == c.outputs)
            #expect(worst(y, formula) < 3e-6)
            let rectified = step.convolve(tensor(step, x, width: c.inputs), convolution, leak: 0.1)
            #expect(worst(rectified, formula.map { $0.map { max($0, 0.1 * $0) } }) < 3e-6)
        }

        @Test(arguments: ConvolutionCase.transposed, instructionSets)
        func transposedAgreesWithItsFormula(c: ConvolutionCase, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let (x, weights, bias) = c.numbers()
            let step = Step(pool: pool)
            let convolution = PackedTransposedConvolution(
                weights: weights, inputs: c.inputs, outputs: c.outputs, taps: c.taps, stride: c.stride,
                padding: c.padding, extra: c.extra, groups: c.groups, bias: bias, pool: pool)
            let y = step.convolve(tensor(step, x, width: c.inputs), convolution)
            let formula = transposed(c, x, weights, bias)
            #expect(y.rows == formula.count)
            #expect(y.width == c.outputs)
            #expect(worst(y, formula) < 3e-6)
        }

        /// Some of the channels in, and the result added to some of the channels of another tensor.
        @Test(arguments: [ConvolutionCase.forward[10], ConvolutionCase.forward[15]], instructionSets)
        func readsAndAddsToChannelsInTheMiddle(c: ConvolutionCase, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let (x, weights, bias) = c.numbers()
            let step = Step(pool: pool), wide = step.zeros(c.frames, c.inputs + 9)
            for row in 0..<c.frames {
                for i in 0..<wide.width { wide.row(row)[i] = 1e6 }
                for i in 0..<c.inputs { wide.row(row)[4 + i] = x[row * c.inputs + i] }
            }
            let formula = convolved(c, x, weights, bias)
            let y = step.scratch(formula.count, c.outputs + 7)
            y.fill(from: Array(repeating: 5, count: y.count))
            step.convolve(wide, from: 4, packed(c, weights, bias), addingTo: y, at: 3)
            let around: [Double] = [5, 5, 5, 5]
            #expect(worst(y, formula.map { around[..<3] + $0.map { $0 + 5 } + around }) < 3e-6)
        }

        /// Sums that are added to what is there and to something else, and go to a second place rectified, or back to the
        /// first.
        @Test(
            arguments: [
                ConvolutionCase(frames: 5, inputs: 24, outputs: 40, taps: 3, dilation: 2),
                ConvolutionCase(frames: 39, inputs: 32, outputs: 64, taps: 5),
                ConvolutionCase(frames: 31, inputs: 37, outputs: 37, taps: 3, groups: 37),
            ], instructionSets)
        func addsAndRectifies(c: ConvolutionCase, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let (x, weights, bias) = c.numbers()
            let formula = convolved(c, x, weights, bias), step = Step(pool: pool),
                convolution = packed(c, weights, bias)
            var random = Random(seed: 4)
            let there = random.floats(formula.count * c.outputs), added = random.floats(there.count)
            let y = tensor(step, there, width: c.outputs), z = tensor(step, added, width: c.outputs)
            let rectified = step.scratch(y.rows, y.width), sound = tensor(step, x, width: c.inputs)
            convolution.multiply(
                sound.base, frameStride: c.inputs, rows: y.rows, out: y.base, outStride: y.width, adds: true,
                added: z.base, rectified: (rectified.base, 0.25))
            let sums = formula.enumerated().map { row, sums in
                sums.enumerated().map { n, sum in
                    sum + Double(there[row * c.outputs + n]) + Double(added[row * c.outputs + n])
                }
            }
            #expect(worst(y, sums) < 3e-6)
            for row in 0..<y.rows {
                #expect(rectified.values(row: row) == y.values(row: row).map { max($0, 0.25 * $0) })
            }
            convolution.multiply(
                sound.base, frameStride: c.inputs, rows: y.rows, out: z.base, outStride: y.width, added: z.base,
                rectified: (z.base, 0.5))
            let others = formula.enumerated().map { row, sums in
                sums.enumerated().map { n, sum in
                    let sum = sum + Double(added[row * c.outputs + n])
                    return max(sum, 0.5 * sum)
                }
            }
            #expect(worst(z, others) < 3e-6)
        }

        /// A frame's numbers do not depend on where in a call it stands: pieces of sound join without a seam.
        @Test(arguments: instructionSets)
        func aFrameDoesNotDependOnItsPlace(isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var c = ConvolutionCase(frames: 61, inputs: 32, outputs: 48, taps: 5, dilation: 3)
            let (x, weights, bias) = c.numbers()
            let step = Step(pool: pool), convolution = packed(c, weights, bias)
            let whole = step.convolve(tensor(step, x, width: c.inputs), convolution)
            for first in 0..<20 {
                c.frames = 14 + first
                let part = Array(x[first * c.inputs..<(first + c.frames) * c.inputs])
                let y = step.convolve(tensor(step, part, width: c.inputs), convolution)
                for row in 0..<y.rows { #expect(y.values(row: row) == whole.values(row: first + row)) }
            }
        }

        @Test(arguments: [1, 15, 16, 17, 400], instructionSets)
        func leakyReLU(width: Int, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var random = Random(seed: 3)
            let x = random.floats(3 * width), step = Step(pool: pool), y = tensor(step, x, width: width)
            step.leakyReLU(y, slope: 0.25)
            #expect((0..<3).flatMap { y.values(row: $0) } == x.map { $0 > 0 ? $0 : 0.25 * $0 })
        }
    }
}
