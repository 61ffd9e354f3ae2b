import TuttiTensors

/// Reads ONNX Runtime's own files (`.ort`): the same graph in the encoding of FlatBuffers, with the runtime's operators.
///
/// - SeeAlso: ort.fbs of ONNX Runtime (version 6 of the format), whose field numbers stand below.
enum ORTModel {
    private static let depthLimit = 16

    static func isOne(_ bytes: RawSpan) throws -> Bool {
        guard bytes.byteCount >= 8 else { return false }
        return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian == 0x4D54_524F  // ORTM
    }

    static func read(_ bytes: RawSpan, file: String) throws -> (Graph, metadata: [String: String]) {
        let session = try FlatTable(root: bytes, file: file)
        guard let model = try session.table(1), let graph = try model.table(7) else {
            throw CheckpointError.malformed(file: file, "it holds no graph")
        }
        var metadata: [String: String] = [:]
        for index in 0..<(try model.count(9)) {
            let entry = try model.table(9, index)
            metadata[try entry.text(0)] = try entry.text(1)
        }
        return (try self.graph(graph, depth: 0), metadata)
    }

    private static func graph(_ table: borrowing FlatTable, depth: Int) throws -> Graph {
        guard depth < depthLimit else {
            throw CheckpointError.malformed(
                file: table.file, "its graphs lie more than \(depthLimit) deep in each other")
        }
        var graph = Graph()
        for index in 0..<(try table.count(0)) {
            let tensor = try self.tensor(table.table(0, index))
            guard graph.initializers.updateValue(tensor, forKey: tensor.name) == nil else {
                throw CheckpointError.malformed(file: table.file, "two tensors are called `\(tensor.name)`")
            }
        }
        for index in 0..<(try table.count(2)) { graph.nodes.append(try node(table.table(2, index), depth: depth)) }
        graph.inputs = try table.texts(5)
        graph.outputs = try table.texts(6)
        graph.nodes = try ordered(graph, file: table.file)
        return graph
    }

    /// The file has nodes in the order of their numbers, which need not be that of their values.
    private static func ordered(_ graph: Graph, file: String) throws -> [GraphNode] {
        // Who reads what; values from outside this graph are there already.
        var producers: [String: Int] = [:]
        for (index, node) in graph.nodes.enumerated() { for output in node.outputs { producers[output] = index } }
        var missing = graph.nodes.map { Set($0.inputs.compactMap { producers[$0] }).count }
        var readers = [[Int]](repeating: [], count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() {
            for producer in Set(node.inputs.compactMap { producers[$0] }) { readers[producer].append(index) }
        }
        var ready = missing.indices.filter { missing[$0] == 0 }, result: [GraphNode] = [], next = 0
        while next < ready.count {
            let index = ready[next]
            next += 1
            result.append(graph.nodes[index])
            for reader in readers[index] {
                missing[reader] -= 1
                if missing[reader] == 0 { ready.append(reader) }
            }
        }
        guard result.count == graph.nodes.count else {
            throw CheckpointError.malformed(file: file, "its operations wait for each other in a circle")
        }
        return result
    }

    private static func node(_ table: borrowing FlatTable, depth: Int) throws -> GraphNode {
        var node = GraphNode()
        node.name = try table.text(0)
        node.domain = try table.text(2)
        node.operation = try table.text(5)
        node.inputs = try table.texts(8)
        node.outputs = try table.texts(9)
        for index in 0..<(try table.count(10)) {
            if let (name, value) = try attribute(table.table(10, index), depth: depth) { node.attributes[name] = value }
        }
        return node
    }

    private static func attribute(_ table: borrowing FlatTable, depth: Int) throws -> (String, GraphAttribute)? {
        let name = try table.text(0)
        switch try table.number(2, Int32(0)) {
        case 1: return (name, .float(Float(bitPattern: try table.number(3, UInt32(0)))))
        case 2: return (name, .integer(Int(try table.number(4, Int64(0)))))
        case 3: return (name, .text(try table.text(5)))
        case 4:
            guard let tensor = try table.table(6) else { return nil }
            return (name, .tensor(try self.tensor(tensor)))
        case 5:
            guard let graph = try table.table(7) else { return nil }
            return (name, .graph(try self.graph(graph, depth: depth + 1)))
        case 6: return (name, .floats(try table.numbers(8, UInt32.self).map { Float(bitPattern: $0) }))
        case 7: return (name, .integers(try table.numbers(9, Int64.self).map { Int($0) }))
        case 8: return (name, .texts(try table.texts(10)))
        default: return nil
        }
    }

    private static func tensor(_ table: borrowing FlatTable) throws -> GraphTensor {
        try GraphTensor(
            table.text(0), shape: table.numbers(2, Int64.self).map { Int($0) }, code: Int(table.number(3, Int32(0))),
            bytes: .range(table.range(4)), file: table.file)
    }
}
