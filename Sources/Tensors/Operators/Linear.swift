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
    ///     values, unless the step is `exact`.
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

    let step: Step
    let x: Tensor
    let products: [Product]
    /// Tiles of rounded activations, or nil when no matrix asks for them.
    let activations: UnsafeMutableRawPointer?
    /// What one row's rounded activations take.
    let activationRowBytes: Int
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
    }

    /// Float panels that meet many rows are widened to float32 once for all, and multiplied by twos; in an exact step all are.
    private func isWidened(_ product: Product) -> Bool {
        step.exact || !product.matrix.isInteger && x.rows >= LinearJob.rowsToWiden
    }

    func run() {
        quantize()
        // Integer panels are multiplied as they are packed: with few rows memory is the limit, with many the panels of
        // a group stay in the second-level cache while each tile of activations meets all of them.
        let threads = step.pool.threadCount, panelFloats = x.width * PackedMatrix.panelRows
        let widens = products.contains(where: isWidened)
        let share = products.reduce(0) { $0 + $1.matrix.panelCount } / (8 * threads)
        let fitting = LinearJob.groupByteCount / (panelFloats * MemoryLayout<Float>.size)
        let size = widens ? max(2, min(16, fitting, share) / 2 * 2) : max(1, min(x.rows > 12 ? 16 : 64, share))
        let groups = products.indices.flatMap { product in
            let count = products[product].matrix.panelCount
            return stride(from: 0, to: count, by: size).map {
                Group(product: product, panels: $0..<min($0 + size, count))
            }
        }
        // For each thread: a group's widened panels, and what a tile makes of them.
        let widened = widens ? step.scratch(threads * size, panelFloats) : nil
        let blocks = step.scratch(threads, Int(TUTTI_TILE_ROWS) * size * PackedMatrix.panelRows)
        step.pool.run(groups.count) { index, worker in
            let group = groups[index], block = unsafe blocks.row(worker)
            if let widened, isWidened(products[group.product]) {
                unsafe multiplyWidened(group, widened.row(worker * size), block)
            } else {
                unsafe multiply(group, block)
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

    @unsafe private func multiplyWidened(
        _ group: Group, _ widened: UnsafeMutablePointer<Float>, _ block: UnsafeMutablePointer<Float>
    ) {
        let matrix = products[group.product].matrix, panelFloats = x.width * PackedMatrix.panelRows
        for (place, panel) in group.panels.enumerated() {
            unsafe tutti_widen_f32(matrix.family, matrix.panel(panel), x.width, widened + place * panelFloats)
        }
        eachTile { first, rows in
            for place in stride(from: 0, to: group.panels.count, by: 2) {
                let weights = unsafe widened + place * panelFloats, out = unsafe block + place * PackedMatrix.panelRows
                if place + 1 < group.panels.count {
                    unsafe tutti_dot_float_pair(
                        weights, x.width, x.row(first), x.width, Int32(rows), out, group.width)
                } else {
                    unsafe tutti_dot_float(
                        TUTTI_F32, weights, x.width, x.row(first), x.width, Int32(rows), out, group.width)
                }
            }
            unsafe finish(group, first, rows, block)
        }
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
