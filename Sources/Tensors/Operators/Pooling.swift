import CKernels

extension Step {
    /// The mean of every channel over each picture: lines are summed up by themselves, then the lines.
    /// - Returns: `[examples, channels]`, in this step's arena.
    public func average(_ x: FeatureMap) -> Tensor {
        let y = scratch(x.examples, x.channels)
        average(x, into: y)
        return y
    }

    /// The same over `y`.
    package func average(_ x: FeatureMap, into y: Tensor) {
        precondition(y.rows == x.examples && y.width == x.channels, "average: \(y.rows) × \(y.width) of \(x.channels)")
        let area = x.size.area, channels = x.channels
        unsafe y.base.update(repeating: 0, count: y.count)
        guard area > 0 else { return }
        frame {
            let sums = zeros(x.examples * x.height, channels)
            split(sums.rows, width: x.width * channels) { lines in
                for line in lines { unsafe tutti_sum_rows_f32(sums.row(line), x.line(0, line), x.width, channels) }
            }
            for example in 0..<x.examples {
                unsafe tutti_sum_rows_f32(y.row(example), sums.row(example * x.height), x.height, channels)
            }
        }
        unsafe tutti_scale_f32(y.base, 1 / Float(area), y.count)
    }

    /// The largest number of every channel in each window; pixels beyond a picture do not count.
    public func maximum(_ x: FeatureMap, _ window: Window2D) -> FeatureMap {
        let y = pooled(x, window)
        maximum(x, window, into: y)
        return y
    }

    /// The same over `y`.
    package func maximum(_ x: FeatureMap, _ window: Window2D, into y: FeatureMap) {
        let channels = x.channels
        unsafe eachWindow(x, window, y) { _, out, width in
            for i in 0..<width * channels { unsafe out[i] = -.infinity }
        } add: { out, from, count in
            unsafe tutti_maximum_f32(out, from, count)
        } finish: { _, _, _ in
        }
    }

    /// The mean of every channel in each window.
    /// - Parameter countsPadding: Whether pixels beyond a picture, but within the window's edges, count as zeros.
    public func average(_ x: FeatureMap, _ window: Window2D, countsPadding: Bool = false) -> FeatureMap {
        let y = pooled(x, window)
        average(x, window, countsPadding: countsPadding, into: y)
        return y
    }

    /// The same over `y`.
    package func average(_ x: FeatureMap, _ window: Window2D, countsPadding: Bool, into y: FeatureMap) {
        let channels = x.channels, edges = window.edges(x.size)
        let before = countsPadding ? (edges.top, edges.left) : (0, 0)
        let after = countsPadding ? (edges.bottom, edges.right) : (0, 0)
        /// How many taps of a window count along one axis.
        func taps(_ place: Int, _ stride: Int, _ dilation: Int, _ kernel: Int, _ edge: Int, _ range: Range<Int>) -> Int
        {
            let start = place * stride - edge
            return (0..<kernel).count { range.contains(start + $0 * dilation) }
        }
        unsafe eachWindow(x, window, y) { _, out, width in
            unsafe out.update(repeating: 0, count: width * channels)
        } add: { out, from, count in
            unsafe tutti_add_f32(out, from, count)
        } finish: { line, out, width in
            let down = taps(
                line, window.stride.height, window.dilation.height, window.kernel.height, edges.top,
                -before.0..<x.height + after.0)
            for place in 0..<width {
                let across = taps(
                    place, window.stride.width, window.dilation.width, window.kernel.width, edges.left,
                    -before.1..<x.width + after.1)
                unsafe tutti_scale_f32(out + place * channels, 1 / Float(max(1, down * across)), channels)
            }
        }
    }

    private func pooled(_ x: FeatureMap, _ window: Window2D) -> FeatureMap {
        let size = window.count(x.size)
        return FeatureMap(
            scratch(x.examples * size.area, x.channels), examples: x.examples, height: size.height, width: size.width)
    }

    /// Calls `begin` for each line of results, `add` for what belongs to it tap by tap, and `finish`.
    @unsafe private func eachWindow(
        _ x: FeatureMap, _ window: Window2D, _ y: FeatureMap,
        begin: @escaping (_ line: Int, UnsafeMutablePointer<Float>, _ width: Int) -> Void,
        add: @escaping (UnsafeMutablePointer<Float>, UnsafePointer<Float>, _ count: Int) -> Void,
        finish: @escaping (_ line: Int, UnsafeMutablePointer<Float>, _ width: Int) -> Void
    ) {
        precondition(
            y.size == window.count(x.size) && y.examples == x.examples && y.channels == x.channels,
            "pool: \(y.size) of \(x.size)")
        let edges = window.edges(x.size), stride = window.stride, channels = x.channels
        guard y.tensor.rows > 0 else { return }
        split(y.examples * y.height, width: y.width * channels) { lines in
            for index in lines {
                let example = index / y.height, line = index % y.height, out = unsafe y.line(0, index)
                unsafe begin(line, out, y.width)
                for tap in 0..<window.kernel.height {
                    let row = line * stride.height - edges.top + tap * window.dilation.height
                    guard row >= 0, row < x.height else { continue }
                    let from = unsafe x.line(example, row)
                    for tap in 0..<window.kernel.width {
                        let offset = tap * window.dilation.width - edges.left
                        // Windows whose tap lies inside.
                        let low = offset >= 0 ? 0 : (stride.width - 1 - offset) / stride.width
                        let high = min(y.width, x.width - offset <= 0 ? 0 : (x.width - 1 - offset) / stride.width + 1)
                        guard low < high else { continue }
                        if stride.width == 1 {
                            unsafe add(
                                out + low * channels, from + (low + offset) * channels, (high - low) * channels)
                        } else {
                            for place in low..<high {
                                unsafe add(
                                    out + place * channels, from + (place * stride.width + offset) * channels,
                                    channels)
                            }
                        }
                    }
                }
                unsafe finish(line, out, y.width)
            }
        }
    }
}
