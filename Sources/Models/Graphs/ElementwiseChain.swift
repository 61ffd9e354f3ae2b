import TuttiCheckpoints
import TuttiTensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Operators on each number by itself, one after the other, fused into one pass: what lies between them never leaves
/// the
/// first-level cache.
struct ElementwiseChain {
    /// An operator of the chain: of two operands, or of one.
    private enum Operation: Sendable {
        case add, subtract, multiply, divide
        case square, sine, cosine, exponential, squareRoot, tanh, sigmoid, error, leaky(Float)
    }

    private struct Member: Sendable {
        let operation: Operation
        /// The operator by itself, where fusing does not fit the shapes.
        let kernel: GraphKernel
        /// Inputs of the whole chain, or results of members before.
        let operands: [Operand]
    }

    private enum Operand: Sendable {
        case input(Int)
        case member(Int)
    }

    private let members: [Member]
    /// Numbers that are computed one operator after the other before the next ones follow.
    private static let block = 512

    /// Fuses all chains of a draft: operators whose results only others of the same chain read.
    static func fuse(_ draft: inout GraphDraft) throws {
        let readers = GraphReaders(draft)
        var operations: [Operation?] = []
        for entry in draft.entries { operations.append(try operation(entry, &draft)) }
        // From the last on: the chain that each belongs to, called by its last member.
        var chains = [Int?](repeating: nil, count: draft.entries.count)
        for index in draft.entries.indices.reversed() where operations[index] != nil {
            let output = draft.entries[index].node.outputs[0]
            let followers = Set(readers.of(output).map { chains[$0] })
            chains[index] =
                followers.count == 1 && !readers.isOutput(output) ? followers.first.flatMap(\.self) ?? index : index
        }
        var groups: [Int: [Int]] = [:]
        for (index, chain) in chains.enumerated() { if let chain { groups[chain, default: []].append(index) } }
        var dropped: Set<Int> = []
        for (last, places) in groups where places.count > 1 {
            var inputs: [String] = [], members: [Member] = []
            let names = places.map { draft.entries[$0].node.outputs[0] }
            for place in places {
                let node = draft.entries[place].node
                guard let operation = operations[place] else { continue }
                let isUnary = if case .square = operation { true } else { node.inputs.count == 1 }
                let operands = node.inputs.prefix(isUnary ? 1 : 2).map { name in
                    if let member = names.firstIndex(of: name) { return Operand.member(member) }
                    if !inputs.contains(name) { inputs.append(name) }
                    return Operand.input(inputs.firstIndex(of: name) ?? 0)
                }
                var plain: GraphKernel
                do { plain = try draft.kernel(of: node) } catch let fault as GraphFault {
                    throw GraphError.failed(node: node.name, operation: node.operation, reason: fault.reason)
                }
                if case .square = operation { plain = { call in [try Elementwise.map(&call) { $0 * $0 }] } }
                members.append(Member(operation: operation, kernel: plain, operands: operands))
            }
            let chain = ElementwiseChain(members: members)
            var node = draft.entries[last].node
            node.inputs = inputs
            draft.entries[last] = .init(node: node, kernel: { call in [try chain.run(call)] })
            dropped.formUnion(places.filter { $0 != last })
        }
        draft.entries = draft.entries.indices.filter { !dropped.contains($0) }.map { draft.entries[$0] }
    }

    private static func operation(_ entry: GraphDraft.Entry, _ draft: inout GraphDraft) throws -> Operation? {
        let node = entry.node
        guard entry.kernel == nil, entry.features == nil, node.domain.isEmpty, node.outputs.count == 1 else {
            return nil
        }
        switch (node.operation, node.inputs.count) {
        case ("Add", 2): return .add
        case ("Sub", 2): return .subtract
        case ("Mul", 2): return .multiply
        case ("Div", 2): return .divide
        case ("Sin", 1): return .sine
        case ("Cos", 1): return .cosine
        case ("Exp", 1): return .exponential
        case ("Sqrt", 1): return .squareRoot
        case ("Tanh", 1): return .tanh
        case ("Sigmoid", 1): return .sigmoid
        case ("Erf", 1): return .error
        case ("Relu", 1): return .leaky(0)
        case ("LeakyRelu", 1):
            if case .float(let slope)? = node.attributes["alpha"] { return .leaky(slope) }
            return .leaky(0.01)
        case ("Pow", 2):
            guard let exponent = try draft.knownValue(node.inputs[1]), exponent.shape.isEmpty || exponent.shape == [1],
                exponent.floats == [2]
            else { return nil }
            return .square
        default: return nil
        }
    }

    private func run(_ call: GraphCall) throws -> GraphValue {
        let inputs = try call.inputs.indices.map { try call.input($0) }
        var shapes: [[Int]] = []
        for member in members {
            let operands = member.operands.map { operand in
                switch operand {
                case .input(let index): inputs[index].shape
                case .member(let index): shapes[index]
                }
            }
            shapes.append(try Broadcast(operands).shape)
        }
        guard let shape = shapes.last else { throw GraphFault("an empty chain") }
        let total = try call.count(shape)
        // Of other kinds, or too few to be worth it: one after the other.
        guard total >= 4096, inputs.allSatisfy({ $0.floats != nil }) else {
            return try plain(inputs, call) { _ in true }[members.count - 1] ?? inputs[0]
        }
        // What is smaller than the result, such as factors for each channel, is computed beforehand.
        let before = try plain(inputs, call) { shapes[$0] != shape }
        var leaves: [[Float]] = [], leafShapes: [[Int]] = [], steps: [Pass.Step] = []
        var registers = [Int?](repeating: nil, count: members.count)
        var known: [String: Int] = [:]
        for (index, member) in members.enumerated() where before[index] == nil {
            let sources = member.operands.map { operand -> Pass.Source in
                func leaf(_ value: GraphValue, _ key: String) -> Pass.Source {
                    if let place = known[key] { return .leaf(place) }
                    known[key] = leaves.count
                    leaves.append(value.floats ?? [])
                    leafShapes.append(value.shape)
                    return .leaf(leaves.count - 1)
                }
                switch operand {
                case .input(let place): return leaf(inputs[place], "input \(place)")
                case .member(let place):
                    if let value = before[place] { return leaf(value, "member \(place)") }
                    return .register(registers[place] ?? 0)
                }
            }
            registers[index] = steps.count
            steps.append(Pass.Step(operation: member.operation, sources: sources))
        }
        let broadcast = try Broadcast([shape] + leafShapes)
        guard broadcast.innerCount >= 32 else {
            return try plain(inputs, call) { _ in true }[members.count - 1] ?? inputs[0]
        }
        return GraphValue(Pass(steps: steps, broadcast: broadcast).run(leaves, total, call.step.pool), shape)
    }

    /// The results of some members, each by its own operator.
    private func plain(
        _ inputs: [GraphValue], _ call: GraphCall, where isWanted: (Int) -> Bool
    ) throws -> [GraphValue?] {
        var results = [GraphValue?](repeating: nil, count: members.count)
        for (index, member) in members.enumerated() where isWanted(index) {
            let operands = member.operands.map { operand in
                switch operand {
                case .input(let place): inputs[place]
                case .member(let place): results[place]
                }
            }
            // An operand that is as large as the chain's result is not there: nor can this be smaller than it.
            guard operands.allSatisfy({ $0 != nil }) else { continue }
            var one = GraphCall(inputs: operands, step: call.step, room: call.room, outputCount: 1)
            results[index] = try member.kernel(&one)[0]
        }
        return results
    }

    /// One pass over all numbers.
    private struct Pass {
        enum Source: Sendable {
            case leaf(Int)
            case register(Int)
        }

        struct Step: Sendable {
            let operation: Operation
            let sources: [Source]
        }

        /// Numbers one after the other (a stride of 1), or one for all (0).
        @unsafe struct Operands {
            let base: UnsafePointer<Float>
            let stride: Int

            init(_ base: UnsafePointer<Float>, _ stride: Int) { unsafe (self.base, self.stride) = (base, stride) }
        }

        let steps: [Step]
        /// Of the result, then of the leaves.
        let broadcast: Broadcast

        func run(_ leaves: [[Float]], _ total: Int, _ pool: ComputePool) -> [Float] {
            let strides = leaves.indices.map { broadcast.innerStride($0 + 1) }
            return unsafe [Float](unsafeUninitializedCapacity: total) { result, initialized in
                guard let to = result.baseAddress else { return }
                unsafe withBases(leaves, []) { bases in
                    let bases = unsafe bases
                    broadcast.each(pool) { place, offsets, count in
                        unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: steps.count * block) { memory in
                            guard let registers = memory.baseAddress else { return }
                            for first in stride(from: 0, to: count, by: block) {
                                let width = min(block, count - first)
                                for (index, step) in steps.enumerated() {
                                    let target =
                                        unsafe index == steps.count - 1
                                        ? to + place + first : registers + index * block
                                    let sources = unsafe step.sources.map { source in
                                        switch source {
                                        case .register(let register):
                                            unsafe Operands(UnsafePointer(registers + register * block), 1)
                                        case .leaf(let leaf):
                                            unsafe Operands(
                                                bases[leaf] + offsets[leaf + 1] + first * strides[leaf], strides[leaf])
                                        }
                                    }
                                    unsafe compute(step.operation, sources, target, width)
                                }
                            }
                        }
                    }
                }
                initialized = total
            }
        }

        /// The arrays' memory, all at once.
        private func withBases(
            _ rest: [[Float]], _ bases: [UnsafePointer<Float>], _ body: ([UnsafePointer<Float>]) -> Void
        ) {
            guard let first = rest.first else { return unsafe body(bases) }
            unsafe first.withUnsafeBufferPointer { memory in
                guard let base = memory.baseAddress else { return }
                unsafe withBases(Array(rest.dropFirst()), bases + [base], body)
            }
        }

        private func compute(
            _ operation: Operation, _ sources: [Operands], _ to: UnsafeMutablePointer<Float>, _ count: Int
        ) {
            let a = unsafe sources[0].base, step = unsafe sources[0].stride
            switch operation {
            case .add: unsafe two(sources, to, count) { $0 + $1 }
            case .subtract: unsafe two(sources, to, count) { $0 - $1 }
            case .multiply: unsafe two(sources, to, count) { $0 * $1 }
            case .divide: unsafe two(sources, to, count) { $0 / $1 }
            case .square: for i in 0..<count { unsafe to[i] = a[i * step] * a[i * step] }
            case .sine:
                for i in 0..<count { unsafe to[i] = a[i * step] }
                unsafe TuttiTensors.Step.sine(UnsafeMutableBufferPointer(start: to, count: count))
            case .cosine: for i in 0..<count { unsafe to[i] = cos(a[i * step]) }
            case .exponential: for i in 0..<count { unsafe to[i] = exp(a[i * step]) }
            case .squareRoot: for i in 0..<count { unsafe to[i] = a[i * step].squareRoot() }
            case .tanh: for i in 0..<count { unsafe to[i] = tanh(a[i * step]) }
            case .sigmoid: for i in 0..<count { unsafe to[i] = 1 / (1 + exp(-a[i * step])) }
            case .error: for i in 0..<count { unsafe to[i] = erf(a[i * step]) }
            case .leaky(let slope):
                for i in 0..<count {
                    let x = unsafe a[i * step]
                    unsafe to[i] = x < 0 ? slope * x : x
                }
            }
        }

        @inline(__always)
        private func two(
            _ sources: [Operands], _ to: UnsafeMutablePointer<Float>, _ count: Int,
            _ function: (Float, Float) -> Float
        ) {
            let a = unsafe sources[0].base, b = unsafe sources[1].base
            let right = unsafe sources[1].stride
            switch unsafe (sources[0].stride, right) {
            case (1, 1): for i in 0..<count { unsafe to[i] = function(a[i], b[i]) }
            case (1, _):
                let fixed = unsafe b[0]
                for i in 0..<count { unsafe to[i] = function(a[i], fixed) }
            default:
                let fixed = unsafe a[0]
                for i in 0..<count { unsafe to[i] = function(fixed, b[i * right]) }
            }
        }
    }
}
