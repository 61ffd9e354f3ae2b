import TuttiTensors

/// Operators that put numbers elsewhere and leave them as they are.
enum Moves {
    static let operators: [String: GraphOperator] = [
        "Transpose": transpose, "Concat": concat, "Split": split, "Slice": slice, "Expand": expand, "Gather": gather,
        "ScatterND": scatter, "NonZero": nonZero, "Pad": pad,
    ]

    /// How far apart the neighbours along each dimension lie.
    static func strides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for place in shape.indices.dropLast().reversed() { strides[place] = strides[place + 1] &* shape[place + 1] }
        return strides
    }

    /// All sums of a multiple of each stride, the last running fastest.
    private static func places(_ sizes: [Int], _ strides: [Int], from first: Int = 0) -> [Int] {
        if sizes.contains(0) { return [] }
        return zip(sizes, strides).reduce([first]) { places, axis in
            axis.0 == 1 ? places : places.flatMap { place in (0..<axis.0).map { place + $0 * axis.1 } }
        }
    }

    private static let transpose: GraphOperator = { node in
        let wanted = try node.integers("perm")
        return { call in
            let value = try call.input(0), shape = value.shape
            let order = wanted ?? Array(shape.indices.reversed())
            guard order.sorted() == Array(shape.indices) else {
                throw GraphFault("\(order) is no order of \(shape.count) axes")
            }
            let result = order.map { shape[$0] }
            _ = try call.count(result)
            // Where only axes of size 1 change places, nothing moves.
            if order.filter({ shape[$0] != 1 }) == order.filter({ shape[$0] != 1 }).sorted() {
                return [GraphValue(value.numbers, result)]
            }
            if case .floats(let all) = value.numbers, let plane = Plane(shape, order) {
                return [GraphValue(plane.transposed(all, call.step.pool), result)]
            }
            let strides = strides(shape)
            // The last axes that stay where they are move as one run.
            var rank = shape.count, length = 1
            while rank > 0, order[rank - 1] == rank - 1 {
                rank -= 1
                length *= shape[rank]
            }
            let starts = places(Array(result[..<rank]), order[..<rank].map { strides[$0] })
            return [GraphValue(value.numbers.runs(of: length, from: length == 0 ? [] : starts), result)]
        }
    }

    /// The exchange of two neighbouring stretches of axes at the end: a matrix, or several of them, turned over.
    private struct Plane {
        let count: Int
        let rows: Int
        let columns: Int

        init?(_ shape: [Int], _ order: [Int]) {
            var head = 0
            while head < order.count, order[head] == head { head += 1 }
            guard head < order.count, let turn = order[head...].firstIndex(of: head),
                Array(order[head...]) == Array(order[head]..<shape.count) + Array(head..<order[head]), turn > head
            else { return nil }
            count = shape[..<head].reduce(1, *)
            rows = shape[head..<order[head]].reduce(1, *)
            columns = shape[order[head]...].reduce(1, *)
        }

        func transposed(_ all: [Float], _ pool: ComputePool) -> [Float] {
            unsafe [Float](unsafeUninitializedCapacity: all.count) { result, initialized in
                unsafe all.withUnsafeBufferPointer { all in
                    guard let from = all.baseAddress, let to = result.baseAddress else { return }
                    for matrix in 0..<count {
                        let offset = matrix * rows * columns
                        unsafe Layout.transpose(from + offset, rows: rows, columns: columns, into: to + offset, pool)
                    }
                }
                initialized = all.count
            }
        }
    }

    private static let concat: GraphOperator = { node in
        let wanted = try node.integer("axis", 0)
        return { call in
            let values = call.inputs.compactMap(\.self)
            guard let first = values.first, values.count == call.inputs.count else {
                throw GraphFault("it lacks an input")
            }
            let axis = try axis(wanted, of: first.shape.count)
            var shape = first.shape
            shape[axis] = 0
            for value in values {
                var other = value.shape
                guard other.count == shape.count else { throw GraphFault("its inputs differ in rank") }
                let (sum, overflow) = shape[axis].addingReportingOverflow(other[axis])
                other[axis] = shape[axis]
                guard other == shape, !overflow else {
                    throw GraphFault("\(value.shape) does not fit to \(first.shape)")
                }
                shape[axis] = sum
            }
            _ = try call.count(shape)
            let lengths = values.map { $0.shape[axis...].reduce(1, *) }
            let joined = GraphNumbers.interleaved(
                values.map(\.numbers), lengths: lengths, count: shape[..<axis].reduce(1, *))
            guard let joined else { throw GraphFault("its inputs are of different kinds") }
            return [GraphValue(joined, shape)]
        }
    }

    /// The sizes of the parts are an attribute in old files, an input in newer ones, or equal where neither is there.
    private static let split: GraphOperator = { node in
        let wanted = try node.integer("axis", 0), fixed = try node.integers("split")
        return { call in
            let value = try call.input(0), shape = value.shape
            let axis = try axis(wanted, of: shape.count), parts = call.outputCount
            let each = (shape[axis] + parts - 1) / parts
            let sizes =
                try call.optional(1) != nil
                ? call.integers(1) : fixed ?? (0..<parts).map { max(0, min(each, shape[axis] - $0 * each)) }
            guard sizes.count == parts, sizes.allSatisfy({ $0 >= 0 && $0 <= shape[axis] }),
                sizes.reduce(0, +) == shape[axis]
            else { throw GraphFault("\(sizes) are no parts of \(shape[axis])") }
            var start = 0
            let inner = shape[(axis + 1)...].reduce(1, *), outer = shape[..<axis].reduce(1, *)
            return sizes.map { size in
                defer { start += size }
                var part = shape
                part[axis] = size
                let starts = (0..<(size * inner == 0 ? 0 : outer)).map { ($0 * shape[axis] + start) * inner }
                return GraphValue(value.numbers.runs(of: size * inner, from: starts), part)
            }
        }
    }

    /// Begins and ends are attributes in old files, inputs in newer ones.
    private static let slice: GraphOperator = { node in
        let fixed = (try node.integers("starts"), try node.integers("ends"), try node.integers("axes"))
        return { call in
            let value = try call.input(0), shape = value.shape
            let starts = try fixed.0 ?? call.integers(1), ends = try fixed.1 ?? call.integers(2)
            let named = try fixed.2 ?? (call.optional(3) == nil ? Array(starts.indices) : call.integers(3))
            let steps = try call.optional(4) == nil ? starts.map { _ in 1 } : call.integers(4)
            guard starts.count == ends.count, starts.count == named.count, starts.count == steps.count else {
                throw GraphFault("not one begin, end and step for each axis")
            }
            _ = try axes(named, of: shape.count)
            var result = shape, first = 0, strides = strides(shape)
            for (place, wanted) in named.enumerated() {
                let axis = try axis(wanted, of: shape.count), size = shape[axis], step = steps[place]
                guard step != 0, step != .min else { throw GraphFault("a step of \(step)") }
                func inside(_ index: Int, _ range: ClosedRange<Int>) -> Int {
                    min(max(index < 0 ? index + size : index, range.lowerBound), range.upperBound)
                }
                let begin = inside(starts[place], step > 0 ? 0...size : 0...max(0, size - 1))
                let end = inside(ends[place], step > 0 ? 0...size : -1...max(-1, size - 1))
                let distance = step > 0 ? end - begin : begin - end
                let count = size == 0 || distance <= 0 ? 0 : (distance - 1) / Int(min(step.magnitude, 1 << 62)) + 1
                result[axis] = count
                first += count == 0 ? 0 : begin * strides[axis]
                strides[axis] = count < 2 ? 0 : strides[axis] * step
            }
            _ = try call.count(result)
            // Whole dimensions at the end move as one run.
            var rank = shape.count, length = 1
            while rank > 0, strides[rank - 1] == length || result[rank - 1] == 1 {
                rank -= 1
                length *= result[rank]
            }
            let runs = length == 0 ? [] : places(Array(result[..<rank]), Array(strides[..<rank]), from: first)
            return [GraphValue(value.numbers.runs(of: length, from: runs), result)]
        }
    }

    private static let expand: GraphOperator = { _ in
        { call in
            let value = try call.input(0), wanted = try call.integers(1)
            guard wanted.allSatisfy({ $0 >= 0 }), wanted.count <= 16 else { throw GraphFault("no shape \(wanted)") }
            let broadcast = try Broadcast([value.shape, wanted])
            let count = try call.count(broadcast.shape)
            if count == value.count { return [GraphValue(value.numbers, broadcast.shape)] }
            let aligned = Array(repeating: 1, count: broadcast.shape.count - value.shape.count) + value.shape
            let strides = zip(strides(aligned), aligned).map { $1 == 1 ? 0 : $0 }
            return [GraphValue(value.numbers.runs(of: 1, from: places(broadcast.shape, strides)), broadcast.shape)]
        }
    }

    private static let gather: GraphOperator = { node in
        let wanted = try node.integer("axis", 0)
        return { call in
            let value = try call.input(0), indices = try call.input(1)
            let axis = try axis(wanted, of: value.shape.count), size = value.shape[axis]
            let places = try call.integers(1).map { index in
                guard index >= -size, index < size else { throw GraphFault("no place \(index) in \(size)") }
                return index < 0 ? index + size : index
            }
            let shape = Array(value.shape[..<axis]) + indices.shape + value.shape[(axis + 1)...]
            guard try call.count(shape) > 0 else { return [GraphValue(value.numbers.runs(of: 0, from: []), shape)] }
            let inner = value.shape[(axis + 1)...].reduce(1, *)
            let starts = (0..<value.shape[..<axis].reduce(1, *)).flatMap { outer in
                places.map { (outer * size + $0) * inner }
            }
            return [GraphValue(value.numbers.runs(of: inner, from: starts), shape)]
        }
    }

    private static let scatter: GraphOperator = { node in
        guard try node.text("reduction", "none") == "none" else { throw GraphFault("it reduces what it scatters") }
        return { call in
            let places = try call.input(1), updates = try call.input(2)
            let indices = try call.integers(1)
            let value = try call.input(0), shape = value.shape
            guard let depth = places.shape.last, depth > 0, depth <= shape.count,
                updates.shape == Array(places.shape.dropLast()) + shape[depth...]
            else { throw GraphFault("\(updates.shape) does not fit to \(places.shape) in \(shape)") }
            let strides = strides(shape), inner = shape[depth...].reduce(1, *)
            let starts = try stride(from: 0, to: indices.count, by: depth).map { first in
                try (0..<depth).reduce(0) { start, axis in
                    let index = indices[first + axis], size = shape[axis]
                    guard index >= -size, index < size else { throw GraphFault("no place \(index) in \(size)") }
                    return start + (index < 0 ? index + size : index) * strides[axis]
                }
            }
            func write<T>(_ all: [T], _ new: [T]) -> [T] {
                var all = all
                for (run, start) in starts.enumerated() {
                    for i in 0..<inner { all[start + i] = new[run * inner + i] }
                }
                return all
            }
            let numbers: GraphNumbers
            switch (value.numbers, updates.numbers) {
            case (.floats(let all), .floats(let new)): numbers = .floats(write(all, new))
            case (.integers(let all), .integers(let new)): numbers = .integers(write(all, new))
            case (.words(let all), .words(let new)): numbers = .words(write(all, new))
            case (.bools(let all), .bools(let new)): numbers = .bools(write(all, new))
            default: throw GraphFault("it writes \(updates.numbers.name) over \(value.numbers.name)")
            }
            return [GraphValue(numbers, shape)]
        }
    }

    private static let nonZero: GraphOperator = { _ in
        { call in
            let value = try call.input(0), rank = value.shape.count
            let found: [Int]
            switch value.numbers {
            case .floats(let all): found = all.indices.filter { all[$0] != 0 }
            case .integers(let all): found = all.indices.filter { all[$0] != 0 }
            case .words(let all): found = all.indices.filter { all[$0] != 0 }
            case .bools(let all): found = all.indices.filter { all[$0] }
            case .bytes(let all): found = all.indices.filter { all[$0] != 0 }
            case .signedBytes(let all): found = all.indices.filter { all[$0] != 0 }
            }
            _ = try call.count([rank, found.count])
            let strides = strides(value.shape)
            let places = (0..<rank).flatMap { axis in found.map { $0 / strides[axis] % value.shape[axis] } }
            return [GraphValue(places, [rank, found.count])]
        }
    }

    /// Widths and the number to fill in are attributes in old files, inputs in newer ones.
    private static let pad: GraphOperator = { node in
        let mode = try node.text("mode", "constant"), fixed = try node.integers("pads")
        let filling = try node.float("value", 0)
        guard ["constant", "reflect", "edge"].contains(mode) else {
            throw GraphFault("it pads by \(mode), which is not known")
        }
        return { call in
            let value = try call.input(0), rank = value.shape.count
            let given = try fixed ?? call.integers(1)
            let named = try call.optional(3) == nil ? Array(0..<rank) : axes(call.integers(3), of: rank)
            guard given.count == 2 * named.count, given.allSatisfy({ $0.magnitude < 1 << 40 })
            else { throw GraphFault("\(given) are no widths for \(named.count) axes") }
            var before = [Int](repeating: 0, count: rank), shape = value.shape
            for (place, axis) in named.enumerated() {
                before[axis] = given[place]
                shape[axis] += given[place] + given[place + named.count]
            }
            let count = try call.count(shape)
            let filler = call.optional(2)?.floats?.first ?? (call.optional(2) == nil ? filling : 0)
            // Where each place along each axis comes from; nil for what is filled in.
            let sources: [[Int?]] = try (0..<rank).map { axis in
                let size = value.shape[axis]
                guard count == 0 || mode == "constant" || size > 0 else { throw GraphFault("nothing to repeat") }
                return try (0..<(count == 0 ? 0 : shape[axis])).map { place in
                    let from = place - before[axis]
                    if from >= 0 && from < size { return from }
                    switch mode {
                    case "constant": return nil
                    case "edge": return from < 0 ? 0 : size - 1
                    default:
                        let mirrored = from < 0 ? -from : 2 * (size - 1) - from
                        guard mirrored >= 0, mirrored < size else { throw GraphFault("it mirrors more than there is") }
                        return mirrored
                    }
                }
            }
            let strides = strides(value.shape)
            var starts: [Int?] = count == 0 ? [] : [0]
            for axis in 0..<(count == 0 ? 0 : rank) {
                starts = starts.flatMap { start in
                    sources[axis].map { source in
                        guard let start, let source else { return nil }
                        return start + source * strides[axis]
                    }
                }
            }
            switch value.numbers {
            case .floats(let all): return [GraphValue(starts.map { $0.map { all[$0] } ?? filler }, shape)]
            case .integers(let all):
                let filler = call.optional(2)?.integers?.first ?? 0
                return [GraphValue(starts.map { $0.map { all[$0] } ?? filler }, shape)]
            default: throw GraphFault("it does not pad \(value.numbers.name)")
            }
        }
    }
}
