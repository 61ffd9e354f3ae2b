import CKernels

extension Step {
    /// A convolution over pictures, `y = activation(bias + Σ w · x)`, with zeros around them.
    /// - Parameters:
    ///   - x: `[examples, height, width, convolution.inputs]`.
    ///   - adding: Is added behind the activation, of the result's shape.
    /// - Returns: As many windows of each picture as `convolution.size(of:)` says, in this step's arena.
    public func convolve(
        _ x: FeatureMap, _ convolution: PackedConvolution2D, activation: ConvolutionActivation = .none,
        adding: FeatureMap? = nil
    ) -> FeatureMap {
        let size = convolution.size(of: x.size)
        let y = FeatureMap(
            scratch(x.examples * size.area, convolution.outputs), examples: x.examples, height: size.height,
            width: size.width)
        convolve(x, convolution, activation: activation, adding: adding, into: y)
        return y
    }

    /// The same over the channels of `y` from `channel` on; `adding` may be `y` itself.
    package func convolve(
        _ x: FeatureMap, _ convolution: PackedConvolution2D, activation: ConvolutionActivation = .none,
        adding: FeatureMap? = nil, into y: FeatureMap, at channel: Int = 0
    ) {
        precondition(x.channels == convolution.inputs, "convolve: \(x.channels) channels, not \(convolution.inputs)")
        precondition(
            y.size == convolution.size(of: x.size) && y.examples == x.examples
                && channel >= 0 && channel + convolution.outputs <= y.channels,
            "convolve: \(convolution.outputs) channels at \(channel) of \(y.channels), \(y.size) of \(x.size)")
        precondition(
            adding.map { $0.tensor.rows == y.tensor.rows && $0.channels == convolution.outputs } ?? true,
            "convolve: adding another shape")
        multiplyCount += y.tensor.rows * convolution.multiplyCount
        if y.tensor.rows == 0 { return }
        frame {
            Convolution2DJob(
                step: self, convolution: convolution, x: x, y: y, channel: channel, activation: activation,
                adding: adding
            ).run()
        }
    }

    /// A transposed convolution over pictures whose windows lie side by side: each pixel becomes
    /// `convolution.kernel` pixels.
    public func convolve(
        _ x: FeatureMap, _ convolution: PackedUpsampling2D, activation: ConvolutionActivation = .none
    ) -> FeatureMap {
        let height = x.height * convolution.kernel.height, width = x.width * convolution.kernel.width
        let y = FeatureMap(
            scratch(x.examples * height * width, convolution.outputs), examples: x.examples, height: height,
            width: width)
        convolve(x, convolution, activation: activation, into: y)
        return y
    }

    /// The same over `y`.
    package func convolve(
        _ x: FeatureMap, _ convolution: PackedUpsampling2D, activation: ConvolutionActivation, into y: FeatureMap
    ) {
        let kernel = convolution.kernel
        precondition(x.channels == convolution.inputs && y.channels == convolution.outputs, "convolve: channels")
        precondition(
            y.height == x.height * kernel.height && y.width == x.width * kernel.width && y.examples == x.examples,
            "convolve: \(y.size) of \(x.size)")
        multiplyCount += y.tensor.rows * x.channels * y.channels
        if y.tensor.rows == 0 { return }
        pool.run(x.examples * x.height) { index, _ in
            var call = unsafe activation.call
            unsafe call.taps = 1
            unsafe call.row_stride = x.channels
            for (place, panels) in convolution.lines.enumerated() {
                unsafe panels.multiply(
                    call, x.line(0, index), rows: x.width, blocks: nil, out: y.line(0, index * kernel.height + place),
                    outStride: kernel.width * y.channels)
            }
        }
    }
}

/// One call of `convolve`, shared out in parts that do not depend on the count of threads.
@safe private struct Convolution2DJob {
    let step: Step
    let convolution: PackedConvolution2D
    let x: FeatureMap
    let y: FeatureMap
    /// Of the result's first, in `y`.
    let channel: Int
    let activation: ConvolutionActivation
    let adding: FeatureMap?

    /// What the pixels are taken of that a thread works on at once: less than a core's second-level cache.
    private static let partByteCount = 256 << 10

    func run() {
        switch convolution.form {
        case .dense(let panels):
            if convolution.isPointwise {
                runPixels(panels)
            } else if gathersWindows {
                runWindows(panels)
            } else {
                runBands(panels)
            }
        case .depthwise(let weights, let bias): runDepthwise(weights, bias)
        }
    }

    /// A call for the rows from `row` on, its taps not yet said.
    @unsafe private func call(row: Int) -> tutti_convolution {
        var call = unsafe activation.call
        if let adding {
            unsafe call.added = UnsafePointer(adding.tensor.base + row * adding.channels)
            unsafe call.added_stride = adding.channels
        }
        return unsafe call
    }

    @unsafe private func out(row: Int) -> UnsafeMutablePointer<Float> {
        unsafe y.tensor.base + row * y.channels + channel
    }

    /// Rows, and outputs where those are few, in parts.
    private func share(_ rows: Int, rowBytes: Int, _ panels: ConvolutionPanels) -> (rows: Int, blocks: Int) {
        let blocks = panels.outputBlocks
        let fitting = max(12, Convolution2DJob.partByteCount / max(1, rowBytes) / 12 * 12)
        // Whole tiles of every kernel, and enough parts for every thread.
        let most = (rows / 16 + 11) / 12 * 12
        let count = min(fitting, max(48, most))
        let parts = (rows + count - 1) / count
        return (count, parts >= 8 ? blocks : max(1, blocks * parts / 8))
    }

    private func runPixels(_ panels: ConvolutionPanels) {
        let rows = x.tensor.rows, blocks = panels.outputBlocks
        let (rowCount, blockCount) = share(rows, rowBytes: 4 * x.channels, panels)
        let across = (blocks + blockCount - 1) / blockCount
        step.pool.run((rows + rowCount - 1) / rowCount * across) { index, _ in
            let first = index / across * rowCount, block = index % across * blockCount
            var call = unsafe call(row: first)
            unsafe call.taps = 1
            unsafe call.row_stride = x.channels
            unsafe panels.multiply(
                call, x.tensor.base + first * x.channels, rows: min(rowCount, rows - first),
                blocks: block..<min(blocks, block + blockCount), out: out(row: first), outStride: y.channels)
        }
    }

    /// Whether windows are copied one by one: where they do not overlap that costs little, and where lines are short it
    /// makes whole tiles of several.
    private var gathersWindows: Bool {
        let window = convolution.window
        guard convolution.groups == 1 else { return false }
        if window.kernel.height <= window.stride.height && window.kernel.width <= window.stride.width { return true }
        return y.width < 48 && y.width % 12 > 0 && convolution.outputs >= 64
    }

    private func runWindows(_ panels: ConvolutionPanels) {
        let window = convolution.window, kernel = window.kernel, edges = window.edges(x.size), channels = x.channels
        let width = kernel.area * channels, rows = y.tensor.rows, blocks = panels.outputBlocks
        let (rowCount, blockCount) = share(rows, rowBytes: 4 * width, panels)
        let across = (blocks + blockCount - 1) / blockCount
        let copies = step.scratch(step.pool.threadCount, rowCount * width)
        step.pool.run((rows + rowCount - 1) / rowCount) { index, worker in
            let first = index * rowCount, count = min(rowCount, rows - first)
            let copy = unsafe copies.row(worker)
            for row in 0..<count {
                let place = first + row, line = place / y.width % y.height, example = place / (y.width * y.height)
                let top = line * window.stride.height - edges.top
                let left = place % y.width * window.stride.width - edges.left
                var to = unsafe copy + row * width
                for tap in 0..<kernel.height {
                    let from = top + tap * window.dilation.height
                    unsafe copyLine(
                        example, from, first: left, step: window.dilation.width, count: kernel.width, to)
                    unsafe to += kernel.width * channels
                }
            }
            for block in 0..<across {
                var call = unsafe call(row: first)
                unsafe call.taps = kernel.area
                unsafe call.tap_stride = channels
                unsafe call.row_stride = width
                unsafe panels.multiply(
                    call, copy, rows: count, blocks: block * blockCount..<min(blocks, (block + 1) * blockCount),
                    out: out(row: first), outStride: y.channels)
            }
        }
    }

    /// Copies pixels of a line, with zeros beyond its ends and for lines beyond the picture's.
    @unsafe private func copyLine(
        _ example: Int, _ line: Int, first: Int, step: Int, count: Int, _ to: UnsafeMutablePointer<Float>
    ) {
        let channels = x.channels
        guard line >= 0, line < x.height else { return unsafe to.update(repeating: 0, count: count * channels) }
        let from = unsafe x.line(example, line)
        if step == 1 {
            let before = min(count, max(0, -first)), inside = max(before, min(count, x.width - first))
            unsafe to.update(repeating: 0, count: before * channels)
            unsafe (to + before * channels).update(
                from: from + (first + before) * channels, count: (inside - before) * channels)
            unsafe (to + inside * channels).update(repeating: 0, count: (count - inside) * channels)
            return
        }
        for place in 0..<count {
            let column = first + place * step, target = unsafe to + place * channels
            if column >= 0 && column < x.width {
                unsafe target.update(from: from + column * channels, count: channels)
            } else {
                unsafe target.update(repeating: 0, count: channels)
            }
        }
    }

    /// Lines of results at a time, whose lines of inputs are read where they lie, or from a copy with zeros around them.
    private func runBands(_ panels: ConvolutionPanels) {
        let window = convolution.window, edges = window.edges(x.size), span = window.span, channels = x.channels
        let columns = (y.width - 1) * window.stride.width + span.width
        let isInside =
            edges.top == 0 && edges.left == 0 && columns <= x.width
            && (y.height - 1) * window.stride.height + span.height <= x.height
        let lineBytes = 4 * columns * channels
        let fitting = (Convolution2DJob.partByteCount / max(1, lineBytes) - span.height) / window.stride.height + 1
        let lines = max(1, min(y.height, max(fitting, (span.height + 1) / 2)))
        let bands = (y.height + lines - 1) / lines
        let copied = (lines - 1) * window.stride.height + span.height
        let copies = isInside ? nil : step.scratch(step.pool.threadCount, copied * columns * channels)
        step.pool.run(x.examples * bands) { index, worker in
            let example = index / bands, first = index % bands * lines, count = min(lines, y.height - first)
            let top = first * window.stride.height - edges.top
            var from: UnsafeMutablePointer<Float>
            let lineStride: Int
            if let copies {
                unsafe from = copies.row(worker)
                lineStride = columns * channels
                for line in 0..<(count - 1) * window.stride.height + span.height {
                    unsafe copyLine(
                        example, top + line, first: -edges.left, step: 1, count: columns, from + line * lineStride)
                }
            } else {
                unsafe from = x.line(example, top)
                lineStride = x.width * channels
            }
            for line in 0..<count {
                let row = (example * y.height + first + line) * y.width
                var call = unsafe call(row: row)
                unsafe call.taps = window.kernel.width
                unsafe call.lines = window.kernel.height
                unsafe call.tap_stride = window.dilation.width * channels
                unsafe call.line_stride = window.dilation.height * lineStride
                unsafe call.row_stride = window.stride.width * channels
                unsafe panels.multiply(
                    call, from + line * window.stride.height * lineStride, rows: y.width, blocks: nil,
                    out: out(row: row), outStride: y.channels)
            }
        }
    }

    /// Sixteen channels and some lines at a time, from a copy with zeros around them.
    private func runDepthwise(_ weights: [Float], _ bias: [Float]) {
        let window = convolution.window, edges = window.edges(x.size), span = window.span, channels = x.channels
        let block = PackedConvolution2D.block, blocks = (channels + block - 1) / block
        let columns = (y.width - 1) * window.stride.width + span.width
        let fitting =
            (Convolution2DJob.partByteCount / (4 * block * columns) - span.height) / window.stride.height + 1
        let lines = max(1, min(y.height, max(fitting, span.height)))
        let bands = (y.height + lines - 1) / lines
        let copied = (lines - 1) * window.stride.height + span.height
        let copies = step.scratch(step.pool.threadCount, copied * columns * block)
        let taps = window.kernel.area
        step.pool.run(x.examples * bands * blocks) { index, worker in
            let place = index % blocks * block, width = min(block, channels - place)
            let example = index / blocks / bands, first = index / blocks % bands * lines
            let count = min(lines, y.height - first), top = first * window.stride.height - edges.top
            let copy = unsafe copies.row(worker)
            for line in 0..<(count - 1) * window.stride.height + span.height {
                unsafe copyBlock(
                    example, top + line, place, width, first: -edges.left, count: columns,
                    copy + line * columns * block)
            }
            unsafe weights.withUnsafeBufferPointer { weights in
                unsafe bias.withUnsafeBufferPointer { bias in
                    for line in 0..<count {
                        let row = (example * y.height + first + line) * y.width
                        var call = unsafe call(row: row)
                        unsafe call.weights = weights.baseAddress.map { unsafe $0 + place * taps }
                        unsafe call.bias = bias.isEmpty ? nil : bias.baseAddress.map { unsafe $0 + place }
                        if let added = unsafe call.added { unsafe call.added = unsafe added + place }
                        unsafe call.channels = block
                        unsafe call.taps = window.kernel.width
                        unsafe call.lines = window.kernel.height
                        unsafe call.tap_stride = window.dilation.width * block
                        unsafe call.line_stride = window.dilation.height * columns * block
                        unsafe call.row_stride = window.stride.width * block
                        unsafe tutti_convolve_depthwise(
                            &call, width, copy + line * window.stride.height * columns * block, y.width,
                            out(row: row) + place, y.channels)
                    }
                }
            }
        }
    }

    /// Copies some channels of a line's pixels, sixteen numbers for each, with zeros where there are none.
    @unsafe private func copyBlock(
        _ example: Int, _ line: Int, _ channel: Int, _ width: Int, first: Int, count: Int,
        _ to: UnsafeMutablePointer<Float>
    ) {
        let block = PackedConvolution2D.block, channels = x.channels
        guard line >= 0, line < x.height else { return unsafe to.update(repeating: 0, count: count * block) }
        let from = unsafe x.line(example, line) + channel
        let before = min(count, max(0, -first)), inside = max(before, min(count, x.width - first))
        unsafe to.update(repeating: 0, count: before * block)
        unsafe (to + inside * block).update(repeating: 0, count: (count - inside) * block)
        if width == block {
            for place in before..<inside {
                let pixel = unsafe UnsafeRawPointer(from + (first + place) * channels)
                unsafe UnsafeMutableRawPointer(to + place * block).storeBytes(
                    of: pixel.loadUnaligned(as: SIMD16<Float>.self), as: SIMD16<Float>.self)
            }
            return
        }
        for place in before..<inside {
            let pixel = unsafe from + (first + place) * channels, target = unsafe to + place * block
            for c in 0..<block { unsafe target[c] = c < width ? pixel[c] : 0 }
        }
    }
}
