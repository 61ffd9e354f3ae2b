import CKernels
import Foundation
import TestSupport
import Testing
import TuttiTensors

/// Widths around every vector's length, and one of a real model.
private let widths = [1, 2, 7, 8, 15, 16, 17, 31, 33, 64, 896]

extension KernelTests {
    @Suite(.serialized) struct ElementwiseTests {
        /// Largest difference between an operator's numbers and the formula's, relative to 1 or to the formula's size.
        private func worst(_ ours: [Float], _ formula: [Double]) -> Double {
            zip(ours, formula).map { abs(Double($0) - $1) / max(1, abs($1)) }.max() ?? 0
        }

        @Test(arguments: widths, instructionSets)
        func agreeWithTheirFormulas(width: Int, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var random = Random(seed: UInt64(width))
            let x = random.floats(width, scale: 3), other = random.floats(width)
            let wide = x.map(Double.init), second = other.map(Double.init)

            var y = x
            y.withUnsafeMutableBufferPointer { tutti_rms_norm_f32($0.baseAddress, $0.baseAddress, other, width, 1e-5) }
            let mean = wide.reduce(0) { $0 + $1 * $1 } / Double(width)
            #expect(worst(y, zip(wide, second).map { $0 / (mean + 1e-5).squareRoot() * $1 }) < 1e-6)

            y = x
            y.withUnsafeMutableBufferPointer {
                tutti_layer_norm_f32($0.baseAddress, $0.baseAddress, other, x, width, 1e-5)
            }
            let middle = wide.reduce(0, +) / Double(width)
            let spread = wide.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(width)
            let normal = wide.map { ($0 - middle) / (spread + 1e-5).squareRoot() }
            #expect(worst(y, zip(zip(normal, second), wide).map { $0.0 * $0.1 + $1 }) < 2e-6)

            y = x
            tutti_gelu_f32(&y, width)
            #expect(worst(y, wide.map { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }) < 1e-6)

            y = x
            tutti_add_f32(&y, other, width)
            #expect(worst(y, zip(wide, second).map(+)) < 1e-6)

            y = x
            tutti_soft_cap_f32(&y, 2, width)
            #expect(worst(y, wide.map { 2 * tanh($0 / 2) }) < 1e-6)

            // In place, as the models call it.
            y = x
            y.withUnsafeMutableBufferPointer { tutti_silu_gate_f32($0.baseAddress, $0.baseAddress, other, width) }
            #expect(worst(y, zip(wide, second).map { $0 / (1 + exp(-$0)) * $1 }) < 1e-6)

            y = x
            y.withUnsafeMutableBufferPointer { tutti_gelu_gate_f32($0.baseAddress, $0.baseAddress, other, width) }
            let gelu = wide.map { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
            #expect(worst(y, zip(gelu, second).map(*)) < 2e-6)

            y = x
            tutti_gelu_tanh_f32(&y, width)
            #expect(worst(y, gelu) < 2e-6)

            y = x
            tutti_quick_gelu_f32(&y, width)
            #expect(worst(y, wide.map { $0 / (1 + exp(-1.702 * $0)) }) < 1e-6)

            y = x
            tutti_tanh_f32(&y, width)
            #expect(worst(y, wide.map { tanh($0) }) < 1e-6)

            for size in [1, 100, 30_000, 1e9] as [Float] {
                y = x.map { size * $0 }
                let turned = y.map { sin(Double($0)) }
                tutti_sin_f32(&y, width)
                #expect(worst(y, turned) < 2e-7)
            }

            y = x
            y.withUnsafeMutableBufferPointer { tutti_tanh_gate_f32($0.baseAddress, $0.baseAddress, other, width) }
            #expect(worst(y, zip(wide, second).map { tanh($0) / (1 + exp(-$1)) }) < 1e-6)

            y = x
            tutti_softmax_f32(&y, width)
            let whole = wide.reduce(0) { $0 + exp($1) }
            #expect(worst(y, wide.map { exp($0) / whole }) < 1e-6)

            #expect(Double(tutti_sum_exp_f32(x, 1, width)) / wide.reduce(0) { $0 + exp($1 - 1) } - 1 < 1e-5)
            #expect(tutti_argmax_f32(x, width) == x.firstIndex(of: x.max()!))
        }

        @Test(arguments: instructionSets, [true, false])
        func ropeTurnsPairsAndKeepsTheirLength(isa: tutti_isa, halves: Bool) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var random = Random(seed: 5)
            let heads = 3, width = 36, rotated = 32, half = rotated / 2
            let x = random.floats(heads * width), angles = random.floats(half, scale: 2)
            var y = x
            tutti_rope_f32(&y, heads, width, rotated, halves ? 1 : 0, angles.map { cos($0) }, angles.map { sin($0) })
            for head in 0..<heads {
                for i in 0..<half {
                    let a = head * width + (halves ? i : 2 * i), b = head * width + (halves ? i + half : 2 * i + 1)
                    #expect(abs(y[a] - (x[a] * cos(angles[i]) - x[b] * sin(angles[i]))) < 1e-5)
                    #expect(abs(y[b] - (x[a] * sin(angles[i]) + x[b] * cos(angles[i]))) < 1e-5)
                }
                // What lies behind the rotated numbers passes.
                for i in rotated..<width { #expect(y[head * width + i] == x[head * width + i]) }
            }
        }

        @Test(arguments: instructionSets)
        func extremesStayInRange(isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var y: [Float] = [-.infinity, -1e30, -100, 0, 100, 1e30, 3e38]
            let ones = [Float](repeating: 1, count: y.count)
            y.withUnsafeMutableBufferPointer { tutti_silu_gate_f32($0.baseAddress, $0.baseAddress, ones, $0.count) }
            #expect(y[3] == 0 && y[4] == 100 && y[5] == 1e30 && abs(y[2]) < 1e-30)
            #expect(tutti_sum_exp_f32([-1000, -1000], -1000, 2) == 2)
            #expect(tutti_argmax_f32([1, .nan, 2], 3) == -1)
            #expect(tutti_argmax_f32([-.infinity, -.infinity], 2) == 0)
        }
    }
}
