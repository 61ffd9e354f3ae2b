import TuttiCheckpoints
import TuttiTensors

/// Finds the part of a graph that works on features of pictures, which is computed with channels last, and fuses what
/// follows a convolution into it: sums and normalisations with known numbers, activations, another summand.
///
/// A value is taken for features where a node with windows makes it, or one that keeps its shape makes it of features.
/// Nodes that are not known here get their inputs as ONNX has them: nothing has to be found for the result to be right.
struct FeatureFusion {
    /// What an entry does, as long as others may join it.
    struct Plan {
        enum Operation {
            case convolution(weights: GraphValue), upsampling(weights: GraphValue)
            /// A factor and a number to add for each channel.
            case affine
            case activation, sum, mean, joined, shape
            case scaled(plusOne: Bool)
            case pooled(FeatureKernel)
            case repeated(Extent)
        }

        var operation: Operation
        /// Of its node: attributes, and a name for errors.
        let node: GraphNode
        var inputs: [String]
        /// Where they are known.
        var channels: Int?
        var scale: [Float]?
        var bias: [Float]?
        var activation = ConvolutionActivation.none
        /// Whether the last input is added at the end.
        var adds = false

        /// Whether sums with known numbers may join.
        var takesAffine: Bool {
            switch operation {
            case .convolution, .upsampling, .affine: activation == .none && !adds
            default: false
            }
        }

        var takesActivation: Bool { takesAffine }

        var takesSummand: Bool {
            switch operation {
            case .convolution, .affine, .scaled: !adds
            default: false
            }
        }
    }

    private var draft: GraphDraft
    private let readers: GraphReaders
    /// By the place of the entry that they become.
    private var plans: [Int: Plan] = [:]
    /// The plan that makes each of the values that are features.
    private var makers: [String: Int] = [:]
    /// Entries that are part of a plan elsewhere.
    private var joined: Set<Int> = []

    private init(_ draft: GraphDraft) {
        self.draft = draft
        readers = GraphReaders(draft)
    }

    static func fuse(_ draft: inout GraphDraft) throws {
        var fusion = FeatureFusion(draft)
        for place in fusion.draft.entries.indices where !fusion.joined.contains(place) {
            let node = fusion.draft.entries[place].node
            do { try fusion.visit(place, node) } catch let fault as GraphFault {
                throw GraphError.failed(node: node.name, operation: node.operation, reason: fault.reason)
            }
        }
        try fusion.finish()
        draft = fusion.draft
    }

    private mutating func visit(_ place: Int, _ node: GraphNode) throws {
        let entry = draft.entries[place]
        guard entry.kernel == nil, node.domain.isEmpty, node.outputs.count == 1, !node.inputs.isEmpty else { return }
        let reader = try draft.reader(of: node), x = node.inputs[0], isOfFeatures = makers[x] != nil
        switch node.operation {
        case "Conv", "ConvTranspose":
            guard let weights = reader.known(1), weights.shape.count == 4, weights.floats != nil else { return }
            guard !reader.hasInput(2) || reader.known(2)?.floats != nil else { return }
            let outputs = node.operation == "Conv" ? weights.shape[0] : weights.shape[1]
            plan(
                place,
                Plan(
                    operation: node.operation == "Conv"
                        ? .convolution(weights: weights) : .upsampling(weights: weights), node: node, inputs: [x],
                    channels: outputs, bias: reader.known(2)?.floats))
        case "MaxPool", "AveragePool":
            guard try reader.integers("kernel_shape")?.count == 2 else { return }
            plan(
                place,
                Plan(
                    operation: .pooled(try Pictures.pool(reader)), node: node, inputs: [x], channels: channels(x)))
        case "GlobalAveragePool", "ReduceMean":
            guard isOfFeatures, try node.operation == "GlobalAveragePool" || isMeanOfPictures(reader) else { return }
            plan(place, Plan(operation: .mean, node: node, inputs: [x], channels: channels(x)))
        case "Resize":
            guard isOfFeatures, let repeats = try repeats(reader) else { return }
            plan(place, Plan(operation: .repeated(repeats), node: node, inputs: [x], channels: channels(x)))
        case "Concat":
            guard node.inputs.allSatisfy({ makers[$0] != nil }), [1, -3].contains(try reader.integer("axis", 0)) else {
                return
            }
            let counts = node.inputs.compactMap(channels)
            plan(
                place,
                Plan(
                    operation: .joined, node: node, inputs: node.inputs,
                    channels: counts.count == node.inputs.count ? counts.reduce(0, +) : nil))
        case "Shape":
            guard isOfFeatures, !reader.has("start"), !reader.has("end") else { return }
            plans[place] = Plan(operation: .shape, node: node, inputs: [x])
        case "BatchNormalization":
            guard isOfFeatures, let count = channels(x), node.inputs.count == 5 else { return }
            let epsilon = try reader.float("epsilon", 1e-5)
            let parameters = (1...4).compactMap { reader.known($0)?.floats }
            guard parameters.count == 4, parameters.allSatisfy({ $0.count == count }) else { return }
            let scale = (0..<count).map { parameters[0][$0] / (parameters[3][$0] + epsilon).squareRoot() }
            let bias = (0..<count).map { parameters[1][$0] - scale[$0] * parameters[2][$0] }
            affine(place, node, x, scale: scale, bias: bias)
        default:
            if let found = try FeatureActivation.pattern(place, draft: &draft, readers) {
                guard makers[found.input] != nil else { return }
                return activate(place, node, found)
            }
            try visitBinary(place, node, reader)
        }
    }

    /// Sums and products, with known numbers or with other features.
    private mutating func visitBinary(_ place: Int, _ node: GraphNode, _ reader: GraphNodeReader) throws {
        guard ["Add", "Mul"].contains(node.operation), node.inputs.count == 2 else { return }
        let (a, b) = (node.inputs[0], node.inputs[1]), isSum = node.operation == "Add"
        switch (makers[a], makers[b]) {
        case (_?, nil), (nil, _?):
            let (features, place2) = makers[a] == nil ? (b, 0) : (a, 1)
            guard let count = channels(features), let value = reader.known(place2),
                let numbers = perChannel(value, count)
            else { return }
            affine(place, node, features, scale: isSum ? nil : numbers, bias: isSum ? numbers : nil)
        case (let first?, let second?):
            guard isSum else {
                plan(
                    place,
                    Plan(
                        operation: .scaled(plusOne: false), node: node, inputs: [a, b],
                        channels: sharedChannels(a, b)))
                return
            }
            // The later of both takes the other as what is added at its end.
            for (maker, name, other) in [(first, a, b), (second, b, a)].sorted(by: { $0.0 > $1.0 }) {
                guard readers.only(name) == place, var taker = plans[maker], a != b else { continue }
                if case .scaled(false) = taker.operation, !taker.adds, taker.inputs.contains(other) {
                    taker.operation = .scaled(plusOne: true)
                    // What is added is the first input, the factors the second.
                    if taker.inputs[0] != other { taker.inputs.reverse() }
                    plans[maker] = taker
                    return join(place, to: maker)
                }
                guard taker.takesSummand else { continue }
                taker.inputs.append(other)
                taker.adds = true
                // One of both may be broadcast.
                taker.channels = sharedChannels(a, b)
                plans[maker] = taker
                return join(place, to: maker)
            }
            plan(
                place, Plan(operation: .sum, node: node, inputs: [a, b], channels: sharedChannels(a, b)))
        case (nil, nil): return
        }
    }

    /// A factor and a number to add for each channel of `x`.
    private mutating func affine(_ place: Int, _ node: GraphNode, _ x: String, scale: [Float]?, bias: [Float]?) {
        guard let maker = makers[x], let count = channels(x) else { return }
        guard readers.only(x) == place, var taker = plans[maker], taker.takesAffine else {
            plan(
                place,
                Plan(operation: .affine, node: node, inputs: [x], channels: count, scale: scale, bias: bias))
            return
        }
        if let scale {
            taker.scale = taker.scale.map { zip($0, scale).map(*) } ?? scale
            taker.bias = taker.bias.map { zip($0, scale).map(*) }
        }
        if let bias { taker.bias = taker.bias.map { zip($0, bias).map(+) } ?? bias }
        plans[maker] = taker
        join(place, to: maker)
    }

    private mutating func activate(_ place: Int, _ node: GraphNode, _ found: FeatureActivation) {
        let output = draft.entries[found.last].node.outputs[0]
        guard let maker = makers[found.input] else { return }
        if !readers.isOutput(found.input), readers.of(found.input).allSatisfy(found.places.contains),
            var taker = plans[maker], taker.takesActivation
        {
            taker.activation = found.activation
            plans[maker] = taker
            makers[output] = maker
        } else {
            var plan = Plan(operation: .activation, node: node, inputs: [found.input], channels: channels(found.input))
            plan.activation = found.activation
            plans[found.last] = plan
            makers[output] = found.last
        }
        joined.formUnion(found.places)
        if makers[output] == found.last { joined.remove(found.last) }
        outputs[makers[output] ?? place] = output
    }

    /// The value that a plan makes, where that is not its entry's own.
    private var outputs: [Int: String] = [:]

    private mutating func plan(_ place: Int, _ plan: Plan) {
        plans[place] = plan
        makers[draft.entries[place].node.outputs[0]] = place
    }

    /// Makes an entry a part of a plan, which makes its value from now on.
    private mutating func join(_ place: Int, to maker: Int) {
        let output = draft.entries[place].node.outputs[0]
        joined.insert(place)
        makers[output] = maker
        outputs[maker] = output
    }

    /// Of two values, where they have as many.
    private func sharedChannels(_ a: String, _ b: String) -> Int? {
        channels(a) == channels(b) ? channels(a) : nil
    }

    private func channels(_ name: String) -> Int? { makers[name].flatMap { plans[$0]?.channels } }

    /// A known value as a number for each channel, where it is that: `[channels, 1, 1]`, or one for all.
    private func perChannel(_ value: GraphValue, _ count: Int) -> [Float]? {
        guard let floats = value.floats, value.shape.count <= 4 else { return nil }
        if floats.count == 1 { return Array(repeating: floats[0], count: count) }
        let shape = Array(repeating: 1, count: 4 - value.shape.count) + value.shape
        return shape == [1, count, 1, 1] ? floats : nil
    }

    private func isMeanOfPictures(_ reader: GraphNodeReader) throws -> Bool {
        guard try reader.integer("keepdims", 1) == 1 else { return false }
        let named = try reader.integers("axes") ?? reader.known(1)?.integers ?? []
        return Set(named.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3]
    }

    /// How often a Resize repeats pixels, where it does just that.
    private func repeats(_ reader: GraphNodeReader) throws -> Extent? {
        guard reader.opset >= 11, try reader.text("mode", "nearest") == "nearest", !reader.has("axes"),
            try reader.text("coordinate_transformation_mode", "half_pixel") == "asymmetric",
            try reader.text("nearest_mode", "round_prefer_floor") == "floor", !reader.hasInput(3),
            let scales = reader.known(2)?.floats, scales.count == 4, scales[0] == 1, scales[1] == 1,
            scales.allSatisfy({ $0 >= 1 && $0 <= 1024 && $0 == $0.rounded() })
        else { return nil }
        return Extent(Int(scales[2]), Int(scales[3]))
    }

    /// Turns plans into entries.
    private mutating func finish() throws {
        for (place, plan) in plans {
            var node = draft.entries[place].node
            node.inputs = plan.inputs
            if let output = outputs[place] { node.outputs = [output] }
            do { draft.entries[place] = .init(node: node, features: try kernel(plan)) } catch let fault as GraphFault {
                throw GraphError.failed(node: node.name, operation: node.operation, reason: fault.reason)
            }
        }
        draft.entries = draft.entries.indices.filter { plans[$0] != nil || !joined.contains($0) }.map {
            draft.entries[$0]
        }
    }

    private mutating func kernel(_ plan: Plan) throws -> FeatureKernel {
        switch plan.operation {
        case .convolution(let weights):
            let reader = try draft.reader(of: plan.node)
            let packed = try Pictures.convolution(reader, weights, scale: plan.scale, bias: plan.bias)
            return FeatureKernels.convolution(packed, plan.activation, adds: plan.adds)
        case .upsampling(let weights):
            let reader = try draft.reader(of: plan.node)
            let packed = try Pictures.upsampling(reader, weights, scale: plan.scale, bias: plan.bias)
            return FeatureKernels.upsampling(packed, plan.activation)
        case .affine:
            let count = plan.channels ?? 0
            let packed = PackedConvolution2D(
                weights: plan.scale ?? Array(repeating: 1, count: count), inputs: count, outputs: count,
                window: Window2D(Extent(1, 1)), groups: count, bias: plan.bias, pool: draft.pool)
            return FeatureKernels.convolution(packed, plan.activation, adds: plan.adds)
        case .activation: return FeatureKernels.activation(plan.activation)
        case .sum: return FeatureKernels.sum
        case .mean: return FeatureKernels.mean
        case .joined: return FeatureKernels.joined
        case .shape: return FeatureKernels.shape
        case .scaled(let plusOne): return FeatureKernels.scaled(plusOne: plusOne, adds: plan.adds)
        case .pooled(let kernel): return kernel
        case .repeated(let repeats): return FeatureKernels.repeated(repeats)
        }
    }
}
