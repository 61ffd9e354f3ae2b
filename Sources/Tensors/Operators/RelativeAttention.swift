import CKernels

extension Step {
    /// Attention of every row to all rows, in which a pair's distance counts: as far as a window reaches, a learnt key is
    /// added to each row's key and a learnt value to its value.
    ///
    /// `score(i, j) = q_i · (k_j + K[j - i]) / √headWidth`, `y_i = Σ_j softmax(score)(i, j) · (v_j + V[j - i])`.
    /// - Parameters:
    ///   - x: q, k and v side by side, `[rows, 3 · heads · headWidth]`.
    ///   - keys: K, `[2 · window + 1, headWidth]`, the earliest row first, for all heads alike; `values` is V.
    /// - Returns: `[rows, heads · headWidth]`, in this step's arena.
    /// - SeeAlso: Shaw et al. 2018, arXiv:1803.02155, equations 3 and 4.
    public func relativeAttention(_ x: Tensor, heads: Int, keys: [Float], values: [Float]) -> Tensor {
        precondition(heads > 0 && x.width % (3 * heads) == 0, "relativeAttention: \(heads) heads of width \(x.width)")
        precondition(keys.count == values.count && keys.count % (x.width / (3 * heads)) == 0)
        let y = scratch(x.rows, x.width / 3)
        multiplyCount += 2 * y.rows * y.rows * y.width
        if y.rows > 0 {
            frame { RelativeAttention(step: self, x: x, y: y, heads: heads, keys: keys, values: values).run() }
        }
        return y
    }
}

/// One call of `relativeAttention`: keys and values as panels, then stretches of rows of each head.
@safe private struct RelativeAttention {
    let step: Step
    let x: Tensor
    let y: Tensor
    let heads: Int
    let keys: [Float]
    let values: [Float]

    private static let panel = PackedMatrix.panelRows
    /// Rows whose scores are computed together: whole tiles of every kernel.
    private static let stretch = 24

    private var headWidth: Int { y.width / heads }
    private var reach: Int { keys.count / headWidth / 2 }

    func run() {
        let panel = RelativeAttention.panel, rows = x.rows, width = headWidth, reach = reach
        // [panels][headWidth][16 rows] of keys, [panels][rows][16 channels] of values.
        let keyPanels = step.zeros(heads, (rows + panel - 1) / panel * panel * width)
        let valuePanels = step.zeros(heads, (width + panel - 1) / panel * panel * rows)
        let packHead: (Int) -> Void = { head in
            for r in 0..<rows {
                let key = unsafe x.row(r) + y.width + head * width
                unsafe pack(key, asRow: r, of: keyPanels.row(head))
                unsafe pack(key + y.width, asColumn: r, of: rows, in: valuePanels.row(head))
            }
        }
        // The learnt ones likewise, by distance.
        let near = 2 * reach + 1
        let learntKeys = step.zeros(1, (near + panel - 1) / panel * panel * width)
        let learntValues = step.zeros(1, (width + panel - 1) / panel * panel * near)
        unsafe keys.withUnsafeBufferPointer { keys in
            unsafe values.withUnsafeBufferPointer { values in
                guard let keys = keys.baseAddress, let values = values.baseAddress else { return }
                for distance in 0..<near {
                    unsafe pack(keys + distance * width, asRow: distance, of: learntKeys.base)
                    unsafe pack(values + distance * width, asColumn: distance, of: near, in: learntValues.base)
                }
            }
        }
        // A row of scores has room beyond both ends: so the rows near to one lie behind each other wherever it stands, and
        // from one row to the next they move on by one.
        let stretch = RelativeAttention.stretch, stretches = (rows + stretch - 1) / stretch, stride = rows + 2 * reach
        let scores = step.scratch(step.pool.threadCount, stretch * stride)
        let attendStretch: (Int, Int, Int) -> Void = { head, number, worker in
            let first = number * stretch, count = min(stretch, rows - first)
            let query = unsafe x.row(first) + head * width, out = unsafe y.row(first) + head * width
            let score = unsafe scores.row(worker), band = unsafe score + first
            unsafe multiply(
                keyPanels.row(head), width, query, x.width, count, rows, into: score + reach, stride, adds: false)
            unsafe multiply(learntKeys.base, width, query, x.width, count, near, into: band, stride + 1, adds: true)
            for row in 0..<count {
                let line = unsafe score + row * stride
                unsafe tutti_scale_f32(line + reach, 1 / Float(width).squareRoot(), rows)
                unsafe tutti_softmax_f32(line + reach, rows)
                unsafe line.update(repeating: 0, count: reach)
                unsafe (line + reach + rows).update(repeating: 0, count: reach)
            }
            unsafe multiply(
                valuePanels.row(head), rows, score + reach, stride, count, width, into: out, y.width, adds: false)
            unsafe multiply(learntValues.base, near, band, stride + 1, count, width, into: out, y.width, adds: true)
        }
        if heads % step.pool.threadCount == 0 {
            // As many for each thread: there is nothing to be gained by sharing a head.
            step.pool.run(heads) { head, worker in
                packHead(head)
                for number in 0..<stretches { attendStretch(head, number, worker) }
            }
        } else {
            step.pool.run(heads) { head, _ in packHead(head) }
            step.pool.run(heads * stretches) { index, worker in
                attendStretch(index / stretches, index % stretches, worker)
            }
        }
    }

    /// Writes `numbers`, `headWidth` of them, as one of the outputs that panels compute.
    private func pack(_ numbers: UnsafePointer<Float>, asRow row: Int, of panels: UnsafeMutablePointer<Float>) {
        let panel = RelativeAttention.panel
        let to = unsafe panels + row / panel * headWidth * panel + row % panel
        for c in 0..<headWidth { unsafe to[c * panel] = numbers[c] }
    }

    /// Writes them as what one of `columns` inputs is multiplied by.
    private func pack(
        _ numbers: UnsafePointer<Float>, asColumn column: Int, of columns: Int, in panels: UnsafeMutablePointer<Float>
    ) {
        let panel = RelativeAttention.panel
        for first in stride(from: 0, to: headWidth, by: panel) {
            unsafe (panels + (first * columns + column * panel)).update(
                from: numbers + first, count: min(panel, headWidth - first))
        }
    }

    private func multiply(
        _ panels: UnsafeMutablePointer<Float>, _ columns: Int, _ x: UnsafeMutablePointer<Float>, _ xStride: Int,
        _ rows: Int, _ outputs: Int, into y: UnsafeMutablePointer<Float>, _ yStride: Int, adds: Bool
    ) {
        var call = unsafe tutti_convolution()
        unsafe call.weights = UnsafePointer(panels)
        unsafe call.channels = columns
        unsafe call.taps = 1
        unsafe call.tap_stride = columns
        unsafe call.row_stride = xStride
        unsafe call.slope = 1
        unsafe call.adds = adds ? 1 : 0
        unsafe tutti_convolve(&call, outputs, x, rows, y, yStride)
    }
}
