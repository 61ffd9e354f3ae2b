import CKernels
import Foundation
import TestSupport
import Testing

import TuttiTensors

extension KernelTests {
    @Suite(.serialized) struct StretchAttentionTests {
        private func tensor(_ step: Step, _ values: [Float], rows: Int) -> Tensor {
            let tensor = step.scratch(rows, values.count / rows)
            tensor.fill(from: values)
            return tensor
        }

        private func rounded(_ value: Float) -> Double {
            Double(Float(bitPattern: (value.bitPattern + 0x7fff + (value.bitPattern >> 16 & 1)) & 0xffff_0000))
        }

        /// One row's result for one head, in double precision on what `number` makes of each number.
        private func expected(
            _ query: ArraySlice<Float>, _ keys: [ArraySlice<Float>], _ values: [ArraySlice<Float>], scale: Float,
            _ number: (Float) -> Double
        ) -> [Double] {
            let scores = keys.map { key in zip(query, key).reduce(0) { $0 + number($1.0 * scale) * number($1.1) } }
            let top = scores.max() ?? 0, weights = scores.map { exp($0 - top) }, sum = weights.reduce(0, +)
            return values[0].indices.map { place in
                let at = place - values[0].startIndex
                return zip(weights, values).reduce(0) {
                    $0 + number(Float($1.0 / sum)) * number($1.1[$1.1.startIndex + at])
                }
            }
        }

        @Test(arguments: [16, 64, 80], instructionSets)
        func agreesWithDoublePrecision(width: Int, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let heads = 3, rows = 131, seen = 118, all = heads * width, scale = 1 / Float(width).squareRoot()
            let step = Step(pool: ComputePool(threads: 2))
            var random = Random(seed: UInt64(width))
            let q = random.floats(rows * all), k = random.floats(seen * all), v = random.floats(seen * all)
            // Rows 30 and 31 see nothing; the keys of stretches are of all kinds of lengths.
            let stretches = [
                AttentionStretch(rows: 0..<13, keys: 0..<1), AttentionStretch(rows: 13..<30, keys: 1..<17),
                AttentionStretch(rows: 32..<131, keys: 17..<118),
            ]
            let result = step.attention(
                tensor(step, q, rows: rows), tensor(step, k, rows: seen), tensor(step, v, rows: seen),
                over: stretches, heads: heads, headWidth: width, scale: scale)
            #expect(result.values(row: 30).allSatisfy { $0 == 0 } && result.values(row: 31).allSatisfy { $0 == 0 })
            var worst = 0.0, far = 0.0
            for stretch in stretches {
                for row in stretch.rows {
                    let found = result.values(row: row)
                    for first in stride(from: 0, to: all, by: width) {
                        let part = { (x: [Float], row: Int) in x[row * all + first..<row * all + first + width] }
                        let keys = stretch.keys.map { part(k, $0) }, values = stretch.keys.map { part(v, $0) }
                        let near = expected(part(q, row), keys, values, scale: scale, rounded)
                        let exact = expected(part(q, row), keys, values, scale: scale, Double.init)
                        // Half a unit in the eighth place of weights and values; of queries and keys, in a score, and twice
                        // that in a weight.
                        let sizes = keys.map { zip(part(q, row), $0).reduce(0) { $0 + abs($1.0 * $1.1) } * scale }
                        let largest = values.joined().map(abs).max() ?? 0
                        let limit = Double(largest * (1 + 2 * (sizes.max() ?? 0)) / 256)
                        for place in 0..<width {
                            worst = max(worst, abs(Double(found[first + place]) - near[place]))
                            far = max(far, abs(Double(found[first + place]) - exact[place]) / limit)
                        }
                    }
                }
            }
            // A weight may be rounded to the other side of two.
            #expect(worst < 1e-3, "\(worst)")
            #expect(far < 1, "\(far)")
        }
    }
}
