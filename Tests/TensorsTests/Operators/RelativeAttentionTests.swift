import CKernels
import Foundation
import TestSupport
import Testing
import TuttiTensors

extension KernelTests {
    @Suite(.serialized) struct RelativeAttentionTests {
        @Test(arguments: [(1, 2, 24), (3, 2, 96), (17, 1, 16), (80, 2, 96), (131, 3, 20)], instructionSets)
        func agreesWithItsFormula(shape: (rows: Int, heads: Int, width: Int), isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            var random = Random(seed: UInt64(shape.rows))
            let window = 4, (rows, heads, width) = shape
            let step = Step(pool: ComputePool(threads: 2))
            let all = (0..<3).map { _ in random.floats(rows * heads * width) }
            let keys = random.floats((2 * window + 1) * width), values = random.floats((2 * window + 1) * width)
            let x = step.scratch(rows, 3 * heads * width)
            x.fill(
                from: (0..<rows).flatMap { row in
                    all.flatMap { $0[row * heads * width..<(row + 1) * heads * width] }
                })
            let y = step.relativeAttention(x, heads: heads, keys: keys, values: values)
            var worst = 0.0
            for head in 0..<heads {
                for i in 0..<rows {
                    func place(_ row: Int, _ c: Int) -> Int { (row * heads + head) * width + c }
                    func learnt(_ numbers: [Float], _ j: Int, _ c: Int) -> Double {
                        abs(j - i) <= window ? Double(numbers[(j - i + window) * width + c]) : 0
                    }
                    let scores = (0..<rows).map { j in
                        (0..<width).reduce(0.0) { sum, c in
                            sum + Double(all[0][place(i, c)]) * (Double(all[1][place(j, c)]) + learnt(keys, j, c))
                        } / Double(width).squareRoot()
                    }
                    let top = scores.max()!, total = scores.reduce(0) { $0 + exp($1 - top) }
                    for c in 0..<width {
                        let sum = (0..<rows).reduce(0.0) { sum, j in
                            sum + exp(scores[j] - top) / total * (Double(all[2][place(j, c)]) + learnt(values, j, c))
                        }
                        worst = max(worst, abs(sum - Double(y.values(row: i)[head * width + c])))
                    }
                }
            }
            #expect(worst < 1e-5)
        }
    }
}
