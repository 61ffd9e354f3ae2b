import CKernels
import TestSupport
import Testing

import TuttiTensors

/// Random blocks of a dtype with scales of a sane size: every integer pattern is legal, only the float16s are chosen.
private func randomBlocks(_ dtype: DType, rows: Int, columns: Int, seed: UInt64) -> [UInt8] {
    var random = Random(seed: seed)
    let count = rows * columns / dtype.blockElements
    var bytes = random.bytes(count * dtype.blockBytes)
    let scales: [Int] =
        switch dtype {
        case .q4_0, .q5_0, .q8_0, .iq4NL, .iq4XS, .f16, .bf16: [0]
        case .q4_1, .q5_1, .q4K, .q5K: [0, 2]
        case .q2K: [80, 82]
        case .q3K: [108]
        case .q6K: [208]
        default: []
        }
    for block in 0..<count {
        for offset in scales {
            let half: UInt16 =
                dtype == .bf16
                ? UInt16(truncatingIfNeeded: Float.random(in: -0.1...0.1, using: &random).bitPattern >> 16)
                : Float16(Float.random(in: -0.01...0.01, using: &random)).bitPattern
            bytes[block * dtype.blockBytes + offset] = UInt8(half & 0xff)
            bytes[block * dtype.blockBytes + offset + 1] = UInt8(half >> 8)
        }
        if dtype == .mxfp4 { bytes[block * dtype.blockBytes] = .random(in: 118...122, using: &random) }
        if dtype == .f32 {
            let bits = Float.random(in: -0.1...0.1, using: &random).bitPattern
            for i in 0..<4 { bytes[block * 4 + i] = UInt8(truncatingIfNeeded: bits >> (8 * UInt32(i))) }
        }
    }
    return bytes
}

private func dequantized(_ bytes: [UInt8], _ dtype: DType, count: Int) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    bytes.withUnsafeBytes { bytes in
        values.withUnsafeMutableBufferPointer { dtype.dequantize(bytes, into: $0) }
    }
    return values
}

private func tensor(_ step: Step, _ values: [Float], rows: Int) -> Tensor {
    let tensor = step.scratch(rows, values.count / rows)
    tensor.fill(from: values)
    return tensor
}

/// Activations as the kernels see them, read back out of the rounded tiles.
private func rounded(_ x: [Float], rows: Int, columns: Int) -> [Float] {
    var seen = [Float](repeating: 0, count: x.count)
    let blocks = columns / 32
    var first = 0
    while first < rows {
        let count = Int(tutti_tile_rows(rows - first))
        var tile = [UInt8](repeating: 0, count: count * tutti_activation_row_bytes(columns))
        x.withUnsafeBufferPointer {
            tutti_quantize_tile($0.baseAddress! + first * columns, columns, Int32(count), columns, &tile)
        }
        tile.withUnsafeBytes { tile in
            let blockBytes = count * Int(TUTTI_ACTIVATION_BLOCK_BYTES)
            // Each block, and the one that refines it where there is one.
            let table = blocks * blockBytes
            for block in 0..<blocks {
                let again = Int(tile.loadUnaligned(fromByteOffset: table + 4 * block, as: UInt32.self) & 0xff_ffff)
                let refined = table + 4 * blocks + (again - 1) * blockBytes
                for start in again > 0 ? [block * blockBytes, refined] : [block * blockBytes] {
                    for m in 0..<count {
                        let scale = tile.loadUnaligned(fromByteOffset: start + 32 * count + 4 * m, as: Float.self)
                        for k in 0..<32 {
                            let value = tile.load(fromByteOffset: start + 32 * m + k, as: Int8.self)
                            seen[(first + m) * columns + 32 * block + k] += scale * Float(value)
                        }
                    }
                }
            }
        }
        first += count
    }
    return seen
}

extension KernelTests {
    @Suite(.serialized) struct LinearTests {
        static let weights = DType.allCases.filter(\.isWeight)

        /// Largest difference from a product in double precision, over the largest result.
        private func error(_ y: Tensor, _ x: [Float], _ w: [Float], columns: Int) -> Double {
            var worst = 0.0, largest = 1e-9
            for r in 0..<y.rows {
                let row = y.values(row: r)
                for n in 0..<y.width {
                    var sum = 0.0
                    for k in 0..<columns { sum += Double(x[r * columns + k]) * Double(w[n * columns + k]) }
                    worst = max(worst, abs(sum - Double(row[n])))
                    largest = max(largest, abs(sum))
                }
            }
            return worst / largest
        }

        @Test(arguments: weights, instructionSets)
        func agreesWithDoublePrecisionOnRoundedActivations(dtype: DType, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let rows = 37, columns = 512
            let bytes = randomBlocks(dtype, rows: rows, columns: columns, seed: 7)
            let weights = dequantized(bytes, dtype, count: rows * columns)
            let pool = ComputePool(threads: 2)
            let matrix = bytes.withUnsafeBytes {
                PackedMatrix($0, dtype: dtype, rows: rows, columns: columns, pool: pool)
            }
            for count in [1, 2, 3, 4, 5, 12, 27, 39] {
                var random = Random(seed: UInt64(count))
                let x = random.floats(count * columns)
                let step = Step(pool: pool)
                let y = step.linear(tensor(step, x, rows: count), matrix)
                let seen = matrix.isInteger ? rounded(x, rows: count, columns: columns) : x
                // Sums of 512 float32 products: a few units in the seventh place.
                #expect(error(y, seen, weights, columns: columns) < 3e-6, "\(count) rows")
                let exact = Step(pool: pool, exact: true)
                let z = exact.linear(tensor(exact, x, rows: count), matrix)
                #expect(error(z, x, weights, columns: columns) < 3e-6, "\(count) rows, exact")
            }
        }

        /// A block is rounded to 1/254 of its largest value; one that stands out, to as much of that.
        @Test(arguments: instructionSets)
        func activationsAreRoundedClosely(isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let rows = 7, columns = 896
            var random = Random(seed: 21)
            var x = random.floats(rows * columns)
            for row in 0..<rows { x[row * columns + 77] = 300 }
            let seen = rounded(x, rows: rows, columns: columns)
            for row in 0..<rows {
                for block in 0..<columns / 32 {
                    let range = row * columns + 32 * block..<row * columns + 32 * block + 32
                    let largest = x[range].map(abs).max()!
                    let fine: Float = block == 77 / 32 ? 254 : 1
                    for i in range { #expect(abs(x[i] - seen[i]) <= largest / 254 / fine * 1.01) }
                }
            }
        }

        @Test(arguments: weights)
        func packingKeepsEveryValue(dtype: DType) {
            let rows = 16, columns = 256
            let bytes = randomBlocks(dtype, rows: rows, columns: columns, seed: 11)
            let weights = dequantized(bytes, dtype, count: rows * columns)
            let matrix = bytes.withUnsafeBytes {
                PackedMatrix($0, dtype: dtype, rows: rows, columns: columns, pool: ComputePool(threads: 1))
            }
            var panel = [Float](repeating: 0, count: rows * columns)
            tutti_unpack_f32(matrix.family, matrix.panel(0), columns, &panel)
            for row in 0..<rows {
                for column in 0..<columns {
                    #expect(panel[16 * column + row] == weights[row * columns + column])
                }
            }
        }

        /// A conversation's answer must not depend on who else is in the batch: a row's bits are the same in any tile.
        @Test(arguments: weights, instructionSets)
        func aRowDoesNotDependOnItsCompany(dtype: DType, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let rows = 40, columns = 768, pool = ComputePool(threads: 2), step = Step(pool: pool)
            let matrix = randomBlocks(dtype, rows: rows, columns: columns, seed: 9).withUnsafeBytes {
                PackedMatrix($0, dtype: dtype, rows: rows, columns: columns, pool: pool)
            }
            var random = Random(seed: 13)
            let most = 47
            var x = random.floats(most * columns)
            // Some stand out, at other places in other rows.
            for row in 0..<most where row % 3 > 0 { x[row * columns + 50 * (row % 7)] = 40 }
            let alone = (0..<most).map { row in
                step.linear(tensor(step, Array(x[row * columns..<(row + 1) * columns]), rows: 1), matrix).values(row: 0)
            }
            for count in [2, 3, 4, 7, 8, 12, 19, 27, most] {
                let together = step.linear(tensor(step, Array(x[..<(count * columns)]), rows: count), matrix)
                for row in 0..<count { #expect(together.values(row: row) == alone[row], "row \(row) of \(count)") }
            }
        }

        /// A bias, a function and a sum behind a product are the same as done one after the other.
        @Test(arguments: [DType.f32, .bf16, .q8_0], instructionSets)
        func tailsGiveWhatIsDoneApart(dtype: DType, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let rows = 83, columns = 96, pool = ComputePool(threads: 2), step = Step(pool: pool)
            let matrix = randomBlocks(dtype, rows: rows, columns: columns, seed: 23).withUnsafeBytes {
                PackedMatrix($0, dtype: dtype, rows: rows, columns: columns, pool: pool)
            }
            var random = Random(seed: 29)
            let bias = random.floats(rows)
            for count in [1, 7, 32, 61] {
                let x = tensor(step, random.floats(count * columns), rows: count)
                let before = random.floats(count * rows)
                for activation in [nil, PointActivation.gelu, .geluTanh, .quickGelu] {
                    let apart = step.linear(x, matrix), sum = tensor(step, before, rows: count)
                    step.add(bias: bias, to: apart)
                    if let activation { step.activate(apart, activation) }
                    let together = step.linear(x, matrix, LinearTail(bias: bias, activation: activation))
                    _ = step.linear(x, matrix, LinearTail(bias: bias, activation: activation, sum: sum))
                    for row in 0..<count {
                        let wanted = apart.values(row: row)
                        #expect(zip(together.values(row: row), wanted).allSatisfy { abs($0 - $1) < 1e-6 })
                        let sums = zip(wanted, before[row * rows..<(row + 1) * rows]).map(+)
                        #expect(zip(sum.values(row: row), sums).allSatisfy { abs($0 - $1) < 1e-6 })
                    }
                }
            }
        }

        /// A gate is the same as put on afterwards, to the bit, whatever the two matrices are stored in.
        @Test(
            arguments: [
                [DType.f32, .f32], [.bf16, .bf16], [.q8_0, .q8_0], [.q4K, .q6K], [.f32, .q4_0], [.bf16, .f16],
            ], instructionSets)
        func gatesGiveWhatIsDoneApart(dtypes: [DType], isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let rows = 83, columns = 256, pool = ComputePool(threads: 2)
            let matrices = dtypes.enumerated().map { seed, dtype in
                randomBlocks(dtype, rows: rows, columns: columns, seed: UInt64(seed + 37)).withUnsafeBytes {
                    PackedMatrix($0, dtype: dtype, rows: rows, columns: columns, pool: pool)
                }
            }
            var random = Random(seed: 41)
            let biases = [random.floats(rows), random.floats(rows)]
            for (count, isExact) in [(1, false), (7, false), (32, false), (61, false), (61, true)] {
                let step = Step(pool: pool, exact: isExact)
                let x = tensor(step, random.floats(count * columns), rows: count)
                for activation in [Activation.silu, .geluTanh, .clampedSwiGLU(alpha: 1.7, limit: 0.5)] {
                    for bias in [nil, biases] {
                        step.roundingToBFloat16 {
                            let apart = step.linear(x, matrices, (0..<2).map { LinearTail(bias: bias?[$0]) })
                            let together = step.gatedLinear(
                                x, gate: matrices[0], bias?[0], up: matrices[1], bias?[1], activation)
                            let wanted = step.gated(apart[0], apart[1], activation)
                            for row in 0..<count { #expect(together.values(row: row) == wanted.values(row: row)) }
                        }
                    }
                }
            }
        }

        /// Only where a step says so, only bfloat16 weights, and not in an exact step.
        @Test(arguments: instructionSets)
        func bfloat16WeightsMeetRowsInBFloat16(isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            let pool = ComputePool(threads: 2)
            for (rows, columns) in [(83, 96), (40, 771), (16, 7)] {
                let kinds = [DType.bf16, .f32, .f16]
                let bytes = kinds.map { randomBlocks($0, rows: rows, columns: columns, seed: 31) }
                let matrices = zip(kinds, bytes).map { dtype, bytes in
                    bytes.withUnsafeBytes {
                        PackedMatrix($0, dtype: dtype, rows: rows, columns: columns, pool: pool)
                    }
                }
                for count in [1, 5, 32, 61] {
                    var random = Random(seed: UInt64(count))
                    let x = random.floats(count * columns)
                    let half = x.map { value in
                        let rounded = value.bitPattern + 0x7fff + (value.bitPattern >> 16 & 1)
                        return Float(bitPattern: rounded & 0xffff_0000)
                    }
                    for isExact in [false, true] {
                        let step = Step(pool: pool, exact: isExact), input = tensor(step, x, rows: count)
                        let products = step.roundingToBFloat16 { step.linear(input, matrices) }
                        let rounds = Processor.multipliesBFloat16 && !isExact
                        for (place, y) in products.enumerated() {
                            let weights = dequantized(bytes[place], kinds[place], count: rows * columns)
                            let seen = rounds && kinds[place] == .bf16 ? half : x
                            #expect(error(y, seen, weights, columns: columns) < 3e-6, "\(kinds[place]), \(count) rows")
                        }
                        #expect(!step.roundsToBFloat16)
                    }
                }
            }
        }

        #if arch(x86_64)
            /// Both sum integers exactly and floats in one order.
            @Test(arguments: weights)
            func avxvnniGivesTheBitsOfAVX2(dtype: DType) {
                defer { tutti_set_isa(TUTTI_WIDEST) }
                let columns = 768, pool = ComputePool(threads: 2), step = Step(pool: pool)
                let matrix = randomBlocks(dtype, rows: 40, columns: columns, seed: 17).withUnsafeBytes {
                    PackedMatrix($0, dtype: dtype, rows: 40, columns: columns, pool: pool)
                }
                var random = Random(seed: 19)
                var x = random.floats(15 * columns)
                for row in 0..<15 { x[row * columns + 50 * (row % 7)] = 40 }
                let results = [TUTTI_AVX2, TUTTI_AVXVNNI].map { isa in
                    tutti_set_isa(isa)
                    let y = step.linear(tensor(step, x, rows: 15), matrix)
                    return (0..<15).map { y.values(row: $0) }
                }
                #expect(results[0] == results[1])
            }
        #endif

        @Test func oneCallForSeveralMatricesGivesWhatSeparateCallsGive() {
            let pool = ComputePool(threads: 2), step = Step(pool: ComputePool(threads: 2))
            var random = Random(seed: 3)
            let x = tensor(step, random.floats(9 * 256), rows: 9)
            let matrices = zip([DType.q4K, .q8_0, .f32], [48, 16, 5]).map { dtype, rows in
                randomBlocks(dtype, rows: rows, columns: 256, seed: 5).withUnsafeBytes {
                    PackedMatrix($0, dtype: dtype, rows: rows, columns: 256, pool: pool)
                }
            }
            for (matrix, together) in zip(matrices, step.linear(x, matrices)) {
                let alone = step.linear(x, matrix)
                for row in 0..<9 { #expect(together.values(row: row) == alone.values(row: row)) }
            }
        }

        @Test(arguments: [DType.q4_1, .q4K])
        func threadsDoNotChangeTheResult(dtype: DType) {
            let bytes = randomBlocks(dtype, rows: 160, columns: 512, seed: 2)
            var random = Random(seed: 4)
            let x = random.floats(6 * 512)
            let results = [1, 2, 3].map { threads -> [Float] in
                let step = Step(pool: ComputePool(threads: threads))
                let matrix = bytes.withUnsafeBytes {
                    PackedMatrix($0, dtype: dtype, rows: 160, columns: 512, pool: step.pool)
                }
                let y = step.linear(tensor(step, x, rows: 6), matrix)
                return (0..<6).flatMap { y.values(row: $0) }
            }
            #expect(results[0] == results[1] && results[1] == results[2])
        }
    }
}
