import TuttiCheckpoints
import TuttiTensors

/// A graph on its way to a program: nodes that are folded and fused, and the numbers that are known beforehand.
struct GraphDraft {
    /// A node, and what it does where that is no operator of ONNX.
    struct Entry {
        var node: GraphNode
        var kernel: GraphKernel?
        /// The same where it takes features of pictures.
        var features: FeatureKernel?
    }

    var entries: [Entry]
    /// Numbers known beforehand, by name; those of the file that nobody asks for are not read.
    private(set) var known: [String: GraphValue] = [:]
    let outputs: [String]
    let opset: Int
    let file: GraphFile
    let pool: ComputePool
    private let initializers: [String: GraphTensor]

    /// - Throws: ``GraphError`` where operators are unknown or values come from nowhere.
    init(_ file: GraphFile, given cut: [String], outputs: [String], pool: ComputePool) throws {
        let graph = file.graph
        (self.file, self.outputs, self.pool) = (file, outputs, pool)
        opset = graph.operatorVersion ?? .max
        initializers = graph.initializers
        let unknown = Set(graph.nodes.filter { GraphOperators.named($0) == nil }.map { GraphOperators.title($0) })
        guard unknown.isEmpty else { throw GraphError.unknownOperators(unknown.sorted()) }
        let cut = Set(cut), given = cut.union(graph.inputs)
        entries = graph.nodes.map { node in
            var node = node
            node.outputs = node.outputs.map { cut.contains($0) ? "" : $0 }
            return Entry(node: node, kernel: nil)
        }
        entries = try sorted(entries, given: given)
        try fold()
    }

    /// Has what reads the result of an Identity read its input instead.
    mutating func bypassIdentities() {
        let given = Set(outputs)
        var sources: [String: String] = [:]
        entries = entries.compactMap { entry in
            var entry = entry
            entry.node.inputs = entry.node.inputs.map { sources[$0] ?? $0 }
            let node = entry.node
            guard node.operation == "Identity", node.domain.isEmpty, node.inputs.count == 1, node.outputs.count == 1,
                !given.contains(node.outputs[0])
            else { return entry }
            sources[node.outputs[0]] = node.inputs[0]
            return nil
        }
    }

    /// A value that is known beforehand.
    mutating func knownValue(_ name: String) throws -> GraphValue? {
        if let value = known[name] { return value }
        guard let tensor = initializers[name] else { return nil }
        let value = try GraphValue(tensor, of: file)
        known[name] = value
        return value
    }

    func isKnown(_ name: String) -> Bool { known[name] != nil || initializers[name] != nil }

    /// What a node does, its known inputs read and its weights packed.
    /// - Throws: `GraphFault`, and what ``knownValue(_:)`` throws.
    mutating func kernel(of node: GraphNode) throws -> GraphKernel {
        guard let make = GraphOperators.named(node) else { throw GraphError.unknownOperators([node.operation]) }
        return try make(reader(of: node))
    }

    /// A node as its operator sees it.
    mutating func reader(of node: GraphNode) throws -> GraphNodeReader {
        let known = try node.inputs.map { try $0.isEmpty ? nil : knownValue($0) }
        return GraphNodeReader(node: node, known: known, opset: opset, pool: pool, file: file)
    }

    /// Computes now what needs nothing from outside, such as most of the arithmetic with shapes.
    private mutating func fold() throws {
        let step = Step(pool: pool)
        var room = 1 << 28, rest: [Entry] = []
        for entry in entries {
            let node = entry.node
            guard node.inputs.allSatisfy({ $0.isEmpty || isKnown($0) }) else {
                rest.append(entry)
                continue
            }
            step.reset()
            do {
                let kernel = try kernel(of: node)
                var call = GraphCall(
                    inputs: try node.inputs.map { try $0.isEmpty ? nil : knownValue($0) }, step: step, room: room,
                    outputCount: node.outputs.count)
                for (name, value) in zip(node.outputs, try kernel(&call)) where !name.isEmpty {
                    known[name] = value
                    room = max(0, room - value.numbers.byteCount)
                }
            } catch is GraphFault {
                // Too large, or wrong: it is said when it is needed.
                rest.append(entry)
            }
        }
        entries = rest
    }

    /// In an order in which each comes after those whose values it reads.
    private func sorted(_ entries: [Entry], given: Set<String>) throws -> [Entry] {
        var producers: [String: Int] = [:]
        for (index, entry) in entries.enumerated() {
            for name in entry.node.outputs where !name.isEmpty {
                guard producers.updateValue(index, forKey: name) == nil, initializers[name] == nil,
                    !given.contains(name)
                else { throw GraphError.malformed("the value `\(name)` comes from two places") }
            }
        }
        var readers = [[Int]](repeating: [], count: entries.count)
        var missing = [Int](repeating: 0, count: entries.count)
        for (index, entry) in entries.enumerated() {
            for name in Set(entry.node.inputs) where !name.isEmpty {
                if let producer = producers[name] {
                    readers[producer].append(index)
                    missing[index] += 1
                } else if !given.contains(name), !isKnown(name) {
                    throw GraphError.malformed(
                        "the node `\(entry.node.name)` reads `\(name)`, which comes from nowhere")
                }
            }
        }
        for name in outputs where producers[name] == nil && !given.contains(name) && !isKnown(name) {
            throw GraphError.malformed("nothing gives the output `\(name)`")
        }
        var ready = missing.indices.filter { missing[$0] == 0 }, next = 0
        while next < ready.count {
            for reader in readers[ready[next]] {
                missing[reader] -= 1
                if missing[reader] == 0 { ready.append(reader) }
            }
            next += 1
        }
        guard ready.count == entries.count else {
            throw GraphError.malformed("some nodes wait for each other in a circle")
        }
        return ready.map { entries[$0] }
    }

    /// Puts the nodes in order again after they were changed, without those that nobody needs.
    mutating func tidy(given: Set<String>) throws {
        var needed = Set(outputs), kept: [Entry] = []
        for entry in try sorted(entries, given: given).reversed()
        where entry.node.outputs.contains(where: needed.contains) {
            needed.formUnion(entry.node.inputs)
            kept.append(entry)
        }
        entries = kept.reversed()
    }
}

/// Who reads each value of a draft, by the places of its entries.
struct GraphReaders {
    private var places: [String: [Int]] = [:]
    private let outputs: Set<String>

    init(_ draft: GraphDraft) {
        outputs = Set(draft.outputs)
        for (index, entry) in draft.entries.enumerated() {
            for name in Set(entry.node.inputs) where !name.isEmpty { places[name, default: []].append(index) }
        }
    }

    /// Nobody's, for what the graph gives to the outside.
    func of(_ name: String) -> [Int] { places[name] ?? [] }

    func isOutput(_ name: String) -> Bool { outputs.contains(name) }

    /// The only one that reads a value, where it is not given to the outside.
    func only(_ name: String) -> Int? {
        let all = of(name)
        return all.count == 1 && !isOutput(name) ? all[0] : nil
    }
}
