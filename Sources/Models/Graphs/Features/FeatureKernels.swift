import TuttiTensors

/// What nodes do to features of pictures.
enum FeatureKernels {
    /// - Parameter adds: Whether the second input is added behind the activation.
    static func convolution(
        _ convolution: PackedConvolution2D, _ activation: ConvolutionActivation, adds: Bool
    ) -> FeatureKernel {
        { call in
            let x = try call.features(0)
            guard x.channels == convolution.inputs else {
                throw GraphFault("\(x.channels) channels, not \(convolution.inputs)")
            }
            let edges = convolution.window.edges(x.size), size = convolution.size(of: x.size)
            _ = try call.count([
                x.size.height + edges.top + edges.bottom, x.size.width + edges.left + edges.right, x.channels,
            ])
            guard adds else {
                let y = try call.new(x.examples, size, convolution.outputs)
                call.step.convolve(x.map, convolution, activation: activation, into: y.map)
                return .features(y)
            }
            let shape = [x.examples, convolution.outputs, size.height, size.width]
            if case .features(let features)? = call.inputs[1], features.shape == shape {
                var added = try call.take(1)
                let y = try isFree(&added) ? added : call.new(x.examples, size, convolution.outputs)
                call.step.convolve(x.map, convolution, activation: activation, adding: added.map, into: y.map)
                return .features(y)
            }
            let y = try call.new(x.examples, size, convolution.outputs)
            call.step.convolve(x.map, convolution, activation: activation, into: y.map)
            call.inputs[0] = .features(y)
            return try sum(&call)
        }
    }

    static func upsampling(_ convolution: PackedUpsampling2D, _ activation: ConvolutionActivation) -> FeatureKernel {
        { call in
            let x = try call.features(0), kernel = convolution.kernel
            guard x.channels == convolution.inputs else {
                throw GraphFault("\(x.channels) channels, not \(convolution.inputs)")
            }
            _ = try call.count([x.size.height, kernel.height, x.size.width, kernel.width])
            let size = Extent(x.size.height * kernel.height, x.size.width * kernel.width)
            let y = try call.new(x.examples, size, convolution.outputs)
            call.step.convolve(x.map, convolution, activation: activation, into: y.map)
            return .features(y)
        }
    }

    static func activation(_ activation: ConvolutionActivation) -> FeatureKernel {
        { call in
            var x = try call.take(0)
            let y: GraphFeatures
            if isFree(&x) {
                y = x
            } else {
                y = try call.new(x.examples, x.size, x.channels)
                call.step.copy(x.map, into: y.map, at: 0)
            }
            call.step.activate(y.map.tensor, activation)
            return .features(y)
        }
    }

    /// Whether nobody else has features: their memory can take a result.
    private static func isFree(_ features: inout GraphFeatures) -> Bool {
        isKnownUniquelyReferenced(&features.memory)
    }

    /// The sum of two, each of which may be repeated.
    static let sum: FeatureKernel = { call in
        guard case .features? = call.inputs[0], case .features? = call.inputs[1] else { return try plainSum(call) }
        var (a, b) = (try call.repeated(0), try call.repeated(1))
        guard a.shape == b.shape else { return try plainSum(call) }
        if a.isRepeated { (a, b) = (b, a) }
        if a.isRepeated { a = a.writtenOut(call.step) }
        call.inputs = []
        let y = try isFree(&a) ? a : !b.isRepeated && isFree(&b) ? b : call.new(a.examples, a.size, a.channels)
        call.step.scale(a.map, by: nil, adding: b.map, repeats: b.repeats, into: y.map)
        return .features(y)
    }

    /// Shapes that are broadcast over each other otherwise.
    private static func plainSum(_ call: FeatureCall) throws -> GraphSlot {
        var values = call.values
        values.inputs = Array(values.inputs[..<2])
        return .value(try Arithmetic.floats(&values) { $0 + $1 })
    }

    /// The first input times the second, which mostly is a number for each channel.
    /// - Parameters:
    ///   - plusOne: Whether the first is added to the product.
    ///   - adds: Whether the third is added.
    static func scaled(plusOne: Bool, adds: Bool) -> FeatureKernel {
        { call in
            guard case .features? = call.inputs[0], case .features? = call.inputs[1] else {
                return try plainScaled(call, plusOne: plusOne, adds: adds)
            }
            // Either of both may be the factors.
            let first = try call.repeated(0), isTurned = first.size == Extent(1, 1) && !plusOne
            let factors = try call.features(isTurned ? 0 : 1)
            var x = try call.features(isTurned ? 1 : 0)
            guard factors.size == Extent(1, 1), factors.examples == x.examples, factors.channels == x.channels else {
                return try plainScaled(call, plusOne: plusOne, adds: adds)
            }
            var added: GraphFeatures?
            if adds {
                guard case .features? = call.inputs[2], try call.repeated(2).shape == x.shape else {
                    return try plainScaled(call, plusOne: plusOne, adds: adds)
                }
                added = try call.repeated(2)
            }
            call.inputs = []
            let step = call.step
            let y = try isFree(&x) ? x : call.new(x.examples, x.size, x.channels)
            step.frame {
                let scale = step.scratch(x.examples, x.channels), from = factors.map.tensor
                for place in 0..<scale.count {
                    unsafe scale.base[place] = from.base[place] + (plusOne ? 1 : 0)
                }
                step.scale(
                    x.map, by: scale, adding: added?.map, repeats: added?.repeats ?? Extent(1, 1), into: y.map)
            }
            return .features(y)
        }
    }

    private static func plainScaled(_ call: FeatureCall, plusOne: Bool, adds: Bool) throws -> GraphSlot {
        let values = call.values
        func two(
            _ a: GraphValue?, _ b: GraphValue?, _ function: @escaping (Float, Float) -> Float
        ) throws -> GraphValue {
            var two = GraphCall(inputs: [a, b], step: call.step, room: call.room, outputCount: 1)
            return try Arithmetic.floats(&two, function)
        }
        var result = try two(values.inputs[0], values.inputs[1]) { $0 * $1 }
        if plusOne { result = try two(values.inputs[0], result) { $0 + $1 } }
        if adds { result = try two(result, values.inputs[2]) { $0 + $1 } }
        return .value(result)
    }

    /// The mean of each channel, of one pixel.
    static let mean: FeatureKernel = { call in
        // What is repeated has the same mean.
        let x = try call.repeated(0)
        guard x.size.area > 0 || x.examples * x.channels == 0 else { throw GraphFault("it takes the mean of nothing") }
        let y = try call.new(x.examples, Extent(1, 1), x.channels)
        call.step.average(x.map, into: y.map.tensor)
        return .features(y)
    }

    enum Pool: Sendable {
        case maximum
        case average(countsPadding: Bool)
    }

    static func pooled(_ pool: Pool, _ window: Window2D) -> FeatureKernel {
        { call in
            let x = try call.features(0), y = try call.new(x.examples, window.count(x.size), x.channels)
            switch pool {
            case .maximum: call.step.maximum(x.map, window, into: y.map)
            case .average(let countsPadding):
                call.step.average(x.map, window, countsPadding: countsPadding, into: y.map)
            }
            return .features(y)
        }
    }

    /// Every pixel as often as that, by nearest neighbours.
    static func repeated(_ repeats: Extent) -> FeatureKernel {
        { call in
            let x = try call.repeated(0)
            _ = try call.count([x.examples, x.channels, x.size.height, repeats.height, x.size.width, repeats.width])
            return .features(
                GraphFeatures(
                    x.memory, examples: x.examples, channels: x.channels, stored: x.stored,
                    repeats: Extent(x.repeats.height * repeats.height, x.repeats.width * repeats.width)))
        }
    }

    /// The channels of all inputs side by side.
    static let joined: FeatureKernel = { call in
        let all = try call.inputs.indices.map { try call.repeated($0) }
        guard let first = all.first, all.allSatisfy({ $0.size == first.size && $0.examples == first.examples }) else {
            throw GraphFault("\(all.map(\.shape)) do not fit to each other")
        }
        let y = try call.new(first.examples, first.size, all.reduce(0) { $0 + $1.channels })
        var channel = 0
        for part in all {
            call.step.copy(part.map, repeats: part.repeats, into: y.map, at: channel)
            channel += part.channels
        }
        return .features(y)
    }

    static let shape: FeatureKernel = { call in
        switch call.inputs[0] {
        case .features(let features): .value(GraphValue(features.shape, [4]))
        case .value(let value): .value(GraphValue(value.shape, [value.shape.count]))
        case nil: throw GraphFault("it has no input")
        }
    }

    /// The same for values as ONNX has them.
    static func plain(_ kernel: @escaping FeatureKernel) -> GraphKernel {
        { call in
            guard call.outputCount == 1 else { throw GraphFault("only its first output can be had") }
            var features = FeatureCall(
                inputs: call.inputs.map { $0.map(GraphSlot.value) }, step: call.step, room: call.room)
            return [try kernel(&features).value(call.step)]
        }
    }
}
