import TuttiCheckpoints
import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Recurrent layers.
enum Recurrent {
    static let operators: [String: GraphOperator] = ["LSTM": plain, "DynamicQuantizeLSTM": quantized]

    /// The weights of one direction: products with an input, and with what the last step gave.
    private protocol Weights: Sendable {
        var inputs: Int { get }
        /// `[steps, 4 · hidden]`.
        func input(_ x: Tensor, _ step: Step) -> Tensor
        func hidden(_ h: Tensor, _ step: Step) -> Tensor
    }

    private struct FloatWeights: Weights {
        let x: PackedMatrix
        let h: PackedMatrix
        var inputs: Int { x.columns }
        func input(_ x: Tensor, _ step: Step) -> Tensor { step.linear(x, self.x) }
        func hidden(_ h: Tensor, _ step: Step) -> Tensor { step.linear(h, self.h) }
    }

    /// Rounds its inputs to bytes: all steps' together, and what each step gave by itself.
    private struct ByteWeights: Weights {
        let x: ByteMatrix
        let h: ByteMatrix
        var inputs: Int { x.columns }
        func input(_ x: Tensor, _ step: Step) -> Tensor { step.linear(x, [(self.x, nil)], rounding: .whole)[0] }
        func hidden(_ h: Tensor, _ step: Step) -> Tensor { step.linear(h, [(self.h, nil)], rounding: .whole)[0] }
    }

    /// What a node says of itself.
    private struct Form {
        let hidden: Int
        let directions: Int
        /// Of each direction, whether it goes from the last step to the first.
        let isReverse: [Bool]

        init(_ node: GraphNodeReader) throws {
            hidden = try node.integer("hidden_size", 0)
            guard (1...1 << 16).contains(hidden) else { throw GraphFault("its hidden_size is \(hidden)") }
            switch try node.text("direction", "forward") {
            case "forward": isReverse = [false]
            case "reverse": isReverse = [true]
            case "bidirectional": isReverse = [false, true]
            case let other: throw GraphFault("its direction is \(other)")
            }
            directions = isReverse.count
            guard try node.integer("input_forget", 0) == 0, try node.integer("layout", 0) == 0, !node.has("clip"),
                !node.hasInput(4), !node.hasInput(7)
            else {
                throw GraphFault("coupled gates, clipping, peepholes, lengths and batches first are not computed")
            }
            let usual = ["sigmoid", "tanh", "tanh"]
            if case .texts(let all)? = node.node.attributes["activations"] {
                let wanted = (0..<directions).flatMap { _ in usual }
                guard all.map({ $0.lowercased() }) == wanted else { throw GraphFault("its activations are \(all)") }
            }
        }
    }

    private static let plain: GraphOperator = { node in
        let form = try Form(node), wide = 4 * form.hidden
        guard let w = node.known(1), let r = node.known(2), let x = w.floats, let h = r.floats, w.shape.count == 3,
            w.shape[0] == form.directions, w.shape[1] == wide, r.shape == [form.directions, wide, form.hidden],
            w.shape[2] > 0
        else { throw GraphFault("its weights are not known beforehand, or of another shape") }
        let weights = (0..<form.directions).map { direction in
            func packed(_ all: [Float], _ columns: Int) -> PackedMatrix {
                unsafe Array(all[direction * wide * columns..<(direction + 1) * wide * columns]).withUnsafeBytes {
                    unsafe PackedMatrix($0, dtype: .f32, rows: wide, columns: columns, pool: node.pool)
                }
            }
            return FloatWeights(x: packed(x, w.shape[2]), h: packed(h, form.hidden))
        }
        return { call in try run(call, form, weights) }
    }

    /// Weights of bytes, already turned over: `[directions, inputs, 4 · hidden]`, with one scale for each direction.
    private static let quantized: GraphOperator = { node in
        let form = try Form(node), wide = 4 * form.hidden
        guard let w = node.known(1), let r = node.known(2), w.shape.count == 3, w.shape[0] == form.directions,
            w.shape[2] == wide, r.shape == [form.directions, form.hidden, wide], w.shape[1] > 0,
            max(w.shape[1], form.hidden) <= ByteMatrix.maximumColumns
        else { throw GraphFault("its weights are not known beforehand, or of another shape") }
        func packed(_ value: GraphValue, _ columns: Int, _ scale: Int, _ zero: Int) throws -> [ByteMatrix] {
            guard let scales = node.known(scale)?.floats, scales.count == form.directions,
                let zeros = try node.known(zero).map(Quantized.words), zeros.count == form.directions
            else { throw GraphFault("it has not one scale for each direction") }
            let bytes = UnsignedBytes(value)
            guard let bytes else { throw GraphFault("its weights are no bytes") }
            return (0..<form.directions).map { direction in
                unsafe Array(bytes.values[direction * wide * columns..<(direction + 1) * wide * columns])
                    .withUnsafeBytes {
                        unsafe ByteMatrix(
                            $0, rows: wide, columns: columns, isTransposed: true, scale: scales[direction],
                            zero: Int(zeros[direction]) + bytes.shift)
                    }
            }
        }
        let x = try packed(w, w.shape[1], 8, 9), h = try packed(r, form.hidden, 10, 11)
        let weights = zip(x, h).map { ByteWeights(x: $0, h: $1) }
        return { call in try run(call, form, weights) }
    }

    private static func run(_ call: GraphCall, _ form: Form, _ weights: [some Weights]) throws -> [GraphValue] {
        let (all, shape) = try call.floats(0), hidden = form.hidden
        guard shape.count == 3, shape[2] == weights[0].inputs else {
            throw GraphFault("its input has the shape \(shape)")
        }
        let (steps, batch) = (shape[0], shape[1]), state = [form.directions, batch, hidden]
        let biases =
            try call.optional(3) == nil
            ? [Float](repeating: 0, count: form.directions * 8 * hidden) : call.floats(3).values
        _ = try call.count([form.directions, steps, batch, 8 * hidden])
        var h =
            try call.optional(5) == nil ? [Float](repeating: 0, count: try call.count(state)) : call.floats(5).values
        var c =
            try call.optional(6) == nil ? [Float](repeating: 0, count: try call.count(state)) : call.floats(6).values
        guard biases.count == form.directions * 8 * hidden, h.count == form.directions * batch * hidden,
            c.count == h.count
        else { throw GraphFault("its biases or states do not fit") }
        var y = [Float](repeating: 0, count: steps * form.directions * batch * hidden)
        let step = call.step
        for direction in 0..<form.directions where steps * batch > 0 {
            let bias = (0..<4 * hidden).map {
                biases[direction * 8 * hidden + $0] + biases[direction * 8 * hidden + 4 * hidden + $0]
            }
            step.frame {
                let x = step.scratch(steps * batch, shape[2])
                x.fill(from: all)
                let gates = weights[direction].input(x, step)
                step.add(bias: bias, to: gates)
                let last = step.scratch(batch, hidden)
                let range = direction * batch * hidden..<(direction + 1) * batch * hidden
                last.fill(from: Array(h[range]))
                for turn in 0..<steps {
                    let time = form.isReverse[direction] ? steps - 1 - turn : turn
                    step.frame {
                        let more = weights[direction].hidden(last, step)
                        for row in 0..<batch {
                            let (from, plus) = unsafe (gates.row(time * batch + row), more.row(row))
                            for i in 0..<hidden {
                                func gate(_ index: Int) -> Float {
                                    unsafe from[index * hidden + i] + plus[index * hidden + i]
                                }
                                // Input, output, forget, candidate.
                                let input = 1 / (1 + exp(-gate(0))), output = 1 / (1 + exp(-gate(1)))
                                let forget = 1 / (1 + exp(-gate(2))), candidate = tanh(gate(3))
                                let place = range.lowerBound + row * hidden + i
                                c[place] = forget * c[place] + input * candidate
                                h[place] = output * tanh(c[place])
                                y[(time * form.directions + direction) * batch * hidden + row * hidden + i] = h[place]
                            }
                            (0..<hidden).forEach { unsafe last.row(row)[$0] = h[range.lowerBound + row * hidden + $0] }
                        }
                    }
                }
            }
        }
        return [
            GraphValue(y, [steps, form.directions, batch, hidden]), GraphValue(h, state), GraphValue(c, state),
        ]
    }
}

/// Bytes as unsigned ones, and by how much signed ones were moved up.
struct UnsignedBytes {
    let values: [UInt8]
    let shift: Int

    /// nil of other kinds.
    init?(_ value: GraphValue) {
        switch value.numbers {
        case .bytes(let all): (values, shift) = (all, 0)
        case .signedBytes(let all): (values, shift) = (all.map { UInt8(bitPattern: $0) ^ 0x80 }, 128)
        default: return nil
        }
    }
}
