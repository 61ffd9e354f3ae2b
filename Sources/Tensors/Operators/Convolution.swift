import CKernels

extension Step {
    /// A convolution over frames, `y[t, n] = bias[n] + Σ_k Σ_c x[t · stride + k · dilation - padding, c] · w[n, c, k]`,
    /// with zeros beyond both ends.
    /// - Parameters:
    ///   - x: `[frames, channels]`, of which the `convolution.inputs` from `channel` on are read.
    ///   - leak: What negative results are multiplied by, 0 to 1: 0 is ReLU, 1 leaves all as they are.
    /// - Returns: `[convolution.frames(of: frames), convolution.outputs]`, in this step's arena.
    public func convolve(
        _ x: Tensor, from channel: Int = 0, _ convolution: PackedConvolution, leak: Float = 1
    ) -> Tensor {
        let y = scratch(convolution.frames(of: x.rows), convolution.outputs)
        convolve(x, from: channel, convolution, leak: leak, into: y, at: 0, adds: false)
        return y
    }

    /// The same, added to the channels of `y` from `place` on.
    public func convolve(
        _ x: Tensor, from channel: Int = 0, _ convolution: PackedConvolution, addingTo y: Tensor, at place: Int = 0
    ) {
        convolve(x, from: channel, convolution, leak: 1, into: y, at: place, adds: true)
    }

    private func convolve(
        _ x: Tensor, from channel: Int, _ convolution: PackedConvolution, leak: Float, into y: Tensor, at place: Int,
        adds: Bool
    ) {
        precondition(
            channel >= 0 && channel + convolution.inputs <= x.width,
            "convolve: \(convolution.inputs) channels from \(channel) in width \(x.width)")
        precondition(
            y.rows == convolution.frames(of: x.rows) && place >= 0 && place + convolution.outputs <= y.width,
            "convolve: \(convolution.outputs) channels at \(place) of \(y.rows) × \(y.width)")
        multiplyCount += y.rows * convolution.multiplyCount
        if y.rows == 0 { return }
        frame {
            ConvolutionJob(
                step: self, convolution: convolution, x: x, channel: channel, y: y, place: place, leak: leak, adds: adds
            ).run()
        }
    }

    /// A transposed convolution over frames, `y[t · stride + k - padding] += x[t] · w[k]`: the gradient of a convolution.
    /// - Parameter x: `[frames, convolution.inputs]`.
    /// - Returns: `[convolution.frames(of: frames), convolution.outputs]`, in this step's arena.
    public func convolve(_ x: Tensor, _ convolution: PackedTransposedConvolution) -> Tensor {
        guard x.rows > 0 else { return scratch(0, convolution.outputs) }
        let stride = convolution.stride, width = convolution.outputs
        let wide = scratch(convolution.phases[0].frames(of: x.rows), stride * width)
        for (index, phase) in convolution.phases.enumerated() {
            convolve(x, from: 0, phase, leak: 1, into: wide, at: index * width, adds: false)
        }
        let all = unsafe Tensor(base: wide.base, rows: wide.rows * stride, width: width)
        let frames = convolution.frames(of: x.rows), first = convolution.padding.before
        if first + frames <= all.rows {
            return unsafe Tensor(base: all.base + first * all.width, rows: frames, width: all.width)
        }
        // Frames that no tap reaches hold the bias alone.
        let y = scratch(frames, all.width), reached = max(0, all.rows - first)
        for row in 0..<frames {
            for n in 0..<all.width {
                unsafe y.row(row)[n] = row < reached ? all.row(first + row)[n] : convolution.bias[n]
            }
        }
        return y
    }

    /// `y = x` where that is positive, `slope · x` elsewhere, in place.
    /// - Parameter slope: 0 to 1.
    public func leakyReLU(_ y: Tensor, slope: Float) {
        split(y.rows, width: y.width) { rows in
            let from = unsafe y.base + rows.lowerBound * y.width
            unsafe tutti_leaky_f32(from, from, slope, rows.count * y.width)
        }
    }
}

/// One call of `convolve`: rows shared out in chunks, and outputs too where rows are few.
@safe private struct ConvolutionJob {
    let step: Step
    let convolution: PackedConvolution
    let x: Tensor
    let channel: Int
    let y: Tensor
    let place: Int
    let leak: Float
    let adds: Bool
    /// About the multiplications that are worth a thread's claiming them.
    private static let chunkMultiplyCount = 1 << 19
    /// Whole tiles of every kernel.
    private static let tileRows = 12
    /// Fewer are copied in no time.
    private static let fewRows = 256

    /// Rows whose windows lie in memory one after the other.
    @safe private struct Stretch {
        let rows: Range<Int>
        /// The first input of the first row's window, and the numbers from frame to frame.
        let x: UnsafePointer<Float>
        let frameStride: Int
    }

    func run() {
        let stretches = stretches()
        let blocks = convolution.outputBlocks
        let wanted = min(
            8 * step.pool.threadCount, y.rows * convolution.multiplyCount / ConvolutionJob.chunkMultiplyCount)
        let rowChunks = max(1, min(wanted, y.rows / 48))
        let tile = ConvolutionJob.tileRows, rowCount = ((y.rows + rowChunks - 1) / rowChunks + tile - 1) / tile * tile
        let blockCount = blockCount(blocks, rowChunks, most: wanted / rowChunks)
        var pieces: [(stretch: Int, rows: Range<Int>, blocks: Range<Int>)] = []
        for index in stretches.indices {
            let rows = stretches[index].rows
            for first in stride(from: rows.lowerBound, to: rows.upperBound, by: rowCount) {
                for block in stride(from: 0, to: blocks, by: blockCount) {
                    pieces.append(
                        (
                            index, first..<min(first + rowCount, rows.upperBound),
                            block..<min(block + blockCount, blocks)
                        ))
                }
            }
        }
        let multiply: (Int) -> Void = { index in
            let (stretch, rows, blocks) = pieces[index]
            let from = stretches[stretch]
            let skipped = rows.lowerBound - from.rows.lowerBound
            unsafe convolution.multiply(
                from.x + skipped * convolution.stride * from.frameStride, frameStride: from.frameStride,
                rows: rows.count, blocks: blocks, out: y.row(rows.lowerBound) + place, outStride: y.width, leak: leak,
                adds: adds)
        }
        if wanted > 1 {
            step.pool.run(pieces.count) { index, _ in multiply(index) }
        } else {
            pieces.indices.forEach(multiply)
        }
    }

    /// How many outputs' blocks go together, in at most `most` parts. Those that lie side by side are best in one: a kernel
    /// fetches the next weights while it multiplies by some. But no thread shall be left with more than the others.
    private func blockCount(_ blocks: Int, _ rowChunks: Int, most: Int) -> Int {
        let threads = step.pool.threadCount, chunks = max(1, min(blocks, most, 2 * threads))
        func turns(_ count: Int) -> Int {
            (rowChunks * ((blocks + count - 1) / count) + threads - 1) / threads * count
        }
        return (1...(blocks + chunks - 1) / chunks).min { (turns($0), -$0) < (turns($1), -$1) } ?? blocks
    }

    /// Windows inside are read where they lie; those that reach over an end, from copies with zeros around them. What is
    /// inside is whole tiles: what is left of one goes with what is copied. Where rows are so few that weights outnumber
    /// them, all are copied, so that every weight is fetched once.
    private func stretches() -> [Stretch] {
        let isPadded = convolution.padding != (0, 0)
        if isPadded && y.rows < min(Self.fewRows, convolution.multiplyCount / convolution.inputs) {
            return [padded(0..<y.rows)]
        }
        let stride = convolution.stride, before = convolution.padding.before, span = convolution.span
        func tiles(_ rows: Int) -> Int { rows / Self.tileRows * Self.tileRows }
        let head = min(y.rows, tiles((before + stride - 1) / stride + Self.tileRows - 1))
        let lastInside = x.rows - span + before
        var inside = max(head, lastInside < 0 ? 0 : min(y.rows, lastInside / stride + 1))
        if inside < y.rows { inside = head + tiles(inside - head) }
        var stretches: [Stretch] = []
        if head > 0 { stretches.append(padded(0..<head)) }
        if inside > head {
            let first = head * stride - before
            unsafe stretches.append(
                Stretch(rows: head..<inside, x: UnsafePointer(x.row(first) + channel), frameStride: x.width))
        }
        if inside < y.rows { stretches.append(padded(inside..<y.rows)) }
        return stretches
    }

    private func padded(_ rows: Range<Int>) -> Stretch {
        let first = rows.lowerBound * convolution.stride - convolution.padding.before
        let frames = (rows.count - 1) * convolution.stride + convolution.span
        let copy = step.scratch(frames, convolution.inputs)
        for frame in 0..<frames {
            let target = unsafe copy.row(frame)
            if first + frame >= 0 && first + frame < x.rows {
                unsafe target.update(from: x.row(first + frame) + channel, count: copy.width)
            } else {
                unsafe target.update(repeating: 0, count: copy.width)
            }
        }
        return unsafe Stretch(rows: rows, x: UnsafePointer(copy.base), frameStride: copy.width)
    }
}
