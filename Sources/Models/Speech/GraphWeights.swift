import TuttiCheckpoints
import TuttiTensors

/// Reads the weights of a model whose file is a graph: by the names of its nodes, because exporters fold weights and give
/// them names of no meaning, and by the shapes that they must have.
struct GraphWeights {
    let file: GraphFile
    private let nodes: [String: GraphNode]

    init(_ file: GraphFile) {
        self.file = file
        nodes = Dictionary(file.graph.nodes.map { ($0.name, $0) }) { first, _ in first }
    }

    func hasNode(_ name: String) -> Bool { nodes[name] != nil }

    /// How many parts of a kind there are, numbered from 0: a part is there when any of its nodes is.
    /// - Throws: `CheckpointError.missingTensor` where there are none, or one between others is missing.
    func count(_ nodes: (Int) -> [String]) throws -> Int {
        let there = (0..<256).filter { nodes($0).contains(where: hasNode) }
        if !there.isEmpty && there == Array(there.indices) { return there.count }
        let missing = there.enumerated().first { $0.offset != $0.element }?.offset ?? 0
        throw CheckpointError.missingTensor(file: file.path, name: nodes(missing)[0])
    }

    /// A tensor of the graph by its own name.
    /// - Parameter shape: What it must be; nil for a dimension that may be any from 1 on.
    /// - Throws: `CheckpointError`.
    func tensor(_ name: String, shape: [Int?]) throws -> (values: [Float], shape: [Int]) {
        guard let tensor = file.graph.initializers[name] else {
            throw CheckpointError.missingTensor(file: file.path, name: name)
        }
        let fits = tensor.shape.count == shape.count && zip(tensor.shape, shape).allSatisfy { $0 == $1 ?? max($0, 1) }
        guard fits else {
            throw CheckpointError.wrongShape(
                file: file.path, name: name, shape: tensor.shape, expected: shape.map { $0 ?? 1 })
        }
        return (try file.floats(of: tensor), tensor.shape)
    }

    /// Numbers of just this shape.
    func floats(_ name: String, shape: [Int]) throws -> [Float] { try tensor(name, shape: shape).values }

    /// The tensor that a node reads as its input number `index`.
    func input(_ index: Int, of node: String, shape: [Int?]) throws -> (values: [Float], shape: [Int]) {
        guard let inputs = nodes[node]?.inputs, inputs.indices ~= index else {
            throw CheckpointError.missingTensor(file: file.path, name: node)
        }
        return try tensor(inputs[index], shape: shape)
    }

    /// Whether a node's input number `index` is known beforehand.
    func isKnown(_ index: Int, of node: String) -> Bool {
        guard let inputs = nodes[node]?.inputs, inputs.indices ~= index else { return false }
        return file.graph.initializers[inputs[index]] != nil
    }

    /// The convolution at a node.
    /// - Parameters:
    ///   - inputs: Channels in, nil for any.
    ///   - outputs: Channels out, nil for any.
    ///   - isSeparate: Whether each channel is convolved by itself; else all are together.
    /// - Throws: `CheckpointError`, and `ModelError.badValue` for strides, dilations or groups out of all proportion.
    func convolution(
        _ node: String, inputs: Int? = nil, outputs: Int? = nil, isSeparate: Bool = false
    ) throws -> ConvolutionWeights {
        let isTransposed = nodes[node]?.operation == "ConvTranspose"
        let groups = try attribute("group", of: node, 1, within: 1...1 << 16)[0]
        guard groups == 1 || isSeparate && groups == inputs && groups == outputs else {
            throw bad(node, "group", "\(groups)", isSeparate ? "as many as channels" : "1")
        }
        // In a transposed one inputs come first.
        let wanted = isTransposed ? [inputs, outputs] : [outputs, inputs.map { $0 / groups }]
        let (values, shape) = try input(1, of: node, shape: wanted + [nil])
        let (first, second, taps) = (shape[0], shape[1], shape[2])
        let channels = (inputs: isTransposed ? first : second * groups, outputs: isTransposed ? second : first)
        let hasBias = nodes[node]?.inputs.count ?? 0 > 2 && nodes[node]?.inputs[2] != ""
        var weights = ConvolutionWeights(
            values: values, inputs: channels.inputs, outputs: channels.outputs, taps: taps,
            bias: hasBias ? try input(2, of: node, shape: [channels.outputs]).values : nil)
        weights.groups = groups
        weights.stride = try attribute("strides", of: node, 1, within: 1...64)[0]
        weights.dilation = try attribute("dilations", of: node, 1, within: 1...256)[0]
        let padding = try attribute("pads", of: node, 0, within: 0...1 << 14)
        weights.padding = (padding[0], padding.count > 1 ? padding[1] : padding[0])
        guard taps <= 256 else { throw bad(node, "kernel_shape", "\(taps)", "at most 256") }
        return weights
    }

    /// A convolution that keeps the number of frames: padded alike on both sides.
    /// - Parameters:
    ///   - taps: How many it must have; nil for any odd number.
    ///   - isPadded: False where nodes of their own pad before it.
    func sameConvolution(
        _ node: String, inputs: Int, outputs: Int? = nil, taps: Int? = nil, isSeparate: Bool = false,
        isPadded: Bool = true
    ) throws -> ConvolutionWeights {
        let weights = try convolution(node, inputs: inputs, outputs: outputs, isSeparate: isSeparate)
        if let taps, weights.taps != taps { throw bad(node, "kernel_shape", "\(weights.taps)", "\(taps)") }
        let reach = weights.reach, padding = isPadded ? reach : 0
        guard weights.padding == (padding, padding), weights.taps % 2 == 1, weights.stride == 1 else {
            throw bad(node, "pads", "\(weights.padding)", "\(padding) on both sides, and its stride 1")
        }
        return isPadded ? weights : weights.padded()
    }

    private func attribute(
        _ name: String, of node: String, _ otherwise: Int, within range: ClosedRange<Int>
    ) throws -> [Int] {
        let values: [Int]
        switch nodes[node]?.attributes[name] {
        case .integers(let all) where !all.isEmpty: values = all
        case .integer(let one): values = [one]
        default: values = [otherwise]
        }
        guard values.allSatisfy(range.contains) else { throw bad(node, name, "\(values)", "within \(range)") }
        return values
    }

    func bad(_ node: String, _ name: String, _ value: String, _ wants: String) -> ModelError {
        .badValue(key: "\(name) of the node `\(node)`", value: value, wants: wants, file: file.path)
    }
}

/// A convolution as a file has it: `[outputs, inputs / groups, taps]`, a transposed one `[inputs, outputs, taps]`.
struct ConvolutionWeights {
    var values: [Float]
    var inputs: Int
    var outputs: Int
    var taps: Int
    var stride = 1
    var dilation = 1
    var groups = 1
    var padding = (before: 0, after: 0)
    var bias: [Float]?

    init(values: [Float], inputs: Int, outputs: Int, taps: Int, bias: [Float]?) {
        (self.values, self.inputs, self.outputs, self.taps, self.bias) = (values, inputs, outputs, taps, bias)
    }

    /// Several of the same inputs and taps as one, whose outputs lie one part's behind the other's.
    init(sideBySide parts: [ConvolutionWeights]) {
        self = parts[0]
        values = parts.flatMap(\.values)
        outputs = parts.reduce(0) { $0 + $1.outputs }
        if parts.contains(where: { $0.bias != nil }) {
            bias = parts.flatMap { $0.bias ?? Array(repeating: 0, count: $0.outputs) }
        }
    }

    /// Frames that it sees on each side where it is padded alike.
    var reach: Int { (taps - 1) * dilation / 2 }

    func packed(_ pool: ComputePool) -> PackedConvolution {
        PackedConvolution(
            weights: values, inputs: inputs, outputs: outputs, taps: taps, stride: stride, dilation: dilation,
            padding: padding, groups: groups, bias: bias, pool: pool)
    }

    /// The same without padding: what it reads has the frames around it.
    func unpadded() -> ConvolutionWeights {
        var weights = self
        weights.padding = (0, 0)
        return weights
    }

    /// The same, padded so that as many frames come out as go in.
    func padded() -> ConvolutionWeights {
        var weights = self
        weights.padding = (reach, reach)
        return weights
    }

    /// The same of inputs that are `factor` times as large.
    func scaled(by factor: Float) -> ConvolutionWeights {
        var weights = self
        weights.values = values.map { factor * $0 }
        return weights
    }

    /// The same with its results negated.
    func negated() -> ConvolutionWeights {
        var weights = scaled(by: -1)
        weights.bias = bias.map { $0.map(-) }
        return weights
    }

    /// The same of channels that come, and go, in the opposite order.
    func reversed(inputs reversesInputs: Bool, outputs reversesOutputs: Bool) -> ConvolutionWeights {
        var weights = self
        for n in 0..<outputs {
            for c in 0..<inputs {
                let from =
                    ((reversesOutputs ? outputs - 1 - n : n) * inputs + (reversesInputs ? inputs - 1 - c : c)) * taps
                let to = (n * inputs + c) * taps
                weights.values.replaceSubrange(to..<to + taps, with: values[from..<from + taps])
            }
        }
        if reversesOutputs { weights.bias = bias.map { $0.reversed() } }
        return weights
    }
}
