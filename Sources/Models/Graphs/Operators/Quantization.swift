import TuttiTensors

/// Bytes that stand for numbers, and what they stand for without the scale.
struct Quantized {
    /// Which zero point a byte has where there are several.
    enum Axis {
        /// One for each row of matrices of so many rows.
        case rows(Int)
        case columns(Int)
        case single
    }

    /// Byte - zero point.
    let centred: [Int32]

    init(_ value: GraphValue, zero: GraphValue?, axis: Axis) throws {
        let all = try Quantized.words(value)
        guard let zero, zero.count > 0 else {
            centred = all
            return
        }
        let zeros = try Quantized.words(zero)
        if zeros.count == 1 {
            centred = all.map { $0 - zeros[0] }
            return
        }
        switch axis {
        case .columns(let count) where zeros.count == count:
            centred = all.indices.map { all[$0] - zeros[$0 % count] }
        case .rows(let count) where zeros.count == count && value.shape.count > 1:
            let width = value.shape[value.shape.count - 1]
            centred = all.indices.map { all[$0] - zeros[$0 / width % count] }
        default: throw GraphFault("\(zeros.count) zero points for the shape \(value.shape)")
        }
    }

    static func words(_ value: GraphValue) throws -> [Int32] {
        switch value.numbers {
        case .bytes(let all): all.map(Int32.init)
        case .signedBytes(let all): all.map(Int32.init)
        default: throw GraphFault("an input is of \(value.numbers.name), not of bytes")
        }
    }
}

/// Operators between numbers and the bytes that stand for them.
enum Quantization {
    static let operators: [String: GraphOperator] = [
        "DynamicQuantizeLinear": dynamic, "QuantizeLinear": quantize, "DequantizeLinear": dequantize,
    ]

    /// To bytes from 0 to 255 with the scale and zero point by which they reach just as far as the numbers do.
    private static let dynamic: GraphOperator = { _ in
        { call in
            let (all, shape) = try call.floats(0)
            let bytes = call.step.rounded(all)
            return [
                GraphValue(.bytes(bytes.values), shape), GraphValue([bytes.scale], []),
                GraphValue(.bytes([bytes.zero]), []),
            ]
        }
    }

    /// For each number the index of its scale: one for all, or one for each place along an axis.
    private static func scales(_ node: GraphNodeReader) throws -> @Sendable (GraphCall) throws -> (Int) -> Int {
        let wanted = try node.integer("axis", 1)
        guard try node.integer("block_size", 0) == 0 else { throw GraphFault("it has scales for blocks") }
        return { call in
            let scale = try call.input(1), shape = try call.input(0).shape
            if scale.count == 1 { return { _ in 0 } }
            let axis = try axis(wanted, of: shape.count), inner = shape[(axis + 1)...].reduce(1, *), size = shape[axis]
            guard scale.count == size, call.optional(2)?.count ?? size == size else {
                throw GraphFault("\(scale.count) scales along an axis of \(size)")
            }
            return { $0 / inner % size }
        }
    }

    private static let quantize: GraphOperator = { node in
        let scales = try scales(node)
        return { call in
            let (all, shape) = try call.floats(0)
            let index = try scales(call), factors = try call.floats(1).values
            let zero = call.optional(2), zeros = try zero.map(Quantized.words) ?? factors.map { _ in 0 }
            guard zeros.count == factors.count else { throw GraphFault("not one zero point for each scale") }
            func rounded(_ range: ClosedRange<Float>) -> [Float] {
                all.indices.map { place in
                    let value =
                        (all[place] / factors[index(place)]).rounded(.toNearestOrEven) + Float(zeros[index(place)])
                    // A number that is none becomes the least.
                    return value > range.lowerBound ? min(value, range.upperBound) : range.lowerBound
                }
            }
            if case .signedBytes? = zero?.numbers {
                return [GraphValue(.signedBytes(rounded(-128...127).map { Int8($0) }), shape)]
            }
            return [GraphValue(.bytes(rounded(0...255).map { UInt8($0) }), shape)]
        }
    }

    private static let dequantize: GraphOperator = { node in
        let scales = try scales(node)
        return { call in
            let value = try call.input(0), factors = try call.floats(1).values
            let index = try scales(call)
            let all: [Int32]
            if case .words(let words) = value.numbers { all = words } else { all = try Quantized.words(value) }
            guard let zero = call.optional(2), call.optional(2)?.numbers.name != "int32" else {
                return [GraphValue(all.indices.map { Float(all[$0]) * factors[index($0)] }, value.shape)]
            }
            let zeros = try Quantized.words(zero)
            guard zeros.count == factors.count else { throw GraphFault("not one zero point for each scale") }
            return [GraphValue(all.indices.map { Float(all[$0] - zeros[index($0)]) * factors[index($0)] }, value.shape)]
        }
    }
}
