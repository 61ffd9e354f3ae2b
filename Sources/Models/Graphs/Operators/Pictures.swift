import TuttiCheckpoints
import TuttiTensors

/// Operators that read pictures, `[examples, channels, height, width]`, by windows.
enum Pictures {
    static let operators: [String: GraphOperator] = [
        "MaxPool": { node in FeatureKernels.plain(try pool(node)) },
        "AveragePool": { node in FeatureKernels.plain(try pool(node)) },
    ]

    /// What the attributes of a node with windows say.
    /// - Parameter kernel: Of the weights, where there are any.
    static func window(_ node: GraphNodeReader, kernel: Extent? = nil) throws -> Window2D {
        func two(_ name: String, _ otherwise: Extent?) throws -> Extent {
            guard let values = try node.integers(name) else {
                guard let otherwise else { throw GraphFault("it has no \(name)") }
                return otherwise
            }
            guard values.count == 2, values.allSatisfy((1...1 << 16).contains) else {
                throw GraphFault("its \(name) are \(values), for pictures")
            }
            return Extent(values[0], values[1])
        }
        let size = try two("kernel_shape", kernel)
        guard kernel == nil || kernel == size else { throw GraphFault("its weights have another size than \(size)") }
        let pads = try node.integers("pads") ?? [0, 0, 0, 0], rule = try node.text("auto_pad", "NOTSET")
        guard pads.count == 4, pads.allSatisfy((0...1 << 20).contains) else { throw GraphFault("its pads are \(pads)") }
        let padding: Window2D.Padding
        switch rule {
        case "NOTSET": padding = .fixed(.init(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3]))
        case "VALID": padding = .none
        case "SAME_UPPER": padding = .sameUpper
        case "SAME_LOWER": padding = .sameLower
        default: throw GraphFault("its auto_pad is \(rule)")
        }
        return Window2D(
            size, stride: try two("strides", Extent(1, 1)), dilation: try two("dilations", Extent(1, 1)),
            padding: padding, roundsUp: try node.integer("ceil_mode", 0) != 0)
    }

    static func pool(_ node: GraphNodeReader) throws -> FeatureKernel {
        let window = try window(node)
        if node.node.operation == "MaxPool" {
            guard try node.integer("storage_order", 0) == 0 else { throw GraphFault("it stores columns first") }
            return FeatureKernels.pooled(.maximum, window)
        }
        return FeatureKernels.pooled(
            .average(countsPadding: try node.integer("count_include_pad", 0) != 0), window)
    }

    /// Makes zeros of weights that are next to nothing, as training leaves them behind in channels that nobody needs:
    /// processors take many times as long for products below the smallest normal number, and what such weights add to a sum
    /// is lost in its rounding.
    private static func clear(_ weights: inout [Float]) {
        for place in weights.indices where abs(weights[place]) < 1e-30 { weights[place] = 0 }
    }

    /// The weights of a convolution, packed.
    /// - Parameters:
    ///   - scale: What each output is multiplied by before the bias is added.
    static func convolution(
        _ node: GraphNodeReader, _ weights: GraphValue, scale: [Float]? = nil, bias: [Float]?
    ) throws -> PackedConvolution2D {
        let shape = weights.shape, groups = try node.integer("group", 1)
        guard shape.count == 4, shape.allSatisfy({ $0 > 0 }), var values = weights.floats else {
            throw GraphFault("its weights are of the shape \(shape)")
        }
        guard groups > 0, shape[0] % groups == 0, bias?.count ?? shape[0] == shape[0], shape[1] < 1 << 24,
            groups < 1 << 24
        else { throw GraphFault("its weights, groups and bias do not fit to each other") }
        if let scale {
            let width = values.count / shape[0]
            for place in values.indices { values[place] *= scale[place / width] }
        }
        clear(&values)
        // Each group's outputs are filled up to whole panels.
        let packed = Double((shape[0] / groups + 15) / 16 * 16) * Double(groups) * Double(values.count / shape[0])
        guard packed < 3e8 else { throw GraphFault("its weights would take \(packed) numbers") }
        return PackedConvolution2D(
            weights: values, inputs: shape[1] * groups, outputs: shape[0],
            window: try window(node, kernel: Extent(shape[2], shape[3])), groups: groups, bias: bias, pool: node.pool)
    }

    /// The weights of a transposed convolution, packed.
    static func upsampling(
        _ node: GraphNodeReader, _ weights: GraphValue, scale: [Float]? = nil, bias: [Float]?
    ) throws -> PackedUpsampling2D {
        let shape = weights.shape
        guard shape.count == 4, shape.allSatisfy({ $0 > 0 }), var values = weights.floats,
            bias?.count ?? shape[1] == shape[1]
        else { throw GraphFault("its weights are of the shape \(shape)") }
        let kernel = Extent(shape[2], shape[3]), window = try window(node, kernel: kernel)
        guard try node.integer("group", 1) == 1, window.stride == kernel, window.dilation == Extent(1, 1),
            window.padding == .none, !node.has("output_shape"),
            try node.integers("output_padding")?.allSatisfy({ $0 == 0 }) ?? true
        else { throw GraphFault("over pictures only those are computed whose windows lie side by side") }
        if let scale {
            for place in values.indices { values[place] *= scale[place / kernel.area % shape[1]] }
        }
        clear(&values)
        return PackedUpsampling2D(
            weights: values, inputs: shape[0], outputs: shape[1], kernel: kernel, bias: bias, pool: node.pool)
    }

    /// A convolution whose weights are not known beforehand.
    static func convolve(_ node: GraphNodeReader, _ call: GraphCall) throws -> [GraphValue] {
        let bias = call.optional(2) == nil ? nil : try call.floats(2).values
        let kernel: FeatureKernel
        if node.node.operation == "Conv" {
            kernel = FeatureKernels.convolution(
                try convolution(node, call.input(1), bias: bias), .none, adds: false)
        } else {
            kernel = FeatureKernels.upsampling(try upsampling(node, call.input(1), bias: bias), .none)
        }
        var call = call
        call.inputs = [try call.input(0)]
        return try FeatureKernels.plain(kernel)(&call)
    }
}
