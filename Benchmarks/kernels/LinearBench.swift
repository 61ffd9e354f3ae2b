import TuttiTensors

extension Bench {
    /// A dtype for each kind of panel; Q5_K stands for those that are packed as bytes.
    private static let types: [DType] = [.q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4K, .q6K, .q5K, .f16, .bf16, .f32]

    /// The feed-forward matrices of Qwen2.5 0.5B: the gate's or the other up, and down.
    private static let shapes = [(rows: 4864, columns: 896), (rows: 896, columns: 4864)]

    /// Products with matrices of every kind: one row as in decoding, eight as of eight conversations, 512 as of a prompt.
    ///
    /// Each call takes the next of as many matrices as no cache holds.
    func linear() {
        for type in Bench.types {
            for (rows, columns) in Bench.shapes where columns.isMultiple(of: type.blockElements) {
                let ring = Bench.matrices(type, rows: rows, columns: columns, pool)
                for count in [1, 8, 512] {
                    let step = Step(pool: pool)
                    let x = Bench.tensor(count, columns, step)
                    var next = 0
                    let work = Work(
                        multiplyAdds: Double(count * rows * columns),
                        numbers: [.f16, .bf16, .f32].contains(type) ? .float : .int8,
                        memoryBytes: Double(ring[0].byteCount))
                    func measure(_ work: Work, _ name: String = "") {
                        self.measure(.linear, "linear \(type.name) \(rows) × \(columns), rows \(count)\(name)", work) {
                            step.frame { _ = step.linear(x, ring[next]) }
                            next = (next + 1) % ring.count
                        }
                    }
                    measure(work)
                    // As in a picture's encoder, whose rows are many.
                    guard count == 512, type == .bf16, Processor.multipliesBFloat16 else { continue }
                    var rounded = work
                    rounded.numbers = .bfloat16
                    step.roundingToBFloat16 { measure(rounded, " in bfloat16") }
                }
            }
        }
    }

    private static func matrices(_ type: DType, rows: Int, columns: Int, _ pool: ComputePool) -> [PackedMatrix] {
        let row = numbers(columns), rowBytes = columns / type.blockElements * type.blockBytes
        let source = AlignedMemory(byteCount: rows * rowBytes)
        let bytes = unsafe UnsafeMutableRawBufferPointer(start: source.base, count: source.byteCount)
        for index in 0..<rows {
            unsafe row.withUnsafeBufferPointer { row in
                unsafe type.quantize(
                    row, into: UnsafeMutableRawBufferPointer(rebasing: bytes[index * rowBytes..<(index + 1) * rowBytes])
                )
            }
        }
        func packed() -> PackedMatrix {
            unsafe PackedMatrix(
                UnsafeRawBufferPointer(bytes), dtype: type, rows: rows, columns: columns, pool: pool)
        }
        let first = packed()
        return [first] + (0..<ringByteCount / first.byteCount).map { _ in packed() }
    }
}
