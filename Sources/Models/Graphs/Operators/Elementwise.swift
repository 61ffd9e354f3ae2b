import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Operators on each number by itself.
enum Elementwise {
    static let operators: [String: GraphOperator] = [
        "Abs": unary { Swift.abs($0) }, "Atan": unary { atan($0) }, "Ceil": unary { $0.rounded(.up) },
        "Cos": unary { cos($0) }, "Erf": unary { erf($0) }, "Exp": unary { exp($0) },
        "Floor": unary { $0.rounded(.down) }, "Log": unary { log($0) }, "Reciprocal": unary { 1 / $0 },
        "Relu": unary { Swift.max($0, 0) }, "Round": unary { $0.rounded(.toNearestOrEven) },
        "Sigmoid": unary { 1 / (1 + exp(-$0)) }, "Sin": sine, "Softplus": unary { log1p(exp($0)) },
        "Sqrt": unary { $0.squareRoot() }, "Tanh": unary { tanh($0) },
        "HardSwish": unary { $0 * Swift.max(0, Swift.min(1, $0 / 6 + 0.5)) },
        "Sign": unary { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
        "Neg": negative, "Not": not, "Identity": identity, "Dropout": identity, "Clip": clip, "Cast": cast,
        "LeakyRelu": leakyReLU, "HardSigmoid": hardSigmoid, "Elu": elu, "Where": choice,
        "Gelu": gelu, "FastGelu": fastGelu, "BiasGelu": biasGelu,
    ]

    /// A function of float32 numbers, computed where they lie.
    private static func unary(_ function: @escaping @Sendable (Float) -> Float) -> GraphOperator {
        { _ in { call in [try map(&call, function)] } }
    }

    /// - Parameter function: Is called for each number, on any thread.
    static func map(_ call: inout GraphCall, _ function: @escaping (Float) -> Float) throws -> GraphValue {
        var (values, shape) = try call.takeFloats(0)
        unsafe change(&values, call.step.pool) { part in
            for index in part.indices { unsafe part[index] = function(part[index]) }
        }
        return GraphValue(values, shape)
    }

    /// Calls `body` for parts that cover all numbers, on all threads where there is enough to do.
    static func change(
        _ values: inout [Float], _ pool: ComputePool, _ body: @escaping (UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        unsafe values.withUnsafeMutableBufferPointer { all in
            let grain = 1 << 15, all = unsafe all
            guard all.count > 2 * grain else { return unsafe body(all) }
            pool.run((all.count + grain - 1) / grain) { index, _ in
                let range = index * grain..<min(all.count, (index + 1) * grain)
                unsafe body(UnsafeMutableBufferPointer(rebasing: all[range]))
            }
        }
    }

    private static let sine: GraphOperator = { _ in
        { call in
            var (values, shape) = try call.takeFloats(0)
            unsafe change(&values, call.step.pool) { unsafe Step.sine($0) }
            return [GraphValue(values, shape)]
        }
    }

    private static let negative: GraphOperator = { _ in
        { call in
            let value = try call.input(0)
            switch value.numbers {
            case .floats: return [try map(&call) { -$0 }]
            case .integers(let all): return [GraphValue(all.map { 0 &- $0 }, value.shape)]
            case .words(let all): return [GraphValue(.words(all.map { 0 &- $0 }), value.shape)]
            default: throw GraphFault("\(value.numbers.name) has no negatives")
            }
        }
    }

    private static let not: GraphOperator = { _ in
        { call in
            let value = try call.input(0)
            guard case .bools(let all) = value.numbers else { throw GraphFault("its input is not of bool") }
            return [GraphValue(.bools(all.map { !$0 }), value.shape)]
        }
    }

    private static let identity: GraphOperator = { _ in
        { call in
            guard call.outputCount == 1 else { throw GraphFault("only its first output can be had") }
            return [try call.input(0)]
        }
    }

    private static let leakyReLU: GraphOperator = { node in
        let slope = try node.float("alpha", 0.01)
        return { call in [try map(&call) { $0 < 0 ? slope * $0 : $0 }] }
    }

    private static let hardSigmoid: GraphOperator = { node in
        let alpha = try node.float("alpha", 0.2), beta = try node.float("beta", 0.5)
        return { call in [try map(&call) { Swift.max(0, Swift.min(1, alpha * $0 + beta)) }] }
    }

    private static let elu: GraphOperator = { node in
        let alpha = try node.float("alpha", 1)
        return { call in [try map(&call) { $0 < 0 ? alpha * expm1($0) : $0 }] }
    }

    private static let gelu: GraphOperator = { node in
        switch try node.text("approximate", "none") {
        case "none":
            return { call in [try map(&call) { 0.5 * $0 * (1 + erf($0 * Float(0.5).squareRoot())) }] }
        case "tanh":
            return { call in [try map(&call, tanhGelu)] }
        case let other: throw GraphFault("it approximates by \(other), which is not known")
        }
    }

    private static func tanhGelu(_ x: Float) -> Float {
        0.5 * x * (1 + tanh(0.797_884_56 * x * (1 + 0.044_715 * x * x)))
    }

    /// The tanh form, of a sum with a number for each column where there is one.
    private static let fastGelu: GraphOperator = { _ in { call in [try ofSum(&call, tanhGelu)] } }

    private static let biasGelu: GraphOperator = { _ in
        { call in [try ofSum(&call) { 0.5 * $0 * (1 + erf($0 * Float(0.5).squareRoot())) }] }
    }

    private static func ofSum(_ call: inout GraphCall, _ function: @escaping (Float) -> Float) throws -> GraphValue {
        if call.optional(1) != nil {
            let sum = try Arithmetic.floats(&call) { $0 + $1 }
            call.inputs[0] = sum
        }
        return try map(&call, function)
    }

    /// Bounds are attributes in old files, inputs in newer ones.
    private static let clip: GraphOperator = { node in
        let low = try node.float("min", -.infinity), high = try node.float("max", .infinity)
        return { call in
            if case .integers(let all)? = call.optional(0)?.numbers {
                let low = call.optional(1) == nil ? Int.min : try call.integer(1)
                let high = call.optional(2) == nil ? Int.max : try call.integer(2)
                return [GraphValue(all.map { Swift.min(Swift.max($0, low), high) }, try call.input(0).shape)]
            }
            let low = call.optional(1) == nil ? low : try call.scalar(1)
            let high = call.optional(2) == nil ? high : try call.scalar(2)
            return [try map(&call) { Swift.min(Swift.max($0, low), high) }]
        }
    }

    private static let cast: GraphOperator = { node in
        let code = try node.integer("to", 0)
        guard [1, 2, 3, 6, 7, 9].contains(code) else { throw GraphFault("it asks for the kind number \(code) of ONNX") }
        return { call in
            let value = try call.input(0)
            _ = try call.count(value.shape)
            return [GraphValue(value.numbers.cast(to: code), value.shape)]
        }
    }

    private static let choice: GraphOperator = { _ in
        { call in
            guard case .bools(let condition) = try call.input(0).numbers else {
                throw GraphFault("its condition is not of bool")
            }
            let (yes, no) = (try call.input(1), try call.input(2))
            let broadcast = try Broadcast([try call.input(0).shape, yes.shape, no.shape])
            let count = try call.count(broadcast.shape)
            func choose<T>(_ yes: [T], _ no: [T]) -> [T] {
                var chosen: [T] = []
                chosen.reserveCapacity(count)
                let steps = (0..<3).map(broadcast.innerStride)
                for outer in 0..<(count == 0 ? 0 : broadcast.outerCount) {
                    let from = broadcast.offsets(outer)
                    for i in 0..<broadcast.innerCount {
                        let isYes = condition[from[0] + i * steps[0]]
                        chosen.append(isYes ? yes[from[1] + i * steps[1]] : no[from[2] + i * steps[2]])
                    }
                }
                return chosen
            }
            let numbers: GraphNumbers
            switch (yes.numbers, no.numbers) {
            case (.floats(let a), .floats(let b)): numbers = .floats(choose(a, b))
            case (.integers(let a), .integers(let b)): numbers = .integers(choose(a, b))
            case (.words(let a), .words(let b)): numbers = .words(choose(a, b))
            case (.bools(let a), .bools(let b)): numbers = .bools(choose(a, b))
            case (.bytes(let a), .bytes(let b)): numbers = .bytes(choose(a, b))
            default: throw GraphFault("it chooses between \(yes.numbers.name) and \(no.numbers.name)")
            }
            return [GraphValue(numbers, broadcast.shape)]
        }
    }
}

extension GraphNumbers {
    /// The same numbers as another kind, by ONNX's code; a float loses what is behind the point, and integers that do
    /// not
    /// fit lose their upper bits.
    fileprivate func cast(to code: Int) -> GraphNumbers {
        func integers() -> [Int] {
            switch self {
            // What no int64 can hold becomes the least, as the processors do it.
            case .floats(let all): all.map { abs($0) < 9.2e18 ? Int($0) : Int.min }
            case .integers(let all): all
            case .words(let all): all.map(Int.init)
            case .bools(let all): all.map { $0 ? 1 : 0 }
            case .bytes(let all): all.map(Int.init)
            case .signedBytes(let all): all.map(Int.init)
            }
        }
        switch code {
        case 1:
            switch self {
            case .floats: return self
            case .words(let all): return .floats(all.map(Float.init))
            default: return .floats(integers().map(Float.init))
            }
        case 2: return .bytes(integers().map { UInt8(truncatingIfNeeded: $0) })
        case 3: return .signedBytes(integers().map { Int8(truncatingIfNeeded: $0) })
        case 6: return .words(integers().map { Int32(truncatingIfNeeded: $0) })
        case 7: return .integers(integers())
        default:
            if case .floats(let all) = self { return .bools(all.map { $0 != 0 }) }
            return .bools(integers().map { $0 != 0 })
        }
    }
}
