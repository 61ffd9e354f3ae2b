import TuttiTensors

/// The normalising flow of VITS, run backwards: from the prior of the text to what the decoder makes sound of.
///
/// Couplings of two halves of the channels, whose order is turned round before each: one half stays, and a WaveNet makes
/// of it what is taken off the other. Turning is left to the weights: a coupling finds its channels in the order in which
/// they lie.
/// - SeeAlso: Kim et al. 2021, arXiv:2106.06103, section 2.5.2; Dinh et al. 2017, arXiv:1605.08803.
struct VITSFlow: Sendable {
    let couplings: [Coupling]
    /// Whether channels lie in the opposite order when all is done.
    let isReversed: Bool
    /// Frames on either side that a frame depends on.
    let reach: Int

    struct Coupling: Sendable {
        /// The first channels of the half that stays, and of the other.
        let kept: Int
        let changed: Int
        let pre: PackedConvolution
        let layers: [Layer]
        /// What a speaker adds in every layer, where there are several.
        let speaker: PackedConvolution?
        /// With its sign turned: what it makes is taken off.
        let post: PackedConvolution
        /// Frames on either side that a frame depends on.
        let reach: Int

        func callAsFunction(_ z: Tensor, speaker embedding: Tensor?, _ step: Step) {
            step.frame {
                // What goes from layer to layer, and beside it the sum of what leaves each: so one product adds to both.
                let width = pre.outputs, h = step.zeros(z.rows, 2 * width)
                step.convolve(z, from: kept, pre, addingTo: h)
                let shifts =
                    if let speaker, let embedding { step.convolve(embedding, speaker).values(row: 0) } else {
                        [Float]()
                    }
                for (index, layer) in layers.enumerated() {
                    step.frame {
                        let x = step.convolve(h, layer.input)
                        if !shifts.isEmpty {
                            step.add(bias: Array(shifts[index * x.width..<(index + 1) * x.width]), to: x)
                        }
                        let isLast = index == layers.count - 1
                        step.convolve(step.tanhGated(x), layer.output, addingTo: h, at: isLast ? width : 0)
                    }
                }
                step.convolve(h, from: width, post, addingTo: z, at: changed)
            }
        }
    }

    /// A layer of the WaveNet.
    struct Layer: Sendable {
        let input: PackedConvolution
        /// To what is added to the layer's own input, and beside it to what leaves; of the last layer to this alone.
        let output: PackedConvolution
    }

    /// Over `z`, `[frames, width]`, in place. Of frames nearer than ``reach`` to an end where others were cut off, what is
    /// left is of no use: no coupling computes those that it cannot know.
    func callAsFunction(_ z: Tensor, isCut: (before: Bool, after: Bool), speaker: Tensor?, _ step: Step) {
        var frames = 0..<z.rows
        for coupling in couplings {
            coupling(z[rows: frames], speaker: speaker, step)
            let first = frames.lowerBound + (isCut.before ? coupling.reach : 0)
            frames = first..<max(first, frames.upperBound - (isCut.after ? coupling.reach : 0))
        }
    }
}

extension VITSFlow {
    init(_ weights: GraphWeights, width: Int, speakerWidth: Int?, _ pool: ComputePool) throws {
        guard width % 2 == 0 else {
            throw weights.bad("/enc_p/proj/Conv", "outputs", "\(2 * width)", "a multiple of 4")
        }
        let half = width / 2
        var couplings: [Coupling] = [], reach = 0
        for index in (0..<(try weights.count { ["/flow/flows.\(2 * $0)/pre/Conv"] })).reversed() {
            let node = "/flow/flows.\(2 * index)", isTurned = couplings.count % 2 == 0
            let pre = try weights.sameConvolution(node + "/pre/Conv", inputs: half), hidden = pre.outputs
            let count = try weights.count { ["\(node)/enc/in_layers.\($0)/Conv"] }
            var layers: [Layer] = [], near = pre.reach
            for number in 0..<count {
                let isLast = number == count - 1
                let input = try weights.sameConvolution(
                    "\(node)/enc/in_layers.\(number)/Conv", inputs: hidden, outputs: 2 * hidden)
                let both = try weights.sameConvolution(
                    "\(node)/enc/res_skip_layers.\(number)/Conv", inputs: hidden, outputs: isLast ? hidden : 2 * hidden)
                layers.append(Layer(input: input.packed(pool), output: both.packed(pool)))
                near += input.reach + both.reach
            }
            let post = try weights.sameConvolution(node + "/post/Conv", inputs: hidden, outputs: half)
            near += post.reach
            reach += near
            couplings.append(
                Coupling(
                    kept: isTurned ? half : 0, changed: isTurned ? 0 : half,
                    pre: pre.reversed(inputs: isTurned, outputs: false).packed(pool), layers: layers,
                    speaker: try speakerWidth.map {
                        try weights.sameConvolution(
                            node + "/enc/cond_layer/Conv", inputs: $0, outputs: 2 * hidden * layers.count
                        ).packed(pool)
                    },
                    post: post.negated().reversed(inputs: false, outputs: isTurned).packed(pool), reach: near))
        }
        self.couplings = couplings
        self.reach = reach
        isReversed = couplings.count % 2 == 1
    }
}
