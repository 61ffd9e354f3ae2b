import CKernels

/// Which numbers are rounded to bytes with one scale and zero point.
public enum ByteRounding: Sendable {
    /// All rows together, as ONNX's DynamicQuantizeLinear does: a row's result depends on the others.
    case whole
    /// Each row by itself.
    case rows
}

extension Step {
    /// Products of one input, rounded to bytes, with several matrices of bytes: `y[r, n] = Σ x[r, k] · w[n, k] + b[n]`. The
    /// rounding apart, sums are exact.
    ///
    /// The scale is `(high - low) / 255`, where both the least and the greatest number are taken as if zero were among them.
    /// - Parameters:
    ///   - x: `[rows, columns]`; `columns` is that of every matrix.
    ///   - layers: Matrices, each with a number for each of its rows to add, or none.
    /// - Returns: `[rows, matrix.rows]` each, in this step's arena.
    /// - SeeAlso: ONNX's operators DynamicQuantizeLinear and MatMulInteger.
    public func linear(
        _ x: Tensor, _ layers: [(matrix: ByteMatrix, bias: [Float]?)], rounding: ByteRounding
    ) -> [Tensor] {
        let outputs = layers.map { matrix, bias in
            precondition(matrix.columns == x.width, "linear: \(matrix.columns) columns for width \(x.width)")
            precondition(bias?.count ?? matrix.rows == matrix.rows, "linear: a bias of another width")
            multiplyCount += x.rows * matrix.rows * matrix.columns
            return scratch(x.rows, matrix.rows)
        }
        guard x.rows > 0 else { return outputs }
        frame {
            let rounded = RoundedRows(x, rounding, self)
            let panels = layers.reduce(0) { $0 + $1.matrix.panelCount }
            let group = max(1, min(x.rows > 12 ? 4 : 64, panels / (4 * pool.threadCount)))
            var groups: [(layer: Int, panels: Range<Int>)] = []
            for (index, layer) in layers.enumerated() {
                for first in stride(from: 0, to: layer.matrix.panelCount, by: group) {
                    groups.append((index, first..<min(first + group, layer.matrix.panelCount)))
                }
            }
            pool.run(groups.count) { index, _ in
                let (place, panels) = groups[index]
                let (matrix, bias) = layers[place]
                rounded.multiply(matrix, bias, panels, outputs[place])
            }
        }
        return outputs
    }

    /// Rows of `table`, `[tokens, table.columns]`.
    /// - Precondition: Every token is below `table.rows`.
    public func embed(_ tokens: [Token], _ table: ByteMatrix) -> Tensor {
        let y = scratch(tokens.count, table.columns)
        for (row, token) in tokens.enumerated() { unsafe table.read(row: Int(token), into: y.row(row)) }
        return y
    }
}

/// Rows of bytes that stand for floats, in a step's arena.
@safe struct RoundedRows {
    let rows: Int
    let stride: Int
    let values: UnsafeMutablePointer<Int8>
    /// Of each row.
    let scales: UnsafeMutablePointer<Float>
    let zeros: UnsafeMutablePointer<Int32>
    let sums: UnsafeMutablePointer<Int32>

    /// Rows that are bytes already: `stride` from one to the next, which may lie over each other.
    @unsafe init(
        rows: Int, stride: Int, values: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>,
        zeros: UnsafeMutablePointer<Int32>, sums: UnsafeMutablePointer<Int32>
    ) {
        (self.rows, self.stride) = (rows, stride)
        unsafe (self.values, self.scales, self.zeros, self.sums) = (values, scales, zeros, sums)
    }

    init(_ x: Tensor, _ rounding: ByteRounding, _ step: Step) {
        rows = x.rows
        stride = (x.width + 63) / 64 * 64
        unsafe values = step.scratchBytes(x.rows * stride).assumingMemoryBound(to: Int8.self)
        unsafe scales = step.scratchBytes(x.rows * 4).assumingMemoryBound(to: Float.self)
        unsafe zeros = step.scratchBytes(x.rows * 4).assumingMemoryBound(to: Int32.self)
        unsafe sums = step.scratchBytes(x.rows * 4).assumingMemoryBound(to: Int32.self)
        // The least number of each row, then the greatest.
        let ranges = step.scratch(2, x.rows)
        let lows = unsafe ranges.row(0), highs = unsafe ranges.row(1)
        step.split(x.rows, width: x.width) { range in
            for row in range { unsafe tutti_range_f32(x.row(row), x.width, lows + row, highs + row) }
        }
        if rounding == .whole {
            var low: Float = 0, high: Float = 0
            for row in 0..<rows {
                unsafe low = min(low, lows[row])
                unsafe high = max(high, highs[row])
            }
            unsafe lows.update(repeating: low, count: rows)
            unsafe highs.update(repeating: high, count: rows)
        }
        let this = self
        step.split(x.rows, width: x.width) { range in
            for row in range {
                let low = unsafe lows[row], high = unsafe highs[row]
                let scale = high > low ? (high - low) / 255 : 1
                // A row with an infinity has no sensible zero point; its results are none anyhow.
                let place = scale.isFinite ? max(0, min(255, (-low / scale).rounded(.toNearestOrEven))) : 0
                let zero = Int32(place) - 128
                unsafe this.scales[row] = scale
                unsafe this.zeros[row] = zero
                unsafe this.sums[row] = tutti_round_bytes(
                    x.row(row), x.width, scale, zero, this.values + row * this.stride)
            }
        }
    }

    func multiply(_ matrix: ByteMatrix, _ bias: [Float]?, _ panels: Range<Int>, _ output: Tensor) {
        let tile = Int(TUTTI_TILE_ROWS), width = ByteMatrix.panelRows
        // The last panel may be narrower than sixteen, and so may the numbers that are added to it.
        let whole = output.width % width == 0 ? panels.upperBound : min(panels.upperBound, output.width / width)
        unsafe matrix.each(panels.lowerBound..<whole, bias: bias) { panel, weights in
            for first in Swift.stride(from: 0, to: rows, by: tile) {
                var x = unsafe tileRows(from: first)
                unsafe tutti_dot_bytes(
                    weights, &x, Int32(min(tile, rows - first)), output.row(first) + panel * width, output.width)
            }
        }
        unsafe matrix.each(whole..<panels.upperBound, bias: nil) { panel, weights in
            var ragged = InlineArray<16, Float>(repeating: 0)
            for row in 0..<rows {
                var x = unsafe tileRows(from: row)
                var span = ragged.mutableSpan
                unsafe span.withUnsafeMutableBufferPointer {
                    unsafe tutti_dot_bytes(weights, &x, 1, $0.baseAddress, width)
                }
                for column in panel * width..<output.width {
                    unsafe output.row(row)[column] = ragged[column - panel * width] + (bias?[column] ?? 0)
                }
            }
        }
    }

    @unsafe private func tileRows(from row: Int) -> tutti_byte_rows {
        unsafe tutti_byte_rows(
            values: values + row * stride, stride: stride, scales: scales + row, zeros: zeros + row, sums: sums + row)
    }
}
