import TuttiCheckpoints
import TuttiTensors

/// Convolutions over frames, `[examples, channels, frames]`, and over pictures where their weights are not known beforehand.
enum Convolutions {
    static let operators: [String: GraphOperator] = [
        "Conv": convolution, "ConvTranspose": transposed, "ConvInteger": integer,
    ]

    /// What the attributes of a convolution along one axis say.
    struct Window {
        var taps: Int
        var stride: Int
        var dilation: Int
        var groups: Int
        /// Of zeros at both ends, or the rule by which they are found.
        private var pads: (before: Int, after: Int)
        private let rule: String

        /// - Parameter taps: Of the weights.
        init(_ node: GraphNodeReader, taps: Int) throws {
            func one(_ name: String, _ otherwise: Int, _ range: ClosedRange<Int>) throws -> Int {
                let values = try node.integers(name) ?? [otherwise]
                guard values.count == 1, range.contains(values[0]) else {
                    throw GraphFault("its \(name) are \(values)")
                }
                return values[0]
            }
            let size = 1...1 << 16
            guard try one("kernel_shape", taps, size) == taps else { throw GraphFault("its weights have \(taps) taps") }
            self.taps = taps
            stride = try one("strides", 1, size)
            dilation = try one("dilations", 1, size)
            groups = try node.integer("group", 1)
            rule = try node.text("auto_pad", "NOTSET")
            let all = try node.integers("pads") ?? [0, 0]
            guard groups > 0, all.count == 2, all.allSatisfy((0...1 << 20).contains) else {
                throw GraphFault("its pads are \(all), its groups \(groups)")
            }
            pads = (all[0], all[1])
            guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(rule) else {
                throw GraphFault("its auto_pad is \(rule)")
            }
            if rule == "VALID" { pads = (0, 0) }
        }

        var isFixed: Bool { !rule.hasPrefix("SAME") }

        /// For so many frames.
        func padding(_ frames: Int) -> (before: Int, after: Int) {
            if isFixed { return pads }
            let total = max(0, ((frames + stride - 1) / stride - 1) * stride + (taps - 1) * dilation + 1 - frames)
            return rule == "SAME_UPPER" ? (total / 2, total - total / 2) : (total - total / 2, total / 2)
        }
    }

    /// The shape of weights along one axis.
    private static func weights(_ shape: [Int]) throws -> (first: Int, second: Int, taps: Int) {
        guard shape.count == 3, shape.allSatisfy({ $0 > 0 }) else {
            throw GraphFault(
                "its weights are of the shape \(shape): only convolutions along one or two axes are computed")
        }
        return (shape[0], shape[1], shape[2])
    }

    /// Calls `body` with the frames of each example, `[frames, channels]`, and gathers what it makes of them.
    static func eachExample(
        _ all: [Float], _ shape: [Int], outputs: Int, frames: Int, _ call: GraphCall, _ body: (Tensor) -> Tensor
    ) throws -> GraphValue {
        let (examples, channels, count) = (shape[0], shape[1], shape[2])
        let result = [examples, outputs, frames], step = call.step
        let total = try call.count(result)
        guard total > 0 else { return GraphValue([Float](), result) }
        let values = unsafe [Float](unsafeUninitializedCapacity: total) { values, initialized in
            unsafe all.withUnsafeBufferPointer { all in
                guard let from = all.baseAddress, let to = values.baseAddress else { return }
                for example in 0..<examples {
                    step.frame {
                        let x = step.scratch(count, channels)
                        unsafe Layout.transpose(
                            from + example * channels * count, rows: channels, columns: count, into: x.base, step.pool)
                        let y = body(x)
                        unsafe Layout.transpose(
                            y.base, rows: frames, columns: outputs, into: to + example * outputs * frames, step.pool)
                    }
                }
            }
            initialized = total
        }
        return GraphValue(values, result)
    }

    private static let convolution: GraphOperator = { node in
        @Sendable func packed(_ weights: GraphValue, _ bias: GraphValue?, _ frames: Int) throws -> PackedConvolution {
            let (outputs, width, taps) = try Convolutions.weights(weights.shape), window = try Window(node, taps: taps)
            guard let values = weights.floats, outputs % window.groups == 0, bias?.count ?? outputs == outputs else {
                throw GraphFault("its weights, groups and bias do not fit to each other")
            }
            return PackedConvolution(
                weights: values, inputs: width * window.groups, outputs: outputs, taps: taps, stride: window.stride,
                dilation: window.dilation, padding: window.padding(frames), groups: window.groups, bias: bias?.floats,
                pool: node.pool)
        }
        // Weights that are known are packed once.
        var known: PackedConvolution?
        if let weights = node.known(1), weights.shape.count != 4, !node.hasInput(2) || node.known(2) != nil,
            try Window(node, taps: Convolutions.weights(weights.shape).taps).isFixed
        {
            known = try packed(weights, node.known(2), 0)
        }
        let ready = known
        return { call in
            let (all, shape) = try call.floats(0)
            if shape.count == 4 { return try Pictures.convolve(node, call) }
            guard shape.count == 3 else { throw GraphFault("its input has the shape \(shape)") }
            let convolution = try ready ?? packed(call.input(1), call.optional(2), shape[2])
            guard shape[1] == convolution.inputs else {
                throw GraphFault("\(shape[1]) channels, not \(convolution.inputs)")
            }
            _ = try call.count([shape[2] + convolution.padding.before + convolution.padding.after, shape[1]])
            let frames = convolution.frames(of: shape[2])
            return [
                try eachExample(all, shape, outputs: convolution.outputs, frames: frames, call) {
                    call.step.convolve($0, convolution)
                }
            ]
        }
    }

    private static let transposed: GraphOperator = { node in
        @Sendable func packed(_ weights: GraphValue, _ bias: GraphValue?) throws -> PackedTransposedConvolution {
            let (inputs, width, taps) = try Convolutions.weights(weights.shape), window = try Window(node, taps: taps)
            let outputs = width * window.groups, extra = try node.integers("output_padding") ?? [0]
            guard window.isFixed, window.dilation == 1, !node.has("output_shape") else {
                throw GraphFault("dilated ones, and those whose padding follows from a rule, are not computed")
            }
            guard let values = weights.floats, bias?.count ?? outputs == outputs,
                window.groups == 1 || window.groups == inputs && width == 1, extra.count == 1,
                (0..<max(1, window.stride)).contains(extra[0])
            else { throw GraphFault("its weights, groups, bias and output_padding do not fit to each other") }
            // As many outputs for each step of the stride, with zeros where taps do not divide into it.
            let packedCount = [outputs, inputs, taps + window.stride].reduce(1.0) { $0 * Double($1) }
            guard packedCount < 3e8 else { throw GraphFault("its weights would take \(packedCount) numbers") }
            return PackedTransposedConvolution(
                weights: values, inputs: inputs, outputs: outputs, taps: taps, stride: window.stride,
                padding: window.padding(0), extra: extra[0], groups: window.groups, bias: bias?.floats, pool: node.pool)
        }
        var known: PackedTransposedConvolution?
        if let weights = node.known(1), weights.shape.count != 4, !node.hasInput(2) || node.known(2) != nil {
            known = try packed(weights, node.known(2))
        }
        let ready = known
        return { call in
            let (all, shape) = try call.floats(0)
            if shape.count == 4 { return try Pictures.convolve(node, call) }
            guard shape.count == 3 else { throw GraphFault("its input has the shape \(shape)") }
            let convolution = try ready ?? packed(call.input(1), call.optional(2))
            guard shape[1] == convolution.inputs else {
                throw GraphFault("\(shape[1]) channels, not \(convolution.inputs)")
            }
            _ = try call.count([shape[2], convolution.stride, convolution.outputs])
            return [
                try eachExample(
                    all, shape, outputs: convolution.outputs, frames: convolution.frames(of: shape[2]), call
                ) { call.step.convolve($0, convolution) }
            ]
        }
    }

    /// Of bytes, exact in 32 bits; the plain way, because where it matters ``ByteProducts`` takes its place.
    private static let integer: GraphOperator = { node in
        { call in
            let (x, w) = (try call.input(0), try call.input(1))
            let (outputs, width, taps) = try weights(w.shape), window = try Window(node, taps: taps)
            guard x.shape.count == 3, x.shape[1] == width * window.groups, outputs % window.groups == 0 else {
                throw GraphFault("its weights do not fit to the shape \(x.shape)")
            }
            let bytes = try Quantized(x, zero: call.optional(2), axis: .single).centred
            // Zero points may differ from output to output: each output's weights are a row.
            let rows = GraphValue(w.numbers, [outputs, width * taps])
            let factors = try Quantized(rows, zero: call.optional(3), axis: .rows(outputs)).centred
            let count = x.shape[2], padding = window.padding(count)
            let room = count + padding.before + padding.after - (taps - 1) * window.dilation - 1
            let frames = count == 0 || room < 0 ? 0 : room / window.stride + 1
            let shape = [x.shape[0], outputs, frames]
            var result = [Int32](repeating: 0, count: try call.count(shape))
            let height = outputs / window.groups
            for place in result.indices {
                let frame = place % frames, output = place / frames % outputs, example = place / frames / outputs
                var sum: Int32 = 0
                for channel in 0..<width {
                    let line = (example * x.shape[1] + output / height * width + channel) * count
                    for tap in 0..<taps {
                        let from = frame * window.stride + tap * window.dilation - padding.before
                        if from < 0 || from >= count { continue }
                        sum &+= bytes[line + from] &* factors[(output * width + channel) * taps + tap]
                    }
                }
                result[place] = sum
            }
            return [GraphValue(.words(result), shape)]
        }
    }
}
