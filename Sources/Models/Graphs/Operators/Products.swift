import TuttiCheckpoints
import TuttiTensors

/// Products of matrices.
enum Products {
    static let operators: [String: GraphOperator] = [
        "MatMul": matMul, "FusedMatMul": fusedMatMul, "Gemm": gemm, "MatMulInteger": matMulInteger,
    ]

    /// What a product of stacks of matrices comes to: of numpy's rules, in which a vector is a matrix of one row or
    /// column.
    struct Form {
        let rows: Int
        let depth: Int
        let columns: Int
        /// The shape of the result.
        let shape: [Int]
        /// How many matrices, and for each which one of either side.
        let count: Int
        private let stacks: Broadcast

        init(_ a: [Int], _ b: [Int], _ call: GraphCall) throws {
            guard let last = a.last, !b.isEmpty else { throw GraphFault("a single number is no matrix") }
            let left = a.count == 1 ? [1] + a : a, right = b.count == 1 ? b + [1] : b
            (rows, depth, columns) = (left[left.count - 2], last, right[right.count - 1])
            guard right[right.count - 2] == depth else { throw GraphFault("the product of \(a) and \(b)") }
            stacks = try Broadcast([Array(left.dropLast(2)), Array(right.dropLast(2))])
            count = stacks.shape.reduce(1, *)
            shape = stacks.shape + (a.count == 1 ? [] : [rows]) + (b.count == 1 ? [] : [columns])
            _ = try call.count(shape)
            _ = try call.count([rows, depth])
            _ = try call.count([depth, columns])
        }

        /// Calls `body` with the number of each result and of its two matrices.
        func each(_ body: (_ result: Int, _ left: Int, _ right: Int) throws -> Void) rethrows {
            for outer in 0..<stacks.outerCount {
                let from = stacks.offsets(outer)
                for i in 0..<(count == 0 ? 0 : stacks.innerCount) {
                    try body(
                        outer * stacks.innerCount + i, from[0] + i * stacks.innerStride(0),
                        from[1] + i * stacks.innerStride(1))
                }
            }
        }
    }

    /// A matrix of float32 in panels, of `[depth, columns]` or of that turned over.
    private static func packed(
        _ all: ArraySlice<Float>, depth: Int, columns: Int, isTransposed: Bool = false, _ pool: ComputePool
    ) -> PackedMatrix {
        var rows = Array(all)
        if !isTransposed {
            rows = unsafe [Float](unsafeUninitializedCapacity: all.count) { to, initialized in
                unsafe all.withUnsafeBufferPointer { all in
                    guard let from = all.baseAddress, let to = to.baseAddress else { return }
                    unsafe Layout.transpose(from, rows: depth, columns: columns, into: to, pool)
                }
                initialized = all.count
            }
        }
        return unsafe rows.withUnsafeBytes {
            unsafe PackedMatrix($0, dtype: .f32, rows: columns, columns: depth, pool: pool)
        }
    }

    /// `rows` of `a` times a packed matrix, over the numbers of `result` from `place` on.
    private static func multiply(
        _ a: ArraySlice<Float>, rows: Int, _ matrix: PackedMatrix, into result: inout [Float], at place: Int,
        _ step: Step
    ) {
        step.frame {
            let x = step.scratch(rows, matrix.columns)
            unsafe a.withUnsafeBufferPointer { a in
                guard let from = a.baseAddress else { return }
                unsafe x.base.update(from: from, count: a.count)
            }
            let y = step.linear(x, matrix)
            unsafe result.withUnsafeMutableBufferPointer { result in
                guard let to = result.baseAddress else { return }
                unsafe (to + place).update(from: y.base, count: y.count)
            }
        }
    }

    private static let matMul: GraphOperator = { node in
        // A matrix of weights is packed once.
        let known = node.known(1)
        let weights = known?.floats.flatMap { all in
            (known?.shape).flatMap { shape in
                shape.count == 2 && !all.isEmpty ? packed(all[...], depth: shape[0], columns: shape[1], node.pool) : nil
            }
        }
        return { call in
            let (a, shape) = try call.floats(0)
            let (b, other) = try call.floats(1)
            return [try product(a, shape, b, other, weights, call)]
        }
    }

    private static func product(
        _ a: [Float], _ shape: [Int], _ b: [Float], _ other: [Int], _ weights: PackedMatrix?, _ call: GraphCall
    ) throws -> GraphValue {
        let form = try Form(shape, other, call)
        var result = [Float](repeating: 0, count: form.shape.reduce(1, *))
        guard !result.isEmpty, form.depth > 0 else { return GraphValue(result, form.shape) }
        if let weights {
            multiply(a[...], rows: a.count / form.depth, weights, into: &result, at: 0, call.step)
            return GraphValue(result, form.shape)
        }
        let (left, right) = (form.rows * form.depth, form.depth * form.columns)
        // Packing a small matrix costs more than multiplying it.
        if form.rows * right < 1 << 16 {
            multiplySmall(a, b, form, into: &result, call.step.pool)
            return GraphValue(result, form.shape)
        }
        form.each { place, x, y in
            let matrix = packed(
                b[y * right..<(y + 1) * right], depth: form.depth, columns: form.columns, call.step.pool)
            multiply(
                a[x * left..<(x + 1) * left], rows: form.rows, matrix, into: &result,
                at: place * form.rows * form.columns, call.step)
        }
        return GraphValue(result, form.shape)
    }

    /// A stack of small products, as the formula has them.
    private static func multiplySmall(
        _ a: [Float], _ b: [Float], _ form: Form, into result: inout [Float], _ pool: ComputePool
    ) {
        var matrices: [(result: Int, left: Int, right: Int)] = []
        form.each { matrices.append(($0, $1, $2)) }
        let (rows, depth, columns, all) = (form.rows, form.depth, form.columns, matrices)
        unsafe result.withUnsafeMutableBufferPointer { result in
            unsafe a.withUnsafeBufferPointer { a in
                unsafe b.withUnsafeBufferPointer { b in
                    guard let result = result.baseAddress, let a = a.baseAddress, let b = b.baseAddress else { return }
                    let each = max(1, (1 << 15) / (rows * depth * columns))
                    pool.run((all.count + each - 1) / each) { chunk, _ in
                        for (place, left, right) in all[chunk * each..<min(all.count, (chunk + 1) * each)] {
                            let x = unsafe a + left * rows * depth, y = unsafe b + right * depth * columns
                            for row in 0..<rows {
                                let to = unsafe result + (place * rows + row) * columns
                                for k in 0..<depth {
                                    let factor = unsafe x[row * depth + k], from = unsafe y + k * columns
                                    for column in 0..<columns { unsafe to[column] += factor * from[column] }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The last two axes of a stack of matrices exchanged.
    private static func turned(_ all: [Float], _ shape: [Int], _ pool: ComputePool) -> ([Float], [Int]) {
        guard shape.count > 1 else { return (all, shape) }
        let rows = shape[shape.count - 2], columns = shape[shape.count - 1]
        var result = all
        for start in stride(from: 0, to: all.count, by: max(1, rows * columns)) {
            for row in 0..<rows {
                for column in 0..<columns { result[start + column * rows + row] = all[start + row * columns + column] }
            }
        }
        return (result, shape.dropLast(2) + [columns, rows])
    }

    /// MatMul with either side turned over and a factor.
    private static let fusedMatMul: GraphOperator = { node in
        let alpha = try node.float("alpha", 1)
        let turns = (try node.integer("transA", 0) != 0, try node.integer("transB", 0) != 0)
        guard try node.integer("transBatchA", 0) == 0, try node.integer("transBatchB", 0) == 0 else {
            throw GraphFault("it turns over whole stacks of matrices")
        }
        return { call in
            var (a, shape) = try call.floats(0)
            var (b, other) = try call.floats(1)
            if turns.0 { (a, shape) = turned(a, shape, call.step.pool) }
            if turns.1 { (b, other) = turned(b, other, call.step.pool) }
            let result = try product(a, shape, b, other, nil, call)
            guard alpha != 1 else { return [result] }
            return [GraphValue((result.floats ?? []).map { alpha * $0 }, result.shape)]
        }
    }

    /// `alpha · A · B + beta · C`, of two matrices.
    private static let gemm: GraphOperator = { node in
        let alpha = try node.float("alpha", 1), beta = try node.float("beta", 1)
        let turns = (try node.integer("transA", 0) != 0, try node.integer("transB", 0) != 0)
        let known = node.known(1)
        let weights = known?.floats.flatMap { all in
            (known?.shape).flatMap { shape in
                shape.count == 2 && !all.isEmpty
                    ? packed(
                        all[...], depth: shape[turns.1 ? 1 : 0], columns: shape[turns.1 ? 0 : 1],
                        isTransposed: turns.1, node.pool) : nil
            }
        }
        return { call in
            var (a, shape) = try call.floats(0)
            var (b, other) = try call.floats(1)
            guard shape.count == 2, other.count == 2 else { throw GraphFault("its inputs are no matrices") }
            if turns.0 { (a, shape) = turned(a, shape, call.step.pool) }
            if turns.1 { (b, other) = weights == nil ? turned(b, other, call.step.pool) : (b, other.reversed()) }
            var result = try product(a, shape, b, other, weights, call)
            if alpha != 1 { result = GraphValue((result.floats ?? []).map { alpha * $0 }, result.shape) }
            guard let c = call.optional(2), beta != 0 else { return [result] }
            var two = GraphCall(inputs: [result, c], step: call.step, room: call.room, outputCount: 1)
            return [try Arithmetic.floats(&two) { $0 + beta * $1 }]
        }
    }

    /// Of bytes, exact in 32 bits; the plain way, because where it matters ``ByteProducts`` takes its place.
    private static let matMulInteger: GraphOperator = { _ in
        { call in
            let (a, b) = (try call.input(0), try call.input(1))
            let form = try Form(a.shape, b.shape, call)
            let left = try Quantized(a, zero: call.optional(2), axis: .rows(form.rows)).centred
            let right = try Quantized(b, zero: call.optional(3), axis: .columns(form.columns)).centred
            var result = [Int32](repeating: 0, count: form.shape.reduce(1, *))
            form.each { place, x, y in
                for row in 0..<form.rows {
                    for k in 0..<form.depth {
                        let factor = left[(x * form.rows + row) * form.depth + k]
                        let from = (y * form.depth + k) * form.columns
                        let to = (place * form.rows + row) * form.columns
                        for column in 0..<form.columns { result[to + column] &+= factor &* right[from + column] }
                    }
                }
            }
            return [GraphValue(.words(result), form.shape)]
        }
    }
}
