import TuttiCheckpoints
import TuttiTensors

/// The generator of HiFi-GAN: frames of a latent to samples, by stages that each raise the rate and smooth what comes out
/// with residual blocks of several widths.
///
/// Any stretch of frames can be made by itself: every stage computes just the rows that the next one reads, zeros beyond
/// the ends of the whole alone, and a row's sums do not depend on where the stretch begins. Pieces joined are the whole,
/// bit by bit.
/// - SeeAlso: Kong et al. 2020, arXiv:2010.05646, section 2.2 and figure 1.
struct HiFiGAN: Sendable {
    /// Channels of the latent.
    let width: Int
    /// Samples of a frame.
    let hop: Int
    let pre: PackedConvolution
    /// What a speaker adds to its results, where there are several.
    let speaker: PackedConvolution?
    let stages: [Stage]
    /// To so many samples at a time: one alone would leave most of a vector's lanes empty.
    let post: PackedConvolution
    /// Rows that `pre` and `post` read on either side.
    let preReach: Int
    let postReach: Int

    struct Stage: Sendable {
        let up: PackedTransposedConvolution
        let blocks: [Block]
        /// What negative results are multiplied by: what follows reads no others.
        let leak: Float

        var channels: Int { up.outputs }
        /// Rows on either side that the blocks read.
        var reach: Int { blocks.map(\.reach).max() ?? 0 }
    }

    /// Units that each add to what they read: one convolution, or two with a leaky rectifier between them.
    struct Block: Sendable {
        struct Unit: Sendable {
            let first: PackedConvolution
            let second: PackedConvolution?

            var firstReach: Int { (first.span - 1) / 2 }
            var secondReach: Int { second.map { ($0.span - 1) / 2 } ?? 0 }
            var reach: Int { firstReach + secondReach }
        }

        let units: [Unit]
        var reach: Int { units.reduce(0) { $0 + $1.reach } }
    }

    static let leak: Float = 0.1
    /// PyTorch's default, which the generator takes before its last convolution.
    static let lastLeak: Float = 0.01

    /// Samples of the frames in `range`, of a latent of `frames` frames.
    /// - Parameter latent: `[frames, width]`, of which those that ``reads(_:)`` says are read.
    func callAsFunction(
        _ latent: [Float], frames: Int, range: Range<Int>, speaker embedding: Tensor?, _ step: Step
    ) -> [Float] {
        precondition(
            latent.count == frames * width && range.upperBound <= frames, "HiFiGAN: \(range) of \(frames) frames")
        if range.isEmpty { return [] }
        let (read, wanted) = plan(range)
        let z = step.zeros(read.count, width), there = read.clamped(to: 0..<frames)
        for frame in there {
            let row = unsafe z.row(frame - read.lowerBound)
            for c in 0..<width { unsafe row[c] = latent[frame * width + c] }
        }
        var x: Tensor
        if let speaker, let embedding {
            x = step.convolve(z, pre)
            step.add(bias: step.convolve(embedding, speaker).values(row: 0), to: x)
            step.leakyReLU(x, slope: HiFiGAN.leak)
        } else {
            x = step.convolve(z, pre, leak: HiFiGAN.leak)
        }
        var total = frames
        HiFiGAN.clear(x, wanted[0], outside: total)
        for (index, stage) in stages.enumerated() {
            total *= stage.up.stride
            x = stage(x, rows: wanted[index], wanted[index + 1], total: total, step)
        }
        let samples = step.convolve(x, post)
        step.tanh(samples)
        return unsafe Array(samples.buffer)
    }

    /// The frames of the latent that some frames' samples depend on, those beyond its ends included.
    func reads(_ range: Range<Int>) -> Range<Int> { plan(range).read }

    /// The rows of the latent, and those of each stage's input and of the last one's output, beyond the ends too.
    private func plan(_ range: Range<Int>) -> (read: Range<Int>, wanted: [Range<Int>]) {
        var wanted = [range.lowerBound * hop - postReach..<range.upperBound * hop + postReach]
        for stage in stages.reversed() { wanted.append(stage.inputs(wanted[wanted.count - 1])) }
        wanted.reverse()
        return (wanted[0].lowerBound - preReach..<wanted[0].upperBound + preReach, wanted)
    }

    /// Rows beyond the ends of a sequence of `total` are zeros for what reads them.
    static func clear(_ x: Tensor, _ rows: Range<Int>, outside total: Int) {
        let inside = rows.clamped(to: 0..<max(0, total))
        for row in rows where !inside.contains(row) {
            unsafe x.row(row - rows.lowerBound).update(repeating: 0, count: x.width)
        }
    }
}

extension HiFiGAN {
    init(_ weights: GraphWeights, width: Int, isReversed: Bool, speakerWidth: Int?, _ pool: ComputePool) throws {
        self.width = width
        let first = try weights.sameConvolution("/dec/conv_pre/Conv", inputs: width)
        pre = first.unpadded().reversed(inputs: isReversed, outputs: false).packed(pool)
        preReach = first.reach
        speaker = try speakerWidth.map {
            try weights.sameConvolution("/dec/cond/Conv", inputs: $0, outputs: first.outputs).packed(pool)
        }
        var ups: [ConvolutionWeights] = []
        while weights.hasNode("/dec/ups.\(ups.count)/ConvTranspose") {
            let name = "/dec/ups.\(ups.count)/ConvTranspose"
            let up = try weights.convolution(name, inputs: ups.last?.outputs ?? first.outputs)
            guard up.taps - up.padding.before - up.padding.after == up.stride, up.dilation == 1, up.taps >= up.stride
            else {
                throw weights.bad(name, "pads", "\(up.padding)", "so that its rate is a whole multiple")
            }
            ups.append(up)
        }
        let count =
            (0..<1000).first { !weights.hasNode(HiFiGAN.convolution($0, 0)) && !weights.hasNode(HiFiGAN.pair($0, 0).0) }
            ?? 0
        guard !ups.isEmpty, count > 0, count % ups.count == 0 else {
            throw CheckpointError.missingTensor(
                file: weights.file.path,
                name: ups.isEmpty ? "/dec/ups.0/ConvTranspose" : HiFiGAN.convolution(count, 0))
        }
        let blocks = count / ups.count, share = 1 / Float(blocks)
        hop = ups.reduce(1) { $0 * $1.stride }
        guard hop <= 4096 else {
            throw weights.bad("/dec/ups.0/ConvTranspose", "strides", "\(hop) in all", "at most 4096")
        }
        // The mean over a stage's blocks is left to the weights that read it.
        stages = try ups.enumerated().map { index, up in
            Stage(
                up: PackedTransposedConvolution(
                    weights: (index == 0 ? up : up.scaled(by: share)).values, inputs: up.inputs, outputs: up.outputs,
                    taps: up.taps, stride: up.stride, padding: up.padding, bias: up.bias, pool: pool),
                blocks: try (0..<blocks).map {
                    try Block(weights, index * blocks + $0, channels: up.outputs, pool)
                },
                leak: index == ups.count - 1 ? HiFiGAN.lastLeak : HiFiGAN.leak)
        }
        let channels = ups[ups.count - 1].outputs
        let last = try weights.sameConvolution("/dec/conv_post/Conv", inputs: channels, outputs: 1)
        postReach = last.reach
        let rate = hop, group = [16, 8, 4, 2, 1].first { rate % $0 == 0 } ?? 1
        post = last.unpadded().scaled(by: share).repeated(group).packed(pool)
    }

    /// The nodes of a residual block: of its single convolutions, or of its pairs.
    fileprivate static func convolution(_ block: Int, _ unit: Int) -> String {
        "/dec/resblocks.\(block)/convs.\(unit)/Conv"
    }
    fileprivate static func pair(_ block: Int, _ unit: Int) -> (String, String) {
        ("/dec/resblocks.\(block)/convs1.\(unit)/Conv", "/dec/resblocks.\(block)/convs2.\(unit)/Conv")
    }
}

extension HiFiGAN.Block {
    fileprivate init(_ weights: GraphWeights, _ block: Int, channels: Int, _ pool: ComputePool) throws {
        func convolution(_ node: String) throws -> PackedConvolution {
            try weights.sameConvolution(node, inputs: channels, outputs: channels).unpadded().packed(pool)
        }
        var units: [Unit] = []
        while true {
            let single = HiFiGAN.convolution(block, units.count), pair = HiFiGAN.pair(block, units.count)
            if weights.hasNode(single) {
                units.append(Unit(first: try convolution(single), second: nil))
            } else if weights.hasNode(pair.0) {
                units.append(Unit(first: try convolution(pair.0), second: try convolution(pair.1)))
            } else {
                break
            }
        }
        self.units = units
    }
}

extension ConvolutionWeights {
    /// The same for `count` neighbouring frames at once: so many times the outputs, each a frame later than the one before.
    func repeated(_ count: Int) -> ConvolutionWeights {
        var weights = self
        weights.taps = taps + count - 1
        weights.outputs = count * outputs
        weights.stride = count
        weights.values = Array(repeating: 0, count: count * outputs * inputs * weights.taps)
        weights.bias = bias.map { bias in (0..<count * outputs).map { bias[$0 % outputs] } }
        for frame in 0..<count {
            for n in 0..<outputs {
                for c in 0..<inputs {
                    let to = ((frame * outputs + n) * inputs + c) * weights.taps + frame, from = (n * inputs + c) * taps
                    weights.values.replaceSubrange(to..<to + taps, with: values[from..<from + taps])
                }
            }
        }
        return weights
    }
}
