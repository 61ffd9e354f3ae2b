import TuttiCheckpoints
import TuttiTensors

/// Fuses what quantised models have in place of a product with weights: MatMulInteger or ConvInteger, a number to add
/// in
/// integers, Cast to float32 and Mul by the scales, into one product of bytes that is exact until it is scaled.
struct ByteProducts {
    /// Layers may share weights: each is packed once.
    private var packed: [String: ByteConvolution] = [:]

    mutating func fuse(_ draft: inout GraphDraft) throws {
        let readers = GraphReaders(draft)
        var dropped: Set<Int> = []
        for index in draft.entries.indices {
            let node = draft.entries[index].node, isConvolution = node.operation == "ConvInteger"
            guard isConvolution || node.operation == "MatMulInteger", node.domain.isEmpty,
                let chain = chain(after: node, draft, readers), let weights = try weights(node, isConvolution, &draft)
            else { continue }
            var fused = GraphNode()
            (fused.name, fused.operation) = (node.name, node.operation)
            fused.inputs = [node.inputs[0], node.inputs.count > 2 ? node.inputs[2] : "", chain.bias, chain.scale]
            fused.outputs = draft.entries[chain.places[chain.places.count - 1]].node.outputs
            draft.entries[index] = .init(
                node: fused,
                kernel: { call in [try isConvolution ? convolve(call, weights) : multiply(call, weights)] })
            dropped.formUnion(chain.places)
        }
        draft.entries = draft.entries.indices.filter { !dropped.contains($0) }.map { draft.entries[$0] }
    }

    /// The nodes after a product that belong to it.
    private func chain(
        after node: GraphNode, _ draft: GraphDraft, _ readers: GraphReaders
    ) -> (places: [Int], bias: String, scale: String)? {
        func next(_ name: String, _ operation: String) -> (Int, GraphNode)? {
            guard let place = readers.only(name), draft.entries[place].node.operation == operation else { return nil }
            return (place, draft.entries[place].node)
        }
        /// The other input of a node of two.
        func other(_ node: GraphNode, than name: String) -> String? {
            guard node.inputs.count == 2, node.inputs[0] != node.inputs[1] else { return nil }
            return node.inputs[0] == name ? node.inputs[1] : node.inputs[0]
        }
        var name = node.outputs[0], places: [Int] = [], bias = ""
        if let (place, add) = next(name, "Add"), let added = other(add, than: name) {
            places.append(place)
            (name, bias) = (add.outputs[0], added)
        }
        guard let (castPlace, cast) = next(name, "Cast"), case .integer(1)? = cast.attributes["to"] else { return nil }
        name = cast.outputs[0]
        guard let (place, product) = next(name, "Mul"), let scale = other(product, than: name) else { return nil }
        return (places + [castPlace, place], bias, scale)
    }

    /// The weights, packed; nil where they are not known, or of a kind that the plain operators are left to.
    private mutating func weights(
        _ node: GraphNode, _ isConvolution: Bool, _ draft: inout GraphDraft
    ) throws -> ByteConvolution? {
        guard node.inputs.count > 1, let value = try draft.knownValue(node.inputs[1]),
            let bytes = UnsignedBytes(value), !value.shape.contains(0)
        else { return nil }
        var zero = 0
        if node.inputs.count > 3, !node.inputs[3].isEmpty {
            guard let zeros = try draft.knownValue(node.inputs[3]).map(Quantized.words), let first = zeros.first,
                zeros.allSatisfy({ $0 == first })
            else { return nil }
            zero = Int(first)
        }
        let key = "\(node.inputs[1]) \(zero) \(node.attributes)"
        if let known = packed[key] { return known }
        let shape = value.shape, convolution: ByteConvolution
        if isConvolution {
            guard shape.count == 3, shape[1] * shape[2] <= ByteMatrix.maximumColumns else { return nil }
            let reader = GraphNodeReader(node: node, known: [], opset: draft.opset, pool: draft.pool, file: draft.file)
            let window: Convolutions.Window
            do { window = try Convolutions.Window(reader, taps: shape[2]) } catch is GraphFault { return nil }
            guard window.isFixed, window.groups == 1 else { return nil }
            convolution = ByteConvolution(
                weights: bytes.values, zero: zero + bytes.shift, inputs: shape[1], outputs: shape[0], taps: shape[2],
                stride: window.stride, dilation: window.dilation, padding: window.padding(0))
        } else {
            guard shape.count == 2, shape[0] <= ByteMatrix.maximumColumns else { return nil }
            let turned = unsafe [UInt8](unsafeUninitializedCapacity: bytes.values.count) { turned, count in
                unsafe bytes.values.withUnsafeBufferPointer { all in
                    guard let from = all.baseAddress, let to = turned.baseAddress else { return }
                    unsafe Layout.transpose(from, rows: shape[0], columns: shape[1], into: to, draft.pool)
                }
                count = bytes.values.count
            }
            convolution = ByteConvolution(
                weights: turned, zero: zero + bytes.shift, inputs: shape[0], outputs: shape[1], taps: 1)
        }
        packed[key] = convolution
        return convolution
    }
}

/// What is done to the exact sums of one output: `(sum + bias) · scale`.
private struct Scaling {
    let bias: [Float]
    let scale: [Float]

    /// - Parameter isLast: Whether outputs run along the last dimension, or along the one before it.
    init(_ call: GraphCall, outputs: Int, isLast: Bool) throws {
        func each(_ value: GraphValue?, _ numbers: [Float], _ otherwise: Float) throws -> [Float] {
            guard let value else { return Array(repeating: otherwise, count: outputs) }
            if numbers.count == 1 { return Array(repeating: numbers[0], count: outputs) }
            let shape = value.shape, place = shape.count - (isLast ? 1 : 2)
            guard numbers.count == outputs, shape.indices ~= place, shape[place] == outputs else {
                throw GraphFault("numbers of the shape \(shape) for \(outputs) outputs")
            }
            return numbers
        }
        bias = try each(call.optional(2), call.optional(2) == nil ? [] : call.integers(2).map(Float.init), 0)
        scale = try each(call.optional(3), call.floats(3).values, 1)
    }
}

/// The bytes that come in, and what stands for zero among them.
private func operand(_ call: GraphCall) throws -> (values: [UInt8], shape: [Int], zero: UInt8) {
    let value = try call.input(0)
    guard let bytes = UnsignedBytes(value) else {
        throw GraphFault("its input is of \(value.numbers.name), not of bytes")
    }
    var zero = bytes.shift
    if let point = call.optional(1) {
        let points = try Quantized.words(point)
        guard points.count == 1 else { throw GraphFault("several zero points of its input") }
        zero += Int(points[0])
    }
    guard let exact = UInt8(exactly: zero) else { throw GraphFault("its zero point is of another kind than its input") }
    return (bytes.values, value.shape, exact)
}

/// `[…, inputs]` times a matrix.
private func multiply(_ call: GraphCall, _ weights: ByteConvolution) throws -> GraphValue {
    let (values, shape, zero) = try operand(call), outputs = weights.matrix.rows
    guard shape.last == weights.inputs, shape.count > 1 else {
        throw GraphFault("the shape \(shape) for weights with \(weights.inputs) inputs")
    }
    let rows = values.count / weights.inputs, result = shape.dropLast() + [outputs]
    let scaling = try Scaling(call, outputs: outputs, isLast: true)
    var all = [Float](repeating: 0, count: try call.count(Array(result)))
    call.step.frame {
        let y = call.step.convolve(bytes: values, isChannelsFirst: false, frames: rows, zero: zero, weights)
        for row in 0..<rows {
            let from = unsafe y.row(row)
            for n in 0..<outputs { unsafe all[row * outputs + n] = (from[n] + scaling.bias[n]) * scaling.scale[n] }
        }
    }
    return GraphValue(all, Array(result))
}

/// `[examples, inputs, frames]`, convolved.
private func convolve(_ call: GraphCall, _ weights: ByteConvolution) throws -> GraphValue {
    let (values, shape, zero) = try operand(call), outputs = weights.matrix.rows
    guard shape.count == 3, shape[1] == weights.inputs else {
        throw GraphFault("the shape \(shape) for weights with \(weights.inputs) inputs")
    }
    _ = try call.count([shape[2] + weights.padding.before + weights.padding.after, shape[1]])
    let frames = weights.frames(of: shape[2]), result = [shape[0], outputs, frames], step = call.step
    let scaling = try Scaling(call, outputs: outputs, isLast: false), total = try call.count(result)
    guard total > 0 else { return GraphValue([Float](), result) }
    let all = unsafe [Float](unsafeUninitializedCapacity: total) { all, initialized in
        guard let to = all.baseAddress else { return }
        let count = shape[1] * shape[2]
        for example in 0..<shape[0] {
            step.frame {
                let part = shape[0] == 1 ? values : Array(values[example * count..<(example + 1) * count])
                let y = step.convolve(bytes: part, isChannelsFirst: true, frames: shape[2], zero: zero, weights)
                unsafe Layout.transpose(
                    y.base, rows: frames, columns: outputs, into: to + example * outputs * frames, step.pool
                ) { sum, n in (sum + scaling.bias[n]) * scaling.scale[n] }
            }
        }
        initialized = total
    }
    return GraphValue(all, result)
}
