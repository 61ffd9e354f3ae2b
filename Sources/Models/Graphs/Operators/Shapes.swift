import TuttiCheckpoints

/// Operators that say how large something is, and that see the same numbers in another shape.
enum Shapes {
    static let operators: [String: GraphOperator] = [
        "Shape": shape, "Size": size, "Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze,
        "Unsqueeze": unsqueeze, "Constant": constant, "ConstantOfShape": constantOfShape, "Range": range,
    ]

    private static let shape: GraphOperator = { node in
        let start = try node.integer("start", 0), end = try node.integer("end", .max)
        return { call in
            let shape = try call.input(0).shape, rank = shape.count
            // As in slices: from the end where negative, and cut off at both ends.
            let from = min(max(start < 0 ? start + rank : start, 0), rank)
            let to = min(max(end < 0 ? end + rank : end, 0), rank)
            let part = Array(shape[from..<max(from, to)])
            return [GraphValue(part, [part.count])]
        }
    }

    private static let size: GraphOperator = { _ in { call in [GraphValue([try call.input(0).count], [])] } }

    /// The same numbers in another shape.
    static func reshaped(_ value: GraphValue, _ shape: [Int], _ call: GraphCall) throws -> GraphValue {
        guard try call.count(shape) == value.count else {
            throw GraphFault("\(value.shape) has \(value.count) numbers, \(shape) another count")
        }
        return GraphValue(value.numbers, shape)
    }

    private static let reshape: GraphOperator = { node in
        let keepsZeros = try node.integer("allowzero", 0) != 0
        return { call in
            let value = try call.input(0)
            var shape = try call.integers(1)
            if !keepsZeros {
                for place in shape.indices where shape[place] == 0 {
                    guard value.shape.indices ~= place else { throw GraphFault("no dimension \(place) to copy") }
                    shape[place] = value.shape[place]
                }
            }
            if let open = shape.firstIndex(of: -1) {
                shape[open] = 1
                let rest = try call.count(shape)
                guard rest > 0, value.count % rest == 0 else {
                    throw GraphFault("\(value.count) numbers do not fill up the shape \(shape)")
                }
                shape[open] = value.count / rest
            }
            let new = shape
            call.inputs[0] = nil
            return [try reshaped(value, new, call)]
        }
    }

    private static let flatten: GraphOperator = { node in
        let wanted = try node.integer("axis", 1)
        return { call in
            let value = try call.input(0), rank = value.shape.count
            guard wanted >= -rank, wanted <= rank else { throw GraphFault("no axis \(wanted)") }
            let axis = wanted < 0 ? wanted + rank : wanted
            return [
                try reshaped(value, [value.shape[..<axis].reduce(1, *), value.shape[axis...].reduce(1, *)], call)
            ]
        }
    }

    private static let squeeze: GraphOperator = { node in
        let fixed = try node.integers("axes")
        return { call in
            let value = try call.input(0), shape = value.shape
            let named = try call.optional(1) == nil ? fixed : call.integers(1)
            let dropped = try named.map { try axes($0, of: shape.count) } ?? shape.indices.filter { shape[$0] == 1 }
            guard dropped.allSatisfy({ shape[$0] == 1 }) else {
                throw GraphFault("\(shape) at the axes \(dropped) is not 1")
            }
            return [GraphValue(value.numbers, shape.indices.filter { !dropped.contains($0) }.map { shape[$0] })]
        }
    }

    private static let unsqueeze: GraphOperator = { node in
        let fixed = try node.integers("axes")
        return { call in
            let value = try call.input(0)
            guard let named = try call.optional(1) == nil ? fixed : call.integers(1) else {
                throw GraphFault("no axes")
            }
            guard value.shape.count + named.count <= 16 else { throw GraphFault("too many dimensions") }
            let added = try axes(named, of: value.shape.count + named.count)
            var shape = value.shape
            for place in added { shape.insert(1, at: place) }
            return [GraphValue(value.numbers, shape)]
        }
    }

    private static let constant: GraphOperator = { node in
        let value: GraphValue
        if case .tensor(let tensor)? = node.node.attributes["value"] {
            value = try GraphValue(tensor, of: node.file)
        } else if node.has("value_int") {
            value = GraphValue([try node.integer("value_int", 0)], [])
        } else if node.has("value_float") {
            value = GraphValue([try node.float("value_float", 0)], [])
        } else if let all = try node.integers("value_ints") {
            value = GraphValue(all, [all.count])
        } else if case .floats(let all)? = node.node.attributes["value_floats"] {
            value = GraphValue(all, [all.count])
        } else {
            throw GraphFault("it has no value that is known here")
        }
        return { call in
            _ = try call.count(value.shape)
            return [value]
        }
    }

    private static let constantOfShape: GraphOperator = { node in
        var value = GraphValue([Float(0)], [1])
        if case .tensor(let tensor)? = node.node.attributes["value"] { value = try GraphValue(tensor, of: node.file) }
        guard value.count == 1 else { throw GraphFault("its value is no single number") }
        let numbers = value.numbers
        return { call in
            let shape = try call.integers(0), count = try call.count(shape)
            return [GraphValue(numbers.runs(of: 1, from: [Int](repeating: 0, count: count)), shape)]
        }
    }

    private static let range: GraphOperator = { _ in
        { call in
            if case .floats = try call.input(0).numbers {
                let (start, limit, delta) = (try call.scalar(0), try call.scalar(1), try call.scalar(2))
                let steps = ((limit - start) / delta).rounded(.up)
                guard delta != 0, steps.isFinite, steps < 1e15 else { throw GraphFault("it never ends") }
                let count = try call.count([max(0, Int(steps))])
                return [GraphValue((0..<count).map { start + Float($0) * delta }, [count])]
            }
            let (start, limit, delta) = (try call.integer(0), try call.integer(1), try call.integer(2))
            let (distance, overflow) = limit.subtractingReportingOverflow(start)
            guard delta != 0, delta != .min, !overflow else { throw GraphFault("it never ends") }
            let isEmpty = distance == 0 || (distance < 0) != (delta < 0)
            let steps = isEmpty ? 0 : Int((distance.magnitude - 1) / delta.magnitude) + 1
            let count = try call.count([steps]), all = (0..<count).map { start + $0 * delta }
            if case .words = try call.input(0).numbers {
                return [GraphValue(.words(all.map { Int32(truncatingIfNeeded: $0) }), [count])]
            }
            return [GraphValue(all, [count])]
        }
    }
}
