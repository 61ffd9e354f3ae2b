import CKernels

/// The weights of a convolution over frames of bytes, packed for
/// ``Step/convolve(bytes:isChannelsFirst:frames:zero:_:)``:
/// a product with a matrix of bytes is one of one tap.
public struct ByteConvolution: Sendable {
    public let inputs: Int
    public let taps: Int
    /// How many frames lie from one tap to the next.
    public let dilation: Int
    /// Frames from one window to the next.
    public let stride: Int
    /// Frames that stand for zero before the first and after the last.
    public let padding: (before: Int, after: Int)
    /// `[outputs][taps · inputs]`, with a scale of 1.
    public let matrix: ByteMatrix

    /// - Parameters:
    ///   - weights: `[outputs, inputs, taps]`.
    ///   - zero: What stands for zero among them.
    /// - Precondition: The counts agree, and `inputs · taps` is no more than `ByteMatrix.maximumColumns`.
    public init(
        weights: [UInt8], zero: Int, inputs: Int, outputs: Int, taps: Int, stride: Int = 1, dilation: Int = 1,
        padding: (before: Int, after: Int) = (0, 0)
    ) {
        precondition(weights.count == inputs * outputs * taps, "\(weights.count) weights")
        precondition(taps > 0 && stride > 0 && dilation > 0 && padding.before >= 0 && padding.after >= 0)
        (self.inputs, self.taps, self.stride, self.dilation, self.padding) = (inputs, taps, stride, dilation, padding)
        var rows = weights
        if taps > 1 {
            for n in 0..<outputs {
                for c in 0..<inputs {
                    for k in 0..<taps { rows[(n * taps + k) * inputs + c] = weights[(n * inputs + c) * taps + k] }
                }
            }
        }
        matrix = unsafe rows.withUnsafeBytes {
            unsafe ByteMatrix($0, rows: outputs, columns: taps * inputs, isTransposed: false, scale: 1, zero: zero)
        }
    }

    /// How many frames come out of so many.
    public func frames(of count: Int) -> Int {
        let room = count + padding.before + padding.after - (taps - 1) * dilation - 1
        return count == 0 || room < 0 ? 0 : room / stride + 1
    }
}

extension Step {
    /// A convolution over frames of bytes: `y[t, n] = Σ_k Σ_c (x[t · stride + k · dilation - padding, c] - zero) ·
    /// (w[n, c, k] -
    /// convolution's zero)`, exact in 32 bits, then rounded once to float32.
    /// - Parameters:
    ///   - x: `[frames, inputs]`, or `[inputs, frames]` where `isChannelsFirst`.
    ///   - zero: What stands for zero in `x`.
    /// - Returns: `[convolution.frames(of: frames), outputs]`, in this step's arena.
    /// - SeeAlso: ONNX's operators ConvInteger and MatMulInteger.
    public func convolve(
        bytes x: [UInt8], isChannelsFirst: Bool, frames: Int, zero: UInt8, _ convolution: ByteConvolution
    ) -> Tensor {
        precondition(x.count == frames * convolution.inputs, "convolve: \(x.count) bytes for \(frames) frames")
        let y = scratch(convolution.frames(of: frames), convolution.matrix.rows)
        multiplyCount += y.count * convolution.matrix.columns
        guard y.count > 0 else { return y }
        frame {
            let job = ByteConvolutionJob(self, x, isChannelsFirst, frames, zero, convolution, y)
            job.run()
        }
        return y
    }
}

/// One call of `convolve`: frames as signed bytes with those that stand for zero around them.
@safe private struct ByteConvolutionJob {
    let step: Step
    let convolution: ByteConvolution
    let y: Tensor
    let values: UnsafeMutablePointer<Int8>
    /// Of each frame's bytes.
    let sums: UnsafeMutablePointer<Int32>
    let zero: Int32
    /// Rows whose windows, and the sixteen weights that meet them, stay in the second-level cache.
    private static let chunkRows = 96

    init(
        _ step: Step, _ x: [UInt8], _ isChannelsFirst: Bool, _ frames: Int, _ zero: UInt8,
        _ convolution: ByteConvolution, _ y: Tensor
    ) {
        (self.step, self.convolution, self.y, self.zero) = (step, convolution, y, Int32(zero) - 128)
        let width = convolution.inputs, before = convolution.padding.before
        let all = before + frames + convolution.padding.after
        let signedZero = Int8(truncatingIfNeeded: self.zero)
        // Kernels read by fours: a few bytes more, of which it does not matter what they are.
        let values = unsafe step.scratchBytes(all * width + 64).assumingMemoryBound(to: Int8.self)
        let sums = unsafe step.scratchBytes(all * 4).assumingMemoryBound(to: Int32.self)
        unsafe (self.values, self.sums) = (values, sums)
        unsafe values.update(repeating: signedZero, count: before * width)
        unsafe (values + (before + frames) * width).update(
            repeating: signedZero, count: convolution.padding.after * width)
        unsafe x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            let inside = unsafe values + before * width
            step.split(frames, width: width) { rows in
                if isChannelsFirst {
                    // By tiles, whose lines of both orders stay in the first-level cache.
                    for first in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: 64) {
                        for channel in 0..<width {
                            let line = unsafe x + channel * frames
                            for row in first..<min(rows.upperBound, first + 64) {
                                unsafe inside[row * width + channel] = Int8(bitPattern: line[row] ^ 0x80)
                            }
                        }
                    }
                } else {
                    for place in rows.lowerBound * width..<rows.upperBound * width {
                        unsafe inside[place] = Int8(bitPattern: x[place] ^ 0x80)
                    }
                }
            }
        }
        step.split(all, width: width) { rows in
            for row in rows {
                let from = unsafe values + row * width
                var sum: Int32 = 0
                for place in 0..<width { unsafe sum &+= Int32(from[place]) }
                unsafe sums[row] = sum
            }
        }
    }

    func run() {
        let panels = convolution.matrix.panelCount, rows = y.rows
        let rowChunks = (rows + Self.chunkRows - 1) / Self.chunkRows
        // With few rows the outputs are shared out.
        let wanted =
            rows * convolution.matrix.rows * convolution.matrix.columns < 1 << 16 ? 1 : 4 * step.pool.threadCount
        let group = max(1, rowChunks >= wanted ? panels : panels * rowChunks / wanted)
        let groups = (panels + group - 1) / group
        let scratch = Scratch(step, convolution, zero: zero, rows: min(rows, Self.chunkRows))
        let (this, count) = (self, rowChunks * groups)
        step.pool.run(count) { index, worker in
            let first = index / groups * Self.chunkRows
            let part = index % groups * group..<min(panels, (index % groups + 1) * group)
            this.multiply(first..<min(rows, first + Self.chunkRows), part, scratch, worker)
        }
    }

    /// What each thread needs for its rows.
    @safe private struct Scratch {
        let scales: UnsafeMutablePointer<Float>
        let zeros: UnsafeMutablePointer<Int32>
        let sums: UnsafeMutablePointer<Int32>
        let windows: UnsafeMutablePointer<Int8>?
        let windowBytes: Int
        let rows: Int

        init(_ step: Step, _ convolution: ByteConvolution, zero: Int32, rows: Int) {
            let threads = step.pool.threadCount
            self.rows = rows
            unsafe scales = step.scratchBytes(rows * 4).assumingMemoryBound(to: Float.self)
            unsafe zeros = step.scratchBytes(rows * 4).assumingMemoryBound(to: Int32.self)
            unsafe scales.update(repeating: 1, count: rows)
            unsafe zeros.update(repeating: zero, count: rows)
            unsafe sums = step.scratchBytes(threads * rows * 4).assumingMemoryBound(to: Int32.self)
            windowBytes = (convolution.matrix.columns + 63) / 64 * 64
            let needsCopies = convolution.dilation > 1 && convolution.taps > 1
            unsafe windows =
                needsCopies
                ? step.scratchBytes(threads * rows * windowBytes + 64).assumingMemoryBound(to: Int8.self) : nil
        }
    }

    private func multiply(_ rows: Range<Int>, _ panels: Range<Int>, _ scratch: Scratch, _ worker: Int) {
        let (stride, dilation, taps, width) = (
            convolution.stride, convolution.dilation, convolution.taps, convolution.inputs
        )
        let sums = unsafe scratch.sums + worker * scratch.rows
        var from = unsafe values + rows.lowerBound * stride * width, rowStride = stride * width
        for (place, row) in rows.enumerated() {
            var sum: Int32 = 0
            for tap in 0..<taps { unsafe sum &+= self.sums[row * stride + tap * dilation] }
            unsafe sums[place] = sum
        }
        if let windows = unsafe scratch.windows {
            let copies = unsafe windows + worker * scratch.rows * scratch.windowBytes
            for (place, row) in rows.enumerated() {
                for tap in 0..<taps {
                    unsafe (copies + place * scratch.windowBytes + tap * width).update(
                        from: values + (row * stride + tap * dilation) * width, count: width)
                }
            }
            unsafe from = copies
            rowStride = scratch.windowBytes
        }
        let rounded = unsafe RoundedRows(
            rows: rows.count, stride: rowStride, values: from, scales: scratch.scales, zeros: scratch.zeros, sums: sums)
        let part = unsafe Tensor(base: y.row(rows.lowerBound), rows: rows.count, width: y.width)
        rounded.multiply(convolution.matrix, nil, panels, part)
    }
}
