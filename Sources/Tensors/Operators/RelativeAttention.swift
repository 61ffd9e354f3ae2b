import CKernels

extension Step {
    /// Attention of every row to all rows, in which a pair's distance counts: as far as a window reaches, a learnt key is
    /// added to each row's key and a learnt value to its value.
    ///
    /// `score(i, j) = q_i · (k_j + K[j - i]) / √headWidth`, `y_i = Σ_j softmax(score)(i, j) · (v_j + V[j - i])`.
    /// - Parameters:
    ///   - q: `[rows, heads · headWidth]`; `k` and `v` the same.
    ///   - keys: K, `[2 · window + 1, headWidth]`, the earliest row first, for all heads alike; `values` is V.
    /// - Returns: `[rows, heads · headWidth]`, in this step's arena.
    /// - SeeAlso: Shaw et al. 2018, arXiv:1803.02155, equations 3 and 4.
    public func relativeAttention(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, keys: [Float], values: [Float]
    ) -> Tensor {
        precondition(heads > 0 && q.width % heads == 0, "relativeAttention: \(heads) heads of width \(q.width)")
        precondition(k.rows == q.rows && v.rows == q.rows && k.width == q.width && v.width == q.width)
        precondition(keys.count == values.count && keys.count % (q.width / heads) == 0)
        let y = scratch(q.rows, q.width)
        multiplyCount += 2 * q.rows * q.rows * q.width
        if q.rows > 0 {
            frame {
                RelativeAttention(step: self, q: q, k: k, v: v, y: y, heads: heads, keys: keys, values: values).run()
            }
        }
        return y
    }
}

/// One call of `relativeAttention`: keys and values as panels, then stretches of rows of each head.
@safe private struct RelativeAttention {
    let step: Step
    let q: Tensor
    let k: Tensor
    let v: Tensor
    let y: Tensor
    let heads: Int
    let keys: [Float]
    let values: [Float]

    private static let panel = PackedMatrix.panelRows
    /// Rows whose scores are computed together: whole tiles of every kernel.
    private static let stretch = 24

    private var headWidth: Int { q.width / heads }
    private var reach: Int { keys.count / headWidth / 2 }

    func run() {
        let panel = RelativeAttention.panel, rows = q.rows, width = headWidth
        // [panels][headWidth][16 rows] of keys, [panels][rows][16 channels] of values.
        let keyPanels = step.zeros(heads, (rows + panel - 1) / panel * panel * width)
        let valuePanels = step.zeros(heads, (width + panel - 1) / panel * panel * rows)
        step.pool.run(heads) { head, _ in
            let keyPanel = unsafe keyPanels.row(head), valuePanel = unsafe valuePanels.row(head)
            for r in 0..<rows {
                let key = unsafe k.row(r) + head * width, value = unsafe v.row(r) + head * width
                for c in 0..<width {
                    unsafe keyPanel[(r / panel * width + c) * panel + r % panel] = key[c]
                    unsafe valuePanel[(c / panel * rows + r) * panel + c % panel] = value[c]
                }
            }
        }
        let stretch = RelativeAttention.stretch, stretches = (rows + stretch - 1) / stretch
        let scores = step.scratch(step.pool.threadCount, stretch * rows)
        step.pool.run(heads * stretches) { index, worker in
            let head = index / stretches, first = index % stretches * stretch
            let count = min(stretch, rows - first), score = unsafe scores.row(worker)
            unsafe multiply(
                keyPanels.row(head), columns: width, q.row(first) + head * width, stride: q.width, rows: count,
                outputs: rows, into: score, stride: rows)
            for row in 0..<count { unsafe weigh(head, first + row, score + row * rows) }
            unsafe multiply(
                valuePanels.row(head), columns: rows, score, stride: rows, rows: count, outputs: width,
                into: y.row(first) + head * width, stride: y.width)
            for row in 0..<count { unsafe addValues(head, first + row, score + row * rows) }
        }
    }

    private func multiply(
        _ panels: UnsafeMutablePointer<Float>, columns: Int, _ x: UnsafeMutablePointer<Float>, stride: Int, rows: Int,
        outputs: Int, into y: UnsafeMutablePointer<Float>, stride outStride: Int
    ) {
        var call = unsafe tutti_convolution()
        unsafe call.weights = UnsafePointer(panels)
        unsafe call.channels = columns
        unsafe call.taps = 1
        unsafe call.tap_stride = columns
        unsafe call.row_stride = stride
        unsafe call.slope = 1
        unsafe tutti_convolve(&call, outputs, x, rows, y, outStride)
    }

    /// Rows that a row's window reaches.
    private func near(_ row: Int) -> Range<Int> { max(0, row - reach)..<min(q.rows, row + reach + 1) }

    private func weigh(_ head: Int, _ row: Int, _ score: UnsafeMutablePointer<Float>) {
        let width = headWidth, query = unsafe q.row(row) + head * width
        for other in near(row) {
            let key = (other - row + reach) * width
            for c in 0..<width { unsafe score[other] += query[c] * keys[key + c] }
        }
        unsafe tutti_scale_f32(score, 1 / Float(width).squareRoot(), q.rows)
        unsafe tutti_softmax_f32(score, q.rows)
    }

    private func addValues(_ head: Int, _ row: Int, _ score: UnsafeMutablePointer<Float>) {
        let width = headWidth, out = unsafe y.row(row) + head * width
        for other in near(row) {
            let value = (other - row + reach) * width
            for c in 0..<width { unsafe out[c] += score[other] * values[value + c] }
        }
    }
}
