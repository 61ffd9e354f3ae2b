import CKernels

/// The weights of a convolution over frames, packed for ``Step/convolve(_:from:_:leak:)``.
///
/// A dense convolution multiplies through float32 panels, one with groups through panels for each of them; one with as
/// many groups as inputs and outputs (depthwise) has a kernel of its own.
@safe public struct PackedConvolution: Sendable {
    /// Channels in and out.
    public let inputs: Int
    public let outputs: Int
    /// How many frames a window reads, and how many lie from one to the next.
    public let taps: Int
    public let dilation: Int
    /// Frames from one window to the next.
    public let stride: Int
    /// Channels are convolved in so many groups, each by itself.
    public let groups: Int
    /// Frames of zeros before the first frame and after the last.
    public let padding: (before: Int, after: Int)
    /// nil where every channel is a group.
    private let panels: ConvolutionPanels?
    /// `[taps][channels]` of a depthwise convolution, and a number for each channel or none.
    private let depthwise: [Float]
    private let bias: [Float]

    /// - Parameters:
    ///   - weights: `[outputs, inputs / groups, taps]`, as checkpoints have them.
    ///   - padding: Frames of zeros at the beginning and at the end.
    ///   - bias: `outputs` numbers.
    /// - Precondition: The counts agree: the loader has checked the tensors' shapes.
    public init(
        weights: [Float], inputs: Int, outputs: Int, taps: Int, stride: Int = 1, dilation: Int = 1,
        padding: (before: Int, after: Int) = (0, 0), groups: Int = 1, bias: [Float]? = nil, pool: ComputePool
    ) {
        precondition(taps > 0 && stride > 0 && dilation > 0 && groups > 0, "a convolution of nothing")
        precondition(inputs % groups == 0 && outputs % groups == 0, "\(inputs) → \(outputs) in \(groups) groups")
        precondition(padding.before >= 0 && padding.after >= 0, "a convolution with padding of \(padding)")
        let width = inputs / groups
        precondition(
            weights.count == outputs * width * taps, "\(weights.count) weights of \(outputs) × \(width) × \(taps)")
        precondition(bias?.count ?? outputs == outputs, "a bias of another width than \(outputs)")
        self.inputs = inputs
        self.outputs = outputs
        self.taps = taps
        self.stride = stride
        self.dilation = dilation
        self.groups = groups
        self.padding = padding
        if groups == inputs && groups == outputs {
            panels = nil
            depthwise = (0..<taps * inputs).map { weights[$0 % inputs * taps + $0 / inputs] }
            self.bias = bias ?? []
        } else {
            panels = ConvolutionPanels(
                weights: weights, width: width, outputs: outputs, taps: taps, groups: groups, bias: bias, pool: pool)
            depthwise = []
            self.bias = []
        }
    }

    /// Frames that a window reaches over.
    public var span: Int { (taps - 1) * dilation + 1 }

    /// How many frames come out of so many.
    public func frames(of count: Int) -> Int {
        let room = count + padding.before + padding.after - span
        return count == 0 || room < 0 ? 0 : room / stride + 1
    }

    /// What the weights take in memory.
    public var byteCount: Int {
        (panels?.byteCount ?? 0) + (depthwise.count + bias.count) * MemoryLayout<Float>.size
    }

    /// Multiplications for each frame that comes out.
    var multiplyCount: Int { outputs * (inputs / groups) * taps }

    /// In how many parts outputs can be computed: pairs of panels where there is one group, else one.
    package var outputBlocks: Int { panels?.outputBlocks ?? 1 }

    /// Convolves windows that lie in memory, zeros around them included, on the calling thread.
    /// - Parameters:
    ///   - x: The first input of the first window, whose frames are `frameStride` numbers apart.
    ///   - blocks: Which ``outputBlocks``.
    ///   - out: The first output of the first row; rows are `outStride` numbers apart.
    ///   - adds: Whether sums are added to what `out` holds.
    ///   - added: What is added to them besides, in rows as far apart as those of `out`, which it may be.
    ///   - rectified: Where results go once more, in such rows, negative ones times the slope; it may be `out`.
    @unsafe package func multiply(
        _ x: UnsafePointer<Float>, frameStride: Int, rows: Int, blocks: Range<Int>? = nil,
        out: UnsafeMutablePointer<Float>, outStride: Int, leak: Float = 1, adds: Bool = false,
        added: UnsafePointer<Float>? = nil, rectified: (out: UnsafeMutablePointer<Float>, slope: Float)? = nil
    ) {
        var call = unsafe tutti_convolution()
        unsafe call.taps = taps
        unsafe call.tap_stride = dilation * frameStride
        unsafe call.row_stride = stride * frameStride
        unsafe call.slope = leak
        unsafe call.adds = adds ? 1 : 0
        unsafe call.added = added
        unsafe call.added_stride = outStride
        if let rectified = unsafe rectified {
            unsafe call.rectified = rectified.out
            unsafe call.rectified_slope = rectified.slope
        }
        if let panels {
            unsafe panels.multiply(call, x, rows: rows, blocks: blocks, out: out, outStride: outStride)
            return
        }
        unsafe bias.withUnsafeBufferPointer { bias in
            unsafe depthwise.withUnsafeBufferPointer { weights in
                unsafe call.channels = inputs
                unsafe call.weights = weights.baseAddress
                unsafe call.bias = bias.isEmpty ? nil : bias.baseAddress
                unsafe tutti_convolve_depthwise(&call, outputs, x, rows, out, outStride)
            }
        }
    }
}

/// The weights of a transposed convolution over frames, packed for ``Step/convolve(_:_:)-(Tensor,_)``.
///
/// What comes out between two frames that go in depends on the same few of them: the `stride` frames there are so many
/// parts of the outputs of one convolution, which lie behind each other as they have to.
public struct PackedTransposedConvolution: Sendable {
    public let inputs: Int
    public let outputs: Int
    public let taps: Int
    public let stride: Int
    /// Frames that are left out at the beginning and at the end.
    public let padding: (before: Int, after: Int)
    /// Frames more at the end.
    public let extra: Int
    let bias: [Float]
    /// From the frames that go in to the `stride` frames that begin with each, before any is left out: in one
    /// convolution, or in one for each of those frames where every channel is a group.
    package let phases: [PackedConvolution]

    /// - Parameters:
    ///   - weights: `[inputs, outputs / groups, taps]`, as checkpoints have them.
    ///   - groups: 1, or as many as inputs and outputs.
    ///   - extra: What PyTorch calls output padding.
    ///   - bias: `outputs` numbers.
    public init(
        weights: [Float], inputs: Int, outputs: Int, taps: Int, stride: Int,
        padding: (before: Int, after: Int) = (0, 0), extra: Int = 0, groups: Int = 1, bias: [Float]? = nil,
        pool: ComputePool
    ) {
        precondition(groups == 1 || groups == inputs && groups == outputs, "\(inputs) → \(outputs) in \(groups) groups")
        precondition(taps > 0 && stride > 0 && extra >= 0, "a convolution of nothing")
        precondition(weights.count == inputs * (outputs / groups) * taps, "\(weights.count) weights")
        precondition(bias?.count ?? outputs == outputs, "a bias of another width than \(outputs)")
        self.inputs = inputs
        self.outputs = outputs
        self.taps = taps
        self.stride = stride
        self.padding = padding
        self.extra = extra
        self.bias = bias ?? Array(repeating: 0, count: outputs)
        // Phase r of the frames from t on is Σ_j x[t - j] · w[r + stride · j]: the last tap of a window is x[t].
        let reach = (taps + stride - 1) / stride
        func phases(_ range: Range<Int>) -> PackedConvolution {
            let width = inputs / groups, height = outputs / groups
            var dense = [Float](repeating: 0, count: range.count * outputs * width * reach)
            for (place, phase) in range.enumerated() {
                for n in 0..<outputs {
                    for c in 0..<width {
                        for k in Swift.stride(from: phase, to: taps, by: stride) {
                            let weight = weights[((n / height * width + c) * height + n % height) * taps + k]
                            dense[((place * outputs + n) * width + c) * reach + reach - 1 - k / stride] = weight
                        }
                    }
                }
            }
            return PackedConvolution(
                weights: dense, inputs: inputs, outputs: range.count * outputs, taps: reach,
                padding: (reach - 1, reach - 1), groups: groups,
                bias: bias.map { bias in (0..<range.count * outputs).map { bias[$0 % outputs] } }, pool: pool)
        }
        self.phases = groups == 1 ? [phases(0..<stride)] : (0..<stride).map { phases($0..<$0 + 1) }
    }

    /// How many frames come out of so many.
    public func frames(of count: Int) -> Int {
        count == 0 ? 0 : max(0, (count - 1) * stride + taps + extra - padding.before - padding.after)
    }
}
