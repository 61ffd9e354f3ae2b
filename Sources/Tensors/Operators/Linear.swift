import CKernels

/// What is done with a product's numbers while they still lie in a cache.
public struct LinearTail: Sendable {
    /// Added to every row: a number for each output.
    public var bias: [Float]?
    /// Applied behind the bias.
    public var activation: PointActivation?
    /// What the numbers are added to, in place: the product is then nowhere but in this sum.
    public var sum: Tensor?

    public init(bias: [Float]? = nil, activation: PointActivation? = nil, sum: Tensor? = nil) {
        (self.bias, self.activation, self.sum) = (bias, activation, sum)
    }
}

extension Step {
    /// The product with a matrix of weights, `y[r, n] = Σ x[r, k] · w[n, k]`.
    /// - Parameters:
    ///   - x: `[rows, matrix.columns]`.
    ///   - matrix: Packed weights. Products with quantised weights round `x` to 8 bits, with one scale for 32
    ///     values, unless the step is `exact`; those with bfloat16 weights to bfloat16, if the step says so.
    /// - Returns: `[rows, matrix.rows]`, in this step's arena; or `tail.sum`, where it has one.
    public func linear(_ x: Tensor, _ matrix: PackedMatrix, _ tail: LinearTail = LinearTail()) -> Tensor {
        linear(x, [matrix], [tail])[0]
    }

    /// Products of one input with several matrices, at the price of one: the input is rounded once and the threads meet
    /// once.
    /// - Parameter tails: One for each matrix, or none.
    public func linear(_ x: Tensor, _ matrices: [PackedMatrix], _ tails: [LinearTail] = []) -> [Tensor] {
        precondition(tails.isEmpty || tails.count == matrices.count, "linear: \(tails.count) tails")
        let products = matrices.enumerated().map { index, matrix in
            let tail = tails.isEmpty ? LinearTail() : tails[index]
            precondition(matrix.columns == x.width, "linear: \(matrix.columns) columns for width \(x.width)")
            precondition(tail.bias.map { $0.count == matrix.rows } ?? true, "linear: a bias of another width")
            precondition(
                tail.sum.map { $0.rows == x.rows && $0.width == matrix.rows } ?? true, "linear: a sum of another shape")
            multiplyCount += x.rows * matrix.rows * matrix.columns
            return LinearJob.Product(matrix: matrix, tail: tail, output: tail.sum ?? scratch(x.rows, matrix.rows))
        }
        if x.rows > 0 { frame { LinearJob(step: self, x: x, products: products).run() } }
        return products.map(\.output)
    }
}

/// One call of `linear`: the rounded input, and panels shared out in groups.
@safe private struct LinearJob {
    struct Product {
        let matrix: PackedMatrix
        let tail: LinearTail
        /// The result, or what it is added to.
        let output: Tensor
    }

    /// Panels of one product that follow each other, for one thread.
    struct Group {
        let product: Int
        let panels: Range<Int>

        /// Numbers of one row.
        var width: Int { panels.count * PackedMatrix.panelRows }
    }

    /// How a product's panels meet the rows.
    enum Way {
        /// As they are packed: with few rows memory is the limit, and integer panels of a group stay in the second-level
        /// cache while each tile of rounded activations meets all of them.
        case packed
        /// Widened to float32 once for all rows, and multiplied by twos.
        case widened
        /// The bfloat16 numbers of two columns side by side, with rows that are rounded to bfloat16; by twos as well.
        case paired
    }

    let step: Step
    let x: Tensor
    let products: [Product]
    /// Tiles of rounded activations, or nil when no matrix asks for them.
    let activations: UnsafeMutableRawPointer?
    /// What one row's rounded activations take.
    let activationRowBytes: Int
    /// Rows in bfloat16, or nil when no matrix asks for them.
    let halves: UnsafeMutablePointer<UInt16>?
    /// Numbers of such a row.
    let halfRowCount: Int
    /// About what the widened panels of a group take: less than a core's second-level cache.
    private static let groupByteCount = 600_000
    /// Rows that are worth widening float panels for; fewer widen them in registers.
    private static let rowsToWiden = 32

    init(step: Step, x: Tensor, products: [Product]) {
        self.step = step
        self.x = x
        self.products = products
        activationRowBytes = tutti_activation_row_bytes(x.width)
        if !step.exact && products.contains(where: \.matrix.isInteger) {
            unsafe activations = step.scratchBytes(x.rows * activationRowBytes)
        } else {
            unsafe activations = nil
        }
        halfRowCount = tutti_bfloat16_row(x.width)
        if products.contains(where: { step.rounds($0.matrix) }) {
            unsafe halves = step.scratchBytes(x.rows * halfRowCount * MemoryLayout<UInt16>.size)
                .bindMemory(to: UInt16.self, capacity: x.rows * halfRowCount)
        } else {
            unsafe halves = nil
        }
    }

    private func way(_ product: Product) -> Way {
        if step.rounds(product.matrix) { return .paired }
        // Few rows widen float panels in registers. In an exact step everything is float32.
        return step.exact || !product.matrix.isInteger && x.rows >= LinearJob.rowsToWiden ? .widened : .packed
    }

    /// What a panel takes that is laid out anew.
    private func byteCount(_ way: Way) -> Int {
        switch way {
        case .packed: 0
        case .widened: x.width * PackedMatrix.panelRows * MemoryLayout<Float>.size
        case .paired: halfRowCount * PackedMatrix.panelRows * MemoryLayout<UInt16>.size
        }
    }

    func run() {
        quantize()
        let threads = step.pool.threadCount, panelBytes = products.map { byteCount(way($0)) }.max() ?? 0
        let share = products.reduce(0) { $0 + $1.matrix.panelCount } / (8 * threads)
        let size =
            panelBytes > 0
            ? max(2, min(16, LinearJob.groupByteCount / panelBytes, share) / 2 * 2)
            : max(1, min(x.rows > 12 ? 16 : 64, share))
        let groups = products.indices.flatMap { product in
            let count = products[product].matrix.panelCount
            return stride(from: 0, to: count, by: size).map {
                Group(product: product, panels: $0..<min($0 + size, count))
            }
        }
        // For each thread: a group's panels that are laid out anew, and what a tile makes of them.
        let prepared = unsafe step.scratchBytes(threads * size * panelBytes)
        let blocks = step.scratch(threads, Int(TUTTI_TILE_ROWS) * size * PackedMatrix.panelRows)
        step.pool.run(groups.count) { index, worker in
            let group = groups[index], block = unsafe blocks.row(worker), way = way(products[group.product])
            if way == .packed {
                unsafe multiply(group, block)
            } else {
                unsafe multiply(group, way, prepared + worker * size * panelBytes, block)
            }
        }
    }

    /// Walks the tiles that rows are cut in.
    private func eachTile(_ body: (_ first: Int, _ rows: Int) -> Void) {
        var first = 0
        while first < x.rows {
            let rows = Int(tutti_tile_rows(x.rows - first))
            body(first, rows)
            first += rows
        }
    }

    private func quantize() {
        if unsafe halves != nil {
            step.split(x.rows, width: x.width) { rows in
                for row in rows { unsafe tutti_round_bfloat16(x.row(row), x.width, half(row)) }
            }
        }
        guard let activations = unsafe activations else { return }
        func quantize(_ first: Int, _ rows: Int) {
            unsafe tutti_quantize_tile(
                x.row(first), x.width, Int32(rows), x.width, activations + first * activationRowBytes)
        }
        if x.rows <= 4 { return eachTile(quantize) }
        var tiles: [(first: Int, rows: Int)] = []
        eachTile { tiles.append(($0, $1)) }
        step.pool.run(tiles.count) { index, _ in quantize(tiles[index].first, tiles[index].rows) }
    }

    @unsafe private func multiply(_ group: Group, _ block: UnsafeMutablePointer<Float>) {
        let matrix = products[group.product].matrix
        eachTile { first, rows in
            for (place, panel) in group.panels.enumerated() {
                let weights = unsafe matrix.panel(panel), out = unsafe block + place * PackedMatrix.panelRows
                if let activations = unsafe activations, matrix.isInteger {
                    unsafe tutti_dot_panel(
                        matrix.family, weights, x.width, activations + first * activationRowBytes, Int32(rows), out,
                        group.width)
                } else {
                    unsafe tutti_dot_float(
                        matrix.family, weights, x.width, x.row(first), x.width, Int32(rows), out, group.width)
                }
            }
            unsafe finish(group, first, rows, block)
        }
    }

    /// Multiplies panels that are laid out anew in `prepared`.
    @unsafe private func multiply(
        _ group: Group, _ way: Way, _ prepared: UnsafeMutableRawPointer, _ block: UnsafeMutablePointer<Float>
    ) {
        let matrix = products[group.product].matrix, panelBytes = byteCount(way)
        for (place, panel) in group.panels.enumerated() {
            let source = unsafe matrix.panel(panel), target = unsafe prepared + place * panelBytes
            if way == .paired {
                unsafe tutti_pair_bfloat16(source, x.width, numbers(target))
            } else {
                unsafe tutti_widen_f32(matrix.family, source, x.width, numbers(target))
            }
        }
        eachTile { first, rows in
            for place in stride(from: 0, to: group.panels.count, by: 2) {
                let weights = unsafe prepared + place * panelBytes
                let out = unsafe block + place * PackedMatrix.panelRows, panels = min(2, group.panels.count - place)
                if way == .paired {
                    unsafe tutti_dot_bfloat16(
                        numbers(weights), Int32(panels), x.width, half(first), halfRowCount, Int32(rows), out,
                        group.width)
                } else if panels == 2 {
                    unsafe tutti_dot_float_pair(
                        numbers(weights), x.width, x.row(first), x.width, Int32(rows), out, group.width)
                } else {
                    unsafe tutti_dot_float(
                        TUTTI_F32, weights, x.width, x.row(first), x.width, Int32(rows), out, group.width)
                }
            }
            unsafe finish(group, first, rows, block)
        }
    }

    /// Memory as numbers of the kind that is asked for.
    @unsafe private func numbers<Number>(_ memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Number> {
        unsafe memory.assumingMemoryBound(to: Number.self)
    }

    /// A row in bfloat16, where there are any.
    @unsafe private func half(_ row: Int) -> UnsafeMutablePointer<UInt16>? {
        unsafe halves.map { unsafe $0 + row * halfRowCount }
    }

    /// Brings a group's numbers for the rows from `first` where they belong.
    @unsafe private func finish(_ group: Group, _ first: Int, _ rows: Int, _ block: UnsafeMutablePointer<Float>) {
        let product = products[group.product], column = group.panels.lowerBound * PackedMatrix.panelRows
        // The last panel may be wider than what is left of the product.
        let count = min(group.panels.count * PackedMatrix.panelRows, product.output.width - column)
        if let bias = product.tail.bias {
            unsafe bias.withUnsafeBufferPointer { bias in
                guard let base = bias.baseAddress else { return }
                for row in 0..<rows { unsafe tutti_add_f32(block + row * group.width, base + column, count) }
            }
        }
        if let activation = product.tail.activation { unsafe activation.apply(block, rows * group.width) }
        for row in 0..<rows {
            let from = unsafe block + row * group.width, to = unsafe product.output.row(first + row) + column
            if product.tail.sum != nil {
                unsafe tutti_add_f32(to, from, count)
            } else {
                unsafe to.update(from: from, count: count)
            }
        }
    }
}
