import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Operators that make one number of many.
enum Reductions {
    static let operators: [String: GraphOperator] = [
        "ReduceMean": reduction(.mean), "ReduceSum": reduction(.sum), "ReduceMax": reduction(.maximum),
        "ReduceMin": reduction(.minimum), "GlobalAveragePool": globalAverage, "Softmax": softmax, "CumSum": runningSum,
        "ArgMax": greatest,
    ]

    private enum Kind: Sendable { case mean, sum, maximum, minimum }

    /// The axes are an attribute in old files, an input in newer ones.
    private static func reduction(_ kind: Kind) -> GraphOperator {
        { node in
            let fixed = try node.integers("axes"), keeps = try node.integer("keepdims", 1) != 0
            let isNothing = try node.integer("noop_with_empty_axes", 0) != 0
            return { call in
                let value = try call.input(0), shape = value.shape
                let named = try call.optional(1) == nil ? fixed ?? [] : call.integers(1)
                if named.isEmpty && isNothing { return [value] }
                let reduced = named.isEmpty ? Array(shape.indices) : try axes(named, of: shape.count)
                let kept = shape.indices.filter { !reduced.contains($0) }
                let result = keeps ? shape.indices.map { reduced.contains($0) ? 1 : shape[$0] } : kept.map { shape[$0] }
                let count = try call.count(result)
                if case .integers(let all) = value.numbers {
                    guard kind == .sum else { throw GraphFault("integers are only summed up") }
                    let groups = Groups(shape, kept: kept, reduced: reduced)
                    let sums = groups.starts(count).map { start in groups.places.reduce(0) { $0 &+ all[start + $1] } }
                    return [GraphValue(sums, result)]
                }
                let all = try call.floats(0).values
                guard !all.isEmpty || kind == .sum || count == 0 else { throw GraphFault("it reduces nothing at all") }
                return [GraphValue(reduce(all, shape, kept, reduced, kind, count, call.step.pool), result)]
            }
        }
    }

    /// Where the numbers lie that go into one result.
    private struct Groups {
        let kept: [(size: Int, stride: Int)]
        /// Of all numbers of a group, from its start.
        let places: [Int]

        init(_ shape: [Int], kept: [Int], reduced: [Int]) {
            var strides = [Int](repeating: 1, count: shape.count)
            for place in shape.indices.dropLast().reversed() { strides[place] = strides[place + 1] * shape[place + 1] }
            self.kept = kept.map { (shape[$0], strides[$0]) }
            places = reduced.reduce([0]) { places, axis in
                places.flatMap { place in (0..<shape[axis]).map { place + $0 * strides[axis] } }
            }
        }

        /// Of each of `count` groups.
        func starts(_ count: Int) -> [Int] {
            count == 0
                ? []
                : kept.reduce([0]) { starts, axis in
                    starts.flatMap { start in (0..<axis.size).map { start + $0 * axis.stride } }
                }
        }
    }

    private static func reduce(
        _ all: [Float], _ shape: [Int], _ kept: [Int], _ reduced: [Int], _ kind: Kind, _ count: Int, _ pool: ComputePool
    ) -> [Float] {
        var results = [Float](repeating: 0, count: count)
        if all.isEmpty { return results }
        func finish(_ run: UnsafeBufferPointer<Float>) -> Float {
            switch kind {
            case .sum: unsafe sum(run)
            case .mean: unsafe sum(run) / Float(run.count)
            case .maximum: unsafe run.reduce(-.infinity) { Swift.max($0, $1) }
            case .minimum: unsafe run.reduce(.infinity) { Swift.min($0, $1) }
            }
        }
        // What is reduced mostly lies together at the end.
        if zip(reduced.reversed(), shape.indices.reversed()).allSatisfy({ $0 == $1 }) {
            let width = all.count / count
            unsafe all.withUnsafeBufferPointer { all in
                unsafe results.withUnsafeMutableBufferPointer { results in
                    let (all, results) = unsafe (all, results)
                    let rows = Swift.max(1, (1 << 15) / width)
                    pool.run((count + rows - 1) / rows) { chunk, _ in
                        for row in chunk * rows..<Swift.min(count, (chunk + 1) * rows) {
                            unsafe results[row] = finish(
                                UnsafeBufferPointer(rebasing: all[row * width..<(row + 1) * width]))
                        }
                    }
                }
            }
            return results
        }
        let groups = Groups(shape, kept: kept, reduced: reduced)
        var gathered = [Float](repeating: 0, count: groups.places.count)
        for (index, start) in groups.starts(count).enumerated() {
            for (place, offset) in groups.places.enumerated() { gathered[place] = all[start + offset] }
            results[index] = unsafe gathered.withUnsafeBufferPointer { unsafe finish($0) }
        }
        return results
    }

    /// In sixteen sums side by side, which keeps rounding small and lets them run as vectors.
    static func sum(_ run: UnsafeBufferPointer<Float>) -> Float {
        var sums = SIMD16<Float>(repeating: 0), index = 0
        while index + 16 <= run.count {
            let next = unsafe UnsafeRawPointer(run.baseAddress! + index).loadUnaligned(as: SIMD16<Float>.self)
            sums += next
            index += 16
        }
        var total = sums.sum()
        while index < run.count {
            unsafe total += run[index]
            index += 1
        }
        return total
    }

    private static let globalAverage: GraphOperator = { _ in
        { call in
            let (all, shape) = try call.floats(0)
            guard shape.count > 2 else { throw GraphFault("its input has only \(shape.count) dimensions") }
            let kept = [0, 1], reduced = Array(2..<shape.count)
            let result = Array(shape[..<2]) + reduced.map { _ in 1 }
            let count = try call.count(result)
            guard !all.isEmpty || count == 0 else { throw GraphFault("it takes the mean of nothing") }
            return [GraphValue(reduce(all, shape, kept, reduced, .mean, count, call.step.pool), result)]
        }
    }

    /// Along one axis; in files for operators before 13 along all from that axis on.
    private static let softmax: GraphOperator = { node in
        let isOld = node.opset < 13, wanted = try node.integer("axis", isOld ? 1 : -1)
        return { call in
            var (all, shape) = try call.takeFloats(0)
            let axis = try axis(wanted, of: Swift.max(1, shape.count))
            let isLast = axis >= shape.count - 1 || isOld
            guard isLast else {
                let width = shape[axis], inner = shape[(axis + 1)...].reduce(1, *)
                var run = [Float](repeating: 0, count: width)
                for start in stride(from: 0, to: all.count, by: Swift.max(1, width * inner)) {
                    for place in start..<start + inner {
                        for i in 0..<width { run[i] = all[place + i * inner] }
                        let chances = run.span.probabilities
                        for i in 0..<width { all[place + i * inner] = chances[i] }
                    }
                }
                return [GraphValue(all, shape)]
            }
            let width = shape.isEmpty ? 1 : shape[axis...].reduce(1, *)
            guard width > 0 else { return [GraphValue(all, shape)] }
            let rows = all.count / width
            unsafe all.withUnsafeMutableBufferPointer { all in
                guard let base = all.baseAddress else { return }
                call.step.softmax(unsafe Tensor(base: base, rows: rows, width: width))
            }
            return [GraphValue(all, shape)]
        }
    }

    private static let runningSum: GraphOperator = { node in
        let isExclusive = try node.integer("exclusive", 0) != 0, isReverse = try node.integer("reverse", 0) != 0
        return { call in
            let value = try call.input(0)
            let axis = try axis(try call.integer(1), of: value.shape.count)
            let length = value.shape[axis], inner = value.shape[(axis + 1)...].reduce(1, *)
            func sums<T: AdditiveArithmetic>(_ all: [T], _ add: (T, T) -> T) -> [T] {
                var result = all
                for start in stride(from: 0, to: all.count, by: Swift.max(1, length * inner)) {
                    for lane in start..<start + inner {
                        var sum = T.zero
                        for step in 0..<length {
                            let place = lane + (isReverse ? length - 1 - step : step) * inner
                            let next = add(sum, all[place])
                            result[place] = isExclusive ? sum : next
                            sum = next
                        }
                    }
                }
                return result
            }
            switch value.numbers {
            case .floats(let all): return [GraphValue(sums(all, +), value.shape)]
            case .integers(let all): return [GraphValue(sums(all, &+), value.shape)]
            case .words(let all): return [GraphValue(.words(sums(all, &+)), value.shape)]
            default: throw GraphFault("it does not sum up \(value.numbers.name)")
            }
        }
    }

    private static let greatest: GraphOperator = { node in
        let wanted = try node.integer("axis", 0), keeps = try node.integer("keepdims", 1) != 0
        let takesLast = try node.integer("select_last_index", 0) != 0
        return { call in
            let (all, shape) = try call.floats(0)
            let axis = try axis(wanted, of: shape.count)
            let length = shape[axis], inner = shape[(axis + 1)...].reduce(1, *)
            guard length > 0 else { throw GraphFault("its axis is empty") }
            var result = shape
            if keeps { result[axis] = 1 } else { result.remove(at: axis) }
            var places: [Int] = []
            places.reserveCapacity(try call.count(result))
            for start in stride(from: 0, to: all.count, by: Swift.max(1, length * inner)) {
                for lane in start..<start + inner {
                    var best = 0
                    for step in 1..<Swift.max(1, length) {
                        let (value, top) = (all[lane + step * inner], all[lane + best * inner])
                        if value > top || takesLast && value == top { best = step }
                    }
                    places.append(best)
                }
            }
            return [GraphValue(places, result)]
        }
    }
}
