import TuttiCheckpoints
import TuttiTensors

/// Fuses a product with known weights, the sum with a known number for each column behind it, and an activation behind
/// that.
struct FloatProducts {
    static func fuse(_ draft: inout GraphDraft) throws {
        let readers = GraphReaders(draft)
        var joined: Set<Int> = []
        for index in draft.entries.indices {
            let entry = draft.entries[index], node = entry.node
            guard entry.kernel == nil, entry.features == nil, node.operation == "MatMul", node.domain.isEmpty,
                node.inputs.count == 2, !draft.isKnown(node.inputs[0]),
                let weights = try draft.knownValue(node.inputs[1]), weights.shape.count == 2, weights.count > 0,
                let floats = weights.floats, let place = readers.only(node.outputs[0])
            else { continue }
            let (depth, columns) = (weights.shape[0], weights.shape[1]), sum = draft.entries[place].node
            guard sum.operation == "Add", sum.inputs.count == 2, sum.inputs[0] != sum.inputs[1],
                let added = try draft.knownValue(sum.inputs[sum.inputs[0] == node.outputs[0] ? 1 : 0]),
                added.shape == [columns], let bias = added.floats
            else { continue }
            var fused = node
            fused.inputs = [node.inputs[0]]
            fused.outputs = sum.outputs
            joined.insert(place)
            var activation = ConvolutionActivation.none
            let output = sum.outputs[0], behind = readers.of(output)
            for first in behind where !readers.isOutput(output) {
                guard let found = try FeatureActivation.pattern(first, draft: &draft, readers), found.input == output,
                    behind.allSatisfy(found.places.contains)
                else { continue }
                activation = found.activation
                fused.outputs = draft.entries[found.last].node.outputs
                joined.formUnion(found.places)
                break
            }
            let turned = unsafe [Float](unsafeUninitializedCapacity: floats.count) { turned, initialized in
                unsafe floats.withUnsafeBufferPointer { all in
                    guard let from = all.baseAddress, let to = turned.baseAddress else { return }
                    unsafe Layout.transpose(from, rows: depth, columns: columns, into: to, draft.pool)
                }
                initialized = floats.count
            }
            let packed = PackedConvolution2D(
                weights: turned, inputs: depth, outputs: columns, window: Window2D(Extent(1, 1)), bias: bias,
                pool: draft.pool)
            let last = activation
            draft.entries[index] = .init(node: fused, kernel: { call in [try multiply(call, packed, last)] })
        }
        draft.entries = draft.entries.indices.filter { !joined.contains($0) }.map { draft.entries[$0] }
    }

    /// `[…, inputs]` times the weights: a product of pixels, as it were, of a picture with as many as there are rows.
    private static func multiply(
        _ call: GraphCall, _ weights: PackedConvolution2D, _ activation: ConvolutionActivation
    ) throws -> GraphValue {
        let (all, shape) = try call.floats(0), (depth, columns) = (weights.inputs, weights.outputs)
        guard shape.last == depth else { throw GraphFault("the product of \(shape) and \([depth, columns])") }
        let result = shape.dropLast() + [columns], total = try call.count(Array(result)), rows = all.count / depth
        guard total > 0 else { return GraphValue([Float](), Array(result)) }
        let values = unsafe [Float](unsafeUninitializedCapacity: total) { values, initialized in
            unsafe all.withUnsafeBufferPointer { all in
                guard let from = all.baseAddress, let to = values.baseAddress else { return }
                let x = unsafe Tensor(base: UnsafeMutablePointer(mutating: from), rows: rows, width: depth)
                let y = unsafe Tensor(base: to, rows: rows, width: columns)
                call.step.convolve(
                    FeatureMap(x, height: 1, width: rows), weights, activation: activation,
                    into: FeatureMap(y, height: 1, width: rows))
            }
            initialized = total
        }
        return GraphValue(values, Array(result))
    }
}
