import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Operators on two numbers each, their operands' shapes broadcast over each other.
enum Arithmetic {
    static let operators: [String: GraphOperator] = [
        "Add": arithmetic({ $0 + $1 }, { $0 &+ $1 }, { $0 &+ $1 }),
        "Sub": arithmetic({ $0 - $1 }, { $0 &- $1 }, { $0 &- $1 }),
        "Mul": arithmetic({ $0 * $1 }, { $0 &* $1 }, { $0 &* $1 }),
        "Div": arithmetic({ $0 / $1 }, quotient, quotient),
        "Mod": modulus, "Pow": power,
        "Min": several({ Swift.min($0, $1) }, { Swift.min($0, $1) }),
        "Max": several({ Swift.max($0, $1) }, { Swift.max($0, $1) }),
        "Equal": equality, "Greater": comparison({ $0 > $1 }, { $0 > $1 }),
        "GreaterOrEqual": comparison({ $0 >= $1 }, { $0 >= $1 }), "Less": comparison({ $0 < $1 }, { $0 < $1 }),
        "LessOrEqual": comparison({ $0 <= $1 }, { $0 <= $1 }),
        "And": logic { $0 && $1 }, "Or": logic { $0 || $1 }, "Xor": logic { $0 != $1 },
    ]

    /// Towards zero; by zero it is 0, which ONNX leaves open.
    private static func quotient<T: FixedWidthInteger>(_ a: T, _ b: T) -> T {
        let (quotient, overflow) = b == 0 ? (0, false) : a.dividedReportingOverflow(by: b)
        return overflow ? a : quotient
    }

    private static func arithmetic(
        _ floats: @escaping @Sendable (Float, Float) -> Float, _ integers: @escaping @Sendable (Int, Int) -> Int,
        _ words: @escaping @Sendable (Int32, Int32) -> Int32
    ) -> GraphOperator {
        { _ in
            { call in
                let (a, b) = (try call.input(0).numbers, try call.input(1).numbers)
                switch (a, b) {
                case (.floats, .floats): return [try self.floats(&call, floats)]
                case (.integers(let a), .integers(let b)):
                    let (all, shape) = try combine(call, a, b, integers)
                    return [GraphValue(.integers(all), shape)]
                case (.words(let a), .words(let b)):
                    let (all, shape) = try combine(call, a, b, words)
                    return [GraphValue(.words(all), shape)]
                default: throw GraphFault("it has no answer for \(a.name) and \(b.name)")
                }
            }
        }
    }

    /// Of the first two inputs, over the first one's memory where it has the result's shape and nobody else has it.
    static func floats(
        _ call: inout GraphCall, _ function: @escaping (Float, Float) -> Float
    ) throws -> GraphValue {
        let shapes = [try call.input(0).shape, try call.input(1).shape]
        let broadcast = try Broadcast(shapes), pool = call.step.pool
        let count = try call.count(broadcast.shape)
        if shapes[0] == broadcast.shape {
            var a = try call.takeFloats(0).values
            let b = try call.floats(1).values, isFixed = broadcast.innerStride(1) == 0
            unsafe a.withUnsafeMutableBufferPointer { a in
                unsafe b.withUnsafeBufferPointer { b in
                    guard let a = a.baseAddress, let b = b.baseAddress else { return }
                    broadcast.each(pool) { place, from, count in
                        let x = unsafe a + place, y = unsafe b + from[1]
                        if isFixed {
                            let fixed = unsafe y[0]
                            for i in 0..<count { unsafe x[i] = function(x[i], fixed) }
                        } else {
                            for i in 0..<count { unsafe x[i] = function(x[i], y[i]) }
                        }
                    }
                }
            }
            return GraphValue(a, broadcast.shape)
        }
        let (a, b) = (try call.floats(0).values, try call.floats(1).values)
        let steps = (broadcast.innerStride(0), broadcast.innerStride(1))
        let all = unsafe [Float](unsafeUninitializedCapacity: count) { result, initialized in
            unsafe a.withUnsafeBufferPointer { a in
                unsafe b.withUnsafeBufferPointer { b in
                    guard let result = result.baseAddress, let a = a.baseAddress,
                        let b = b.baseAddress
                    else { return }
                    broadcast.each(pool) { place, from, count in
                        let x = unsafe a + from[0], y = unsafe b + from[1], z = unsafe result + place
                        for i in 0..<count { unsafe z[i] = function(x[i * steps.0], y[i * steps.1]) }
                    }
                }
            }
            initialized = count
        }
        return GraphValue(all, broadcast.shape)
    }

    /// The plain way, for the integers that shapes are made of.
    private static func combine<T, Result>(
        _ call: GraphCall, _ a: [T], _ b: [T], _ function: (T, T) -> Result
    ) throws -> ([Result], shape: [Int]) {
        let broadcast = try Broadcast([try call.input(0).shape, try call.input(1).shape])
        let count = try call.count(broadcast.shape)
        let steps = (broadcast.innerStride(0), broadcast.innerStride(1))
        var all: [Result] = []
        all.reserveCapacity(count)
        for outer in 0..<(count == 0 ? 0 : broadcast.outerCount) {
            let from = broadcast.offsets(outer)
            for i in 0..<broadcast.innerCount {
                all.append(function(a[from[0] + i * steps.0], b[from[1] + i * steps.1]))
            }
        }
        return (all, broadcast.shape)
    }

    private static let power: GraphOperator = { _ in
        { call in
            let exponent = try call.input(1)
            // Exponents of another kind than the base are allowed.
            if case .integers(let all) = exponent.numbers {
                if case .integers(let bases) = try call.input(0).numbers {
                    let (powers, shape) = try combine(call, bases, all) { base, exponent in
                        exponent < 0 ? 0 : (0..<Swift.min(exponent, 64)).reduce(1) { power, _ in power &* base }
                    }
                    return [GraphValue(powers, shape)]
                }
                call.inputs[1] = GraphValue(all.map(Float.init), exponent.shape)
            }
            if let all = exponent.floats, all.count == 1, all[0] == 2, exponent.shape.count <= 1 {
                return [try Elementwise.map(&call) { $0 * $0 }]
            }
            return [try floats(&call) { pow($0, $1) }]
        }
    }

    private static let modulus: GraphOperator = { node in
        guard try node.integer("fmod", 0) == 0 else { throw GraphFault("it asks for C's remainder of floats") }
        return { call in
            guard case .integers(let a) = try call.input(0).numbers, case .integers(let b) = try call.input(1).numbers
            else { throw GraphFault("its inputs are not of int64") }
            let (all, shape) = try combine(call, a, b) { a, b in
                let rest = b == 0 ? 0 : a.remainderReportingOverflow(dividingBy: b).partialValue
                return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
            }
            return [GraphValue(all, shape)]
        }
    }

    /// Operators that take any count of inputs.
    private static func several(
        _ floats: @escaping @Sendable (Float, Float) -> Float, _ integers: @escaping @Sendable (Int, Int) -> Int
    ) -> GraphOperator {
        { node in
            let pair = try arithmetic(
                floats, integers, { Int32(truncatingIfNeeded: integers(Int($0), Int($1))) })(node)
            return { call in
                var result = try call.input(0)
                for next in call.inputs.dropFirst() {
                    var two = GraphCall(
                        inputs: [result, next], step: call.step, room: call.room, outputCount: 1)
                    result = try pair(&two)[0]
                }
                return [result]
            }
        }
    }

    private static func comparison(
        _ floats: @escaping @Sendable (Float, Float) -> Bool, _ integers: @escaping @Sendable (Int, Int) -> Bool
    ) -> GraphOperator {
        { _ in
            { call in
                let (a, b) = (try call.input(0), try call.input(1))
                if let x = a.floats, let y = b.floats {
                    let (all, shape) = try combine(call, x, y, floats)
                    return [GraphValue(.bools(all), shape)]
                }
                guard let x = a.integers, let y = b.integers else {
                    throw GraphFault("it does not compare \(a.numbers.name) with \(b.numbers.name)")
                }
                let (all, shape) = try combine(call, x, y, integers)
                return [GraphValue(.bools(all), shape)]
            }
        }
    }

    private static let equality: GraphOperator = { node in
        let numbers = try comparison({ $0 == $1 }, { $0 == $1 })(node)
        return { call in
            guard case .bools(let a) = try call.input(0).numbers, case .bools(let b) = try call.input(1).numbers else {
                return try numbers(&call)
            }
            let (all, shape) = try combine(call, a, b) { $0 == $1 }
            return [GraphValue(.bools(all), shape)]
        }
    }

    private static func logic(_ function: @escaping @Sendable (Bool, Bool) -> Bool) -> GraphOperator {
        { _ in
            { call in
                guard case .bools(let a) = try call.input(0).numbers, case .bools(let b) = try call.input(1).numbers
                else { throw GraphFault("its inputs are not of bool") }
                let (all, shape) = try combine(call, a, b, function)
                return [GraphValue(.bools(all), shape)]
            }
        }
    }
}
