import CKernels

extension Step {
    /// The product with a matrix of weights, `y[r, n] = Σ x[r, k] · w[n, k]`.
    /// - Parameters:
    ///   - x: `[rows, matrix.columns]`.
    ///   - matrix: Packed weights. Products with quantised weights round `x` to 8 bits, with one scale for 32
    ///     values, unless the step is `exact`.
    /// - Returns: `[rows, matrix.rows]`, in this step's arena.
    public func linear(_ x: Tensor, _ matrix: PackedMatrix) -> Tensor { linear(x, [matrix])[0] }

    /// Products of one input with several matrices, at the price of one: the input is rounded once and the threads meet
    /// once.
    public func linear(_ x: Tensor, _ matrices: [PackedMatrix]) -> [Tensor] {
        let outputs = matrices.map { matrix in
            precondition(matrix.columns == x.width, "linear: \(matrix.columns) columns for width \(x.width)")
            multiplyCount += x.rows * matrix.rows * matrix.columns
            return scratch(x.rows, matrix.rows)
        }
        if x.rows > 0 { frame { LinearJob(step: self, x: x, matrices: matrices, outputs: outputs).run() } }
        return outputs
    }
}

/// One call of `linear`: the rounded input, and panels shared out in groups.
@safe private struct LinearJob {
    let step: Step
    let x: Tensor
    let matrices: [PackedMatrix]
    let outputs: [Tensor]
    /// Tiles of rounded activations, or nil when no matrix asks for them.
    let activations: UnsafeMutableRawPointer?
    /// What one row's rounded activations take.
    let activationRowBytes: Int
    /// About what the widened panels of a group take: less than a core's second-level cache.
    private static let groupByteCount = 600_000
    /// Rows that are worth widening float panels for; fewer widen them in registers.
    private static let rowsToWiden = 32

    init(step: Step, x: Tensor, matrices: [PackedMatrix], outputs: [Tensor]) {
        self.step = step
        self.x = x
        self.matrices = matrices
        self.outputs = outputs
        activationRowBytes = tutti_activation_row_bytes(x.width)
        if !step.exact && matrices.contains(where: \.isInteger) {
            unsafe activations = step.scratchBytes(x.rows * activationRowBytes)
        } else {
            unsafe activations = nil
        }
    }

    func run() {
        quantize()
        // Integer panels are multiplied as they are packed: with few rows memory is the limit, with many the panels of
        // a group stay in the second-level cache while each tile of activations meets all of them. Float panels that
        // meet many rows are widened to float32 once for all, and multiplied by twos; in an exact step all are.
        let widens = matrices.contains(where: isWidened)
        let widenedBytes = x.width * PackedMatrix.panelRows * MemoryLayout<Float>.size
        let panelCount = matrices.reduce(0) { $0 + $1.panelCount }
        let share = panelCount / (8 * step.pool.threadCount)
        let group =
            widens
            ? max(2, min(16, LinearJob.groupByteCount / widenedBytes, share) / 2 * 2)
            : max(1, min(x.rows > 12 ? 16 : 64, share))
        var groups: [(matrix: Int, panels: Range<Int>)] = []
        for (index, matrix) in matrices.enumerated() {
            for first in stride(from: 0, to: matrix.panelCount, by: group) {
                groups.append((index, first..<min(first + group, matrix.panelCount)))
            }
        }
        let scratch = unsafe widens ? step.scratchBytes(group * widenedBytes * step.pool.threadCount) : nil
        step.pool.run(groups.count) { index, worker in
            let (matrix, panels) = groups[index]
            if let scratch = unsafe scratch, isWidened(matrices[matrix]) {
                unsafe multiplyWidened(matrix, panels, scratch + worker * group * widenedBytes, widenedBytes)
            } else {
                multiply(matrix, panels)
            }
        }
    }

    private func isWidened(_ matrix: PackedMatrix) -> Bool {
        step.exact || !matrix.isInteger && x.rows >= LinearJob.rowsToWiden
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
        if x.rows <= 4 {
            eachTile { first, rows in
                unsafe tutti_quantize_tile(
                    x.row(first), x.width, Int32(rows), x.width, activations + first * activationRowBytes)
            }
            return
        }
        var tiles: [(first: Int, rows: Int)] = []
        eachTile { tiles.append(($0, $1)) }
        step.pool.run(tiles.count) { index, _ in
            let (first, rows) = tiles[index]
            unsafe tutti_quantize_tile(
                x.row(first), x.width, Int32(rows), x.width, activations + first * activationRowBytes)
        }
    }

    /// Where the sixteen outputs of a panel go for the rows from `first`; the last panel may be narrower than sixteen.
    private func withOutput(
        _ matrix: Int, _ panel: Int, _ first: Int, _ rows: Int, _ body: (UnsafeMutablePointer<Float>, Int) -> Void
    ) {
        let output = outputs[matrix], column = panel * PackedMatrix.panelRows
        if column + PackedMatrix.panelRows <= output.width {
            unsafe body(output.base + first * output.width + column, output.width)
            return
        }
        var ragged = InlineArray<192, Float>(repeating: 0)
        var span = ragged.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe body(base, PackedMatrix.panelRows)
            for row in 0..<rows {
                for column in column..<output.width {
                    unsafe output.row(first + row)[column] =
                        base[row * PackedMatrix.panelRows + column % PackedMatrix.panelRows]
                }
            }
        }
    }

    private func multiply(_ index: Int, _ panels: Range<Int>) {
        let matrix = matrices[index]
        eachTile { first, rows in
            for panel in panels {
                let weights = unsafe matrix.panel(panel)
                unsafe withOutput(index, panel, first, rows) { out, stride in
                    if let activations = unsafe activations, matrix.isInteger {
                        unsafe tutti_dot_panel(
                            matrix.family, weights, x.width, activations + first * activationRowBytes, Int32(rows), out,
                            stride)
                    } else {
                        unsafe tutti_dot_float(
                            matrix.family, weights, x.width, x.row(first), x.width, Int32(rows), out, stride)
                    }
                }
            }
        }
    }

    private func multiplyWidened(
        _ index: Int, _ panels: Range<Int>, _ scratch: UnsafeMutableRawPointer, _ widenedBytes: Int
    ) {
        let matrix = matrices[index]
        for (place, panel) in panels.enumerated() {
            let widened = unsafe scratch + place * widenedBytes
            unsafe tutti_widen_f32(
                matrix.family, matrix.panel(panel), x.width,
                widened.bindMemory(to: Float.self, capacity: x.width * PackedMatrix.panelRows))
        }
        let output = outputs[index]
        eachTile { first, rows in
            var panel = panels.lowerBound
            while panel < panels.upperBound {
                let weights = unsafe (scratch + (panel - panels.lowerBound) * widenedBytes).assumingMemoryBound(
                    to: Float.self)
                let column = panel * PackedMatrix.panelRows
                if panel + 1 < panels.upperBound, column + 2 * PackedMatrix.panelRows <= output.width {
                    unsafe tutti_dot_float_pair(
                        weights, x.width, x.row(first), x.width, Int32(rows), output.row(first) + column, output.width)
                    panel += 2
                    continue
                }
                unsafe withOutput(index, panel, first, rows) { out, stride in
                    unsafe tutti_dot_float(
                        TUTTI_F32, weights, x.width, x.row(first), x.width, Int32(rows), out, stride)
                }
                panel += 1
            }
        }
    }
}
