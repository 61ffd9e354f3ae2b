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
            return LinearJob.Product(
                matrices: [matrix], biases: [tail.bias], end: .tail(tail.activation, adds: tail.sum != nil),
                output: tail.sum ?? scratch(x.rows, matrix.rows))
        }
        multiply(x, products)
        return products.map(\.output)
    }

    /// The product with one matrix, gated by that with another: `y = activation(x · Gᵀ + b) · (x · Uᵀ + c)`. What both
    /// make of a few rows is multiplied while it still lies in a cache.
    /// - Parameters:
    ///   - x: `[rows, columns]`, of both matrices.
    ///   - gate: G, as many rows as `up`, U; with biases where there are any.
    /// - Returns: `[rows, up.rows]`, in this step's arena.
    /// - SeeAlso: Shazeer 2020, arXiv:2002.05202.
    public func gatedLinear(
        _ x: Tensor, gate: PackedMatrix, _ gateBias: [Float]? = nil, up: PackedMatrix, _ upBias: [Float]? = nil,
        _ activation: Activation
    ) -> Tensor {
        precondition(gate.rows == up.rows && gate.columns == up.columns, "a gate of another shape")
        precondition(up.columns == x.width, "gatedLinear: \(up.columns) columns for width \(x.width)")
        precondition([gateBias, upBias].allSatisfy { ($0?.count ?? up.rows) == up.rows }, "a bias of another width")
        let product = LinearJob.Product(
            matrices: [gate, up], biases: [gateBias, upBias], end: .gate(activation), output: scratch(x.rows, up.rows))
        multiply(x, [product])
        return product.output
    }

    private func multiply(_ x: Tensor, _ products: [LinearJob.Product]) {
        for matrix in products.flatMap(\.matrices) { multiplyCount += x.rows * matrix.rows * matrix.columns }
        if x.rows > 0 { frame { LinearJob(step: self, x: x, products: products).run() } }
    }
}

/// One call of `linear`: the rounded input, and panels shared out in groups.
@safe private struct LinearJob {
    struct Product {
        /// One, or a gate and what it is put on.
        let matrices: [PackedMatrix]
        /// Of each.
        let biases: [[Float]?]
        let end: End
        /// The result, or what it is added to.
        let output: Tensor
    }

    /// What becomes of a product's numbers.
    enum End {
        case tail(PointActivation?, adds: Bool)
        case gate(Activation)
    }

    /// Panels of one product that follow each other, of each of its matrices, for one thread.
    struct Group {
        let product: Int
        let panels: Range<Int>
        /// How many matrices the product has.
        let sides: Int

        /// Numbers of one row that one matrix makes, and all.
        var sideWidth: Int { panels.count * PackedMatrix.panelRows }
        var width: Int { sides * sideWidth }
    }

    /// How a matrix's panels meet the rows.
    enum Way {
        /// As they are packed: with few rows memory is the limit, and integer panels of a group stay in the second-level
        /// cache while each tile of rounded activations meets all of them.
        case packed
        /// Widened to float32 once for all rows, and multiplied by twos.
        case widened
        /// In bfloat16 as they are packed, with rows that are rounded to it; by twos as well.
        case rounded
    }

    /// A matrix as threads see it, tile after tile: nothing whose references are counted, at which they would meet.
    @safe struct Side {
        let family: tutti_family
        let panels: UnsafeRawPointer
        let panelBytes: Int
        let bias: UnsafePointer<Float>?
        let way: Way
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
    /// About what the panels of a group take that many rows meet: less than a core's second-level cache.
    private static let groupByteCount = 600_000
    /// Rows that are worth widening float panels for; fewer widen them in registers.
    private static let rowsToWiden = 32

    init(step: Step, x: Tensor, products: [Product]) {
        self.step = step
        self.x = x
        self.products = products
        let matrices = products.flatMap(\.matrices)
        activationRowBytes = tutti_activation_row_bytes(x.width)
        if !step.exact && matrices.contains(where: \.isInteger) {
            unsafe activations = step.scratchBytes(x.rows * activationRowBytes)
        } else {
            unsafe activations = nil
        }
        halfRowCount = tutti_bfloat16_row(x.width)
        if matrices.contains(where: step.rounds) {
            unsafe halves = step.scratchBytes(x.rows * halfRowCount * MemoryLayout<UInt16>.size)
                .bindMemory(to: UInt16.self, capacity: x.rows * halfRowCount)
        } else {
            unsafe halves = nil
        }
    }

    private func way(_ matrix: PackedMatrix) -> Way {
        if step.rounds(matrix) { return .rounded }
        // Few rows widen float panels in registers. In an exact step everything is float32.
        return step.exact || !matrix.isInteger && x.rows >= LinearJob.rowsToWiden ? .widened : .packed
    }

    /// What a panel takes that many rows meet; 0 where its matrix is not walked so.
    private func byteCount(_ matrix: PackedMatrix) -> Int {
        switch way(matrix) {
        case .packed: 0
        case .widened: widenedByteCount
        case .rounded: matrix.panelBytes
        }
    }

    private var widenedByteCount: Int { x.width * PackedMatrix.panelRows * MemoryLayout<Float>.size }

    /// Each product's matrices, two places for each.
    @unsafe private func makeSides() -> UnsafePointer<Side> {
        let count = 2 * products.count
        let sides = unsafe step.scratchBytes(count * MemoryLayout<Side>.stride)
            .bindMemory(to: Side.self, capacity: count)
        for (place, product) in products.enumerated() {
            for (side, matrix) in product.matrices.enumerated() {
                let bias = unsafe product.biases[side].map { numbers in
                    let bias = step.scratch(1, numbers.count)
                    bias.fill(from: numbers)
                    return unsafe UnsafePointer(bias.base)
                }
                unsafe (sides + 2 * place + side).initialize(
                    to: Side(
                        family: matrix.family, panels: matrix.panel(0), panelBytes: matrix.panelBytes, bias: bias,
                        way: way(matrix)))
            }
        }
        return unsafe UnsafePointer(sides)
    }

    func run() {
        quantize()
        let matrices = products.flatMap(\.matrices), threads = step.pool.threadCount
        let panelBytes = matrices.map(byteCount).max() ?? 0
        let share = matrices.reduce(0) { $0 + $1.panelCount } / (8 * threads)
        let size =
            panelBytes > 0
            ? max(2, min(16, LinearJob.groupByteCount / panelBytes, share) / 2 * 2)
            : max(1, min(x.rows > 12 ? 16 : 64, share))
        let groups = products.indices.flatMap { index in
            let matrices = products[index].matrices, count = matrices[0].panelCount
            // Whole pairs of panels.
            let size = matrices.count == 1 ? size : max(min(size, 2), size / 4 * 2)
            return stride(from: 0, to: count, by: size).map {
                Group(product: index, panels: $0..<min($0 + size, count), sides: matrices.count)
            }
        }
        // For each thread: a group's panels that are widened, and what a tile makes of them.
        let most = (groups.map(\.width).max() ?? 0) / PackedMatrix.panelRows
        let widened = matrices.contains { way($0) == .widened } ? widenedByteCount : 0
        let prepared = unsafe step.scratchBytes(threads * most * widened), sides = unsafe makeSides()
        let blocks = step.scratch(threads, Int(TUTTI_TILE_ROWS) * most * PackedMatrix.panelRows)
        step.pool.run(groups.count) { index, worker in
            let group = groups[index], sides = unsafe sides + 2 * group.product
            let end = products[group.product].end, output = products[group.product].output
            let prepared = unsafe prepared + worker * most * widened, block = unsafe blocks.row(worker)
            for side in 0..<group.sides where unsafe sides[side].way == .widened {
                unsafe widen(sides[side], group, prepared + side * group.panels.count * widened)
            }
            eachTile { first, rows in
                for side in 0..<group.sides {
                    let out = unsafe block + side * group.sideWidth
                    switch unsafe sides[side].way {
                    case .packed: unsafe multiply(sides[side], group, first, rows, out)
                    case .widened:
                        unsafe multiply(prepared + side * group.panels.count * widened, group, first, rows, out)
                    case .rounded: unsafe multiplyRounded(sides[side], group, first, rows, out)
                    }
                }
                unsafe finish(sides, end, output, group, first, rows, block)
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

    /// A tile's products with panels as they are packed.
    @unsafe private func multiply(
        _ side: Side, _ group: Group, _ first: Int, _ rows: Int, _ out: UnsafeMutablePointer<Float>
    ) {
        for (place, panel) in group.panels.enumerated() {
            let weights = unsafe side.panels + panel * side.panelBytes
            let out = unsafe out + place * PackedMatrix.panelRows
            if let activations = unsafe activations, side.family.rawValue < TUTTI_F32.rawValue {
                unsafe tutti_dot_panel(
                    side.family, weights, x.width, activations + first * activationRowBytes, Int32(rows), out,
                    group.width)
            } else {
                unsafe tutti_dot_float(
                    side.family, weights, x.width, x.row(first), x.width, Int32(rows), out, group.width)
            }
        }
    }

    @unsafe private func widen(_ side: Side, _ group: Group, _ prepared: UnsafeMutableRawPointer) {
        for (place, panel) in group.panels.enumerated() {
            unsafe tutti_widen_f32(
                side.family, side.panels + panel * side.panelBytes, x.width, floats(prepared + place * widenedByteCount)
            )
        }
    }

    /// A tile's products with widened panels.
    @unsafe private func multiply(
        _ panels: UnsafeMutableRawPointer, _ group: Group, _ first: Int, _ rows: Int,
        _ out: UnsafeMutablePointer<Float>
    ) {
        for place in stride(from: 0, to: group.panels.count, by: 2) {
            let weights = unsafe panels + place * widenedByteCount, out = unsafe out + place * PackedMatrix.panelRows
            if place + 1 < group.panels.count {
                unsafe tutti_dot_float_pair(
                    floats(weights), x.width, x.row(first), x.width, Int32(rows), out, group.width)
            } else {
                unsafe tutti_dot_float(
                    TUTTI_F32, weights, x.width, x.row(first), x.width, Int32(rows), out, group.width)
            }
        }
    }

    /// A tile's products in bfloat16.
    @unsafe private func multiplyRounded(
        _ side: Side, _ group: Group, _ first: Int, _ rows: Int, _ out: UnsafeMutablePointer<Float>
    ) {
        for place in stride(from: 0, to: group.panels.count, by: 2) {
            let weights = unsafe side.panels + (group.panels.lowerBound + place) * side.panelBytes
            unsafe tutti_dot_bfloat16(
                weights.assumingMemoryBound(to: UInt16.self), Int32(min(2, group.panels.count - place)), x.width,
                half(first), halfRowCount, Int32(rows), out + place * PackedMatrix.panelRows, group.width)
        }
    }

    @unsafe private func floats(_ memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
        unsafe memory.assumingMemoryBound(to: Float.self)
    }

    /// A row in bfloat16, where there are any.
    @unsafe private func half(_ row: Int) -> UnsafeMutablePointer<UInt16>? {
        unsafe halves.map { unsafe $0 + row * halfRowCount }
    }

    /// Brings a group's numbers for the rows from `first` where they belong.
    @unsafe private func finish(
        _ sides: UnsafePointer<Side>, _ end: End, _ output: Tensor, _ group: Group, _ first: Int, _ rows: Int,
        _ block: UnsafeMutablePointer<Float>
    ) {
        let column = group.panels.lowerBound * PackedMatrix.panelRows, width = output.width
        // The last panel may be wider than what is left of the product.
        let count = min(group.sideWidth, width - column)
        let to = unsafe output.row(first) + column
        /// Adds a side's bias to its numbers, and brings them to `y`.
        func place(_ side: Int, at y: UnsafeMutablePointer<Float>, _ stride: Int, adds: Bool = false) {
            unsafe tutti_place_f32(
                y, stride, block + side * group.sideWidth, group.width, Int32(rows), count,
                sides[side].bias.map { unsafe $0 + column }, adds ? 1 : 0)
        }
        switch end {
        case .tail(nil, let adds): unsafe place(0, at: to, width, adds: adds)
        case .tail(let activation?, adds: false):
            unsafe place(0, at: to, width)
            for row in 0..<rows { unsafe activation.apply(to + row * width, count) }
        case .tail(let activation?, adds: true):
            unsafe place(0, at: block, group.width)
            unsafe activation.apply(block, rows * group.width)
            unsafe tutti_place_f32(to, width, block, group.width, Int32(rows), count, nil, 1)
        case .gate(let activation):
            for side in 0..<group.sides where unsafe sides[side].bias != nil {
                unsafe place(side, at: block + side * group.sideWidth, group.width)
            }
            for row in 0..<rows {
                let gate = unsafe block + row * group.width
                unsafe activation.gate(to + row * width, gate, gate + group.sideWidth, count)
            }
        }
    }
}
