import CKernels

/// The weights of a convolution over pictures, packed for ``Step/convolve(_:_:activation:adding:)``.
///
/// A dense convolution multiplies through float32 panels, one with groups through panels for each of them; one with as
/// many groups as inputs and outputs (depthwise) goes by sixteen channels at a time.
@safe public struct PackedConvolution2D: Sendable {
    /// Channels in and out.
    public let inputs: Int
    public let outputs: Int
    public let window: Window2D
    /// Channels are convolved in so many groups, each by itself.
    public let groups: Int
    let form: Form

    enum Form: Sendable {
        case dense(ConvolutionPanels)
        /// `[channels / 16][taps][16]` and `[channels]`, zeros behind up to sixteen; no bias where it is empty.
        case depthwise([Float], bias: [Float])
    }

    /// Channels that a depthwise convolution takes at a time.
    static let block = 16

    /// - Parameters:
    ///   - weights: `[outputs, inputs / groups, height, width]`, as checkpoints have them.
    ///   - bias: `outputs` numbers.
    /// - Precondition: The counts agree: the loader has checked the tensors' shapes.
    public init(
        weights: [Float], inputs: Int, outputs: Int, window: Window2D, groups: Int = 1, bias: [Float]? = nil,
        pool: ComputePool
    ) {
        precondition(groups > 0 && inputs > 0 && outputs > 0, "a convolution of nothing")
        precondition(inputs % groups == 0 && outputs % groups == 0, "\(inputs) → \(outputs) in \(groups) groups")
        let width = inputs / groups, taps = window.kernel.area
        precondition(
            weights.count == outputs * width * taps, "\(weights.count) weights of \(outputs) × \(width) × \(taps)")
        precondition(bias?.count ?? outputs == outputs, "a bias of another width than \(outputs)")
        (self.inputs, self.outputs, self.window, self.groups) = (inputs, outputs, window, groups)
        guard groups == inputs && groups == outputs else {
            form = .dense(
                ConvolutionPanels(
                    weights: weights, width: width, outputs: outputs, taps: taps, groups: groups, bias: bias, pool: pool
                ))
            return
        }
        let block = PackedConvolution2D.block, blocks = (inputs + block - 1) / block
        let turned = (0..<blocks * taps * block).map { place -> Float in
            let channel = place / (taps * block) * block + place % block, tap = place / block % taps
            return channel < inputs ? weights[channel * taps + tap] : 0
        }
        form = .depthwise(
            turned, bias: bias.map { $0 + Array(repeating: 0, count: blocks * block - outputs) } ?? [])
    }

    /// What comes out of a picture of that size.
    public func size(of size: Extent) -> Extent { window.count(size) }

    /// What the weights take in memory.
    public var byteCount: Int {
        switch form {
        case .dense(let panels): panels.byteCount
        case .depthwise(let weights, let bias): (weights.count + bias.count) * MemoryLayout<Float>.size
        }
    }

    /// Multiplications for each pixel that comes out.
    var multiplyCount: Int { outputs * (inputs / groups) * window.kernel.area }

    /// Whether each pixel that comes out depends on the same one alone.
    var isPointwise: Bool {
        window.kernel == Extent(1, 1) && window.stride == Extent(1, 1) && window.padding != .sameLower
            && window.edges(Extent(1, 1)) == Window2D.Edges()
    }
}

/// The weights of a transposed convolution over pictures whose windows lie side by side, packed for
/// ``Step/convolve(_:_:activation:)``: each pixel becomes as many as the kernel has.
public struct PackedUpsampling2D: Sendable {
    public let inputs: Int
    public let outputs: Int
    public let kernel: Extent
    /// For each line of the kernel, from a pixel to the line's pixels side by side.
    let lines: [ConvolutionPanels]

    /// - Parameters:
    ///   - weights: `[inputs, outputs, height, width]`, as checkpoints have them.
    ///   - bias: `outputs` numbers.
    public init(
        weights: [Float], inputs: Int, outputs: Int, kernel: Extent, bias: [Float]? = nil, pool: ComputePool
    ) {
        precondition(weights.count == inputs * outputs * kernel.area && !weights.isEmpty, "\(weights.count) weights")
        precondition(bias?.count ?? outputs == outputs, "a bias of another width than \(outputs)")
        (self.inputs, self.outputs, self.kernel) = (inputs, outputs, kernel)
        lines = (0..<kernel.height).map { line in
            var turned: [Float] = []
            turned.reserveCapacity(kernel.width * outputs * inputs)
            for column in 0..<kernel.width {
                for n in 0..<outputs {
                    for c in 0..<inputs {
                        turned.append(weights[((c * outputs + n) * kernel.height + line) * kernel.width + column])
                    }
                }
            }
            return ConvolutionPanels(
                weights: turned, width: inputs, outputs: kernel.width * outputs, taps: 1, groups: 1,
                bias: bias.map { bias in (0..<kernel.width).flatMap { _ in bias } }, pool: pool)
        }
    }
}
