import CKernels
import Testing
import TuttiTensors

extension KernelTests {
    @Suite struct ByteLinearTests {
        /// What ONNX's DynamicQuantizeLinear and MatMulInteger say, in integers and without kernels.
        private func plain(
            _ x: [Float], rows: Int, _ weights: [UInt8], outputs: Int, scale: Float, zero: Int, bias: [Float]?,
            _ rounding: ByteRounding
        ) -> [Float] {
            let width = x.count / rows
            return (0..<rows).flatMap { row -> [Float] in
                let own = Array(x[row * width..<(row + 1) * width]), seen = rounding == .whole ? x : own
                let low = min(0, seen.min()!), high = max(0, seen.max()!)
                let step = high > low ? (high - low) / 255 : 1
                let middle = Int(max(0, min(255, (-low / step).rounded(.toNearestOrEven))))
                let q = own.map { max(0, min(255, Int(($0 / step).rounded(.toNearestOrEven)) + middle)) - middle }
                return (0..<outputs).map { output in
                    let sum = (0..<width).reduce(0) { $0 + q[$1] * (Int(weights[output * width + $1]) - zero) }
                    let product = Float(sum) * (step * scale)
                    return bias.map { product + $0[output] } ?? product
                }
            }
        }

        @Test(arguments: [1, 2, 4, 7, 12, 29], [3, 32, 100, 288])
        func everyInstructionSetFindsTheExactSum(rows: Int, width: Int) {
            var random = SystemRandomNumberGenerator()
            let outputs = 37, zero = Int.random(in: 0...255, using: &random), scale: Float = 0.003
            // Weights at both ends of their range, so that sums of 16 bits would not do.
            let weights = (0..<outputs * width).map { _ in
                UInt8([0, 255, 128, Int.random(in: 0...255)].randomElement()!)
            }
            let x = (0..<rows * width).map { _ in Float.random(in: -1...3) }
            let bias = (0..<outputs).map { _ in Float.random(in: -1...1) }
            let matrix = weights.withUnsafeBytes {
                ByteMatrix($0, rows: outputs, columns: width, isTransposed: false, scale: scale, zero: zero)
            }
            let turned = (0..<width).flatMap { column in (0..<outputs).map { weights[$0 * width + column] } }
            let transposed = turned.withUnsafeBytes {
                ByteMatrix($0, rows: outputs, columns: width, isTransposed: true, scale: scale, zero: zero)
            }
            defer { tutti_set_isa(TUTTI_WIDEST) }
            for isa in instructionSets {
                tutti_set_isa(isa)
                for (rounding, bias) in [(ByteRounding.whole, bias), (.rows, nil)] {
                    let step = Step(pool: ComputePool(threads: 2)), input = step.scratch(rows, width)
                    defer { withExtendedLifetime(step) {} }
                    input.fill(from: x)
                    let expected = plain(
                        x, rows: rows, weights, outputs: outputs, scale: scale, zero: zero, bias: bias, rounding)
                    for output in step.linear(input, [(matrix, bias), (transposed, bias)], rounding: rounding) {
                        #expect((0..<rows).flatMap { output.values(row: $0) } == expected)
                    }
                }
            }
        }

        @Test func rowsAreReadAsTheyStandForNumbers() {
            let weights: [UInt8] = [0, 1, 2, 3, 4, 255, 128, 7, 9, 10]
            let matrix = weights.withUnsafeBytes {
                ByteMatrix($0, rows: 2, columns: 5, isTransposed: false, scale: 0.5, zero: 3)
            }
            let step = Step(pool: ComputePool(threads: 1)), rows = step.embed([1, 0], matrix)
            defer { withExtendedLifetime(step) {} }
            #expect(rows.values(row: 0) == [126, 62.5, 2, 3, 3.5])
            #expect(rows.values(row: 1) == [-1.5, -1, -0.5, 0, 0.5])
        }

        @Test func zerosAndNumbersThatAreNoneDoNotTrap() {
            let matrix = [UInt8](repeating: 200, count: 64).withUnsafeBytes {
                ByteMatrix($0, rows: 2, columns: 32, isTransposed: false, scale: 1, zero: 100)
            }
            let step = Step(pool: ComputePool(threads: 1)), x = step.zeros(1, 32)
            defer { withExtendedLifetime(step) {} }
            #expect(step.linear(x, [(matrix, nil)], rounding: .rows)[0].values(row: 0) == [0, 0])
            for odd in [Float.nan, .infinity, -.infinity] {
                x.fill(from: [odd] + [Float](repeating: 1, count: 31))
                _ = step.linear(x, [(matrix, nil)], rounding: .whole)
            }
        }
    }
}
