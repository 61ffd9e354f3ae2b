import TuttiTensors

/// Reads ONNX files: a `ModelProto` in Protocol Buffers' encoding.
///
/// - SeeAlso: onnx.proto (IR version 10), whose field numbers stand below.
enum ONNXModel {
    /// A graph's nodes may hold graphs, whose nodes may hold graphs: so many deep.
    private static let depthLimit = 16

    static func read(_ bytes: RawSpan, file: String) throws -> (Graph, metadata: [String: String]) {
        var reader = ProtobufReader(bytes, 0..<bytes.byteCount, file: file)
        var graph: Graph?, metadata: [String: String] = [:], version: Int?
        while !reader.isAtEnd {
            switch try reader.next() {
            case (7, .range(let range)): graph = try self.graph(reader.message(range), depth: 0)
            case (8, .range(let range)):
                if let own = try operatorVersion(reader.message(range)) { version = own }
            case (14, .range(let range)):
                let (key, value) = try pair(reader.message(range))
                metadata[key] = value
            default: break
            }
        }
        guard var graph else {
            throw CheckpointError.unsupported(file: file, "it holds no graph, so it is no ONNX file")
        }
        graph.operatorVersion = version
        return (graph, metadata)
    }

    /// The version of a set of operators, nil of those that are not ONNX's own.
    private static func operatorVersion(_ reader: consuming ProtobufReader) throws -> Int? {
        var domain = "", version: Int?
        while !reader.isAtEnd {
            switch try reader.next() {
            case (1, .range(let range)): domain = try reader.text(range)
            case (2, .number(let number)): version = Int(clamping: number)
            default: break
            }
        }
        return domain.isEmpty || domain == "ai.onnx" ? version : nil
    }

    private static func pair(_ reader: consuming ProtobufReader) throws -> (String, String) {
        var key = "", value = ""
        while !reader.isAtEnd {
            switch try reader.next() {
            case (1, .range(let range)): key = try reader.text(range)
            case (2, .range(let range)): value = try reader.text(range)
            default: break
            }
        }
        return (key, value)
    }

    /// What an input or output is called; its type is of no concern here.
    private static func name(_ reader: consuming ProtobufReader) throws -> String {
        while !reader.isAtEnd {
            if case (1, .range(let range)) = try reader.next() { return try reader.text(range) }
        }
        return ""
    }

    private static func graph(_ reader: consuming ProtobufReader, depth: Int) throws -> Graph {
        guard depth < depthLimit else {
            throw CheckpointError.malformed(
                file: reader.file, "its graphs lie more than \(depthLimit) deep in each other")
        }
        var graph = Graph()
        while !reader.isAtEnd {
            switch try reader.next() {
            case (1, .range(let range)): graph.nodes.append(try node(reader.message(range), depth: depth))
            case (2, .range(let range)): graph.name = try reader.text(range)
            case (5, .range(let range)):
                let tensor = try self.tensor(reader.message(range))
                guard graph.initializers.updateValue(tensor, forKey: tensor.name) == nil else {
                    throw CheckpointError.malformed(file: reader.file, "two tensors are called `\(tensor.name)`")
                }
            case (11, .range(let range)): graph.inputs.append(try name(reader.message(range)))
            case (12, .range(let range)): graph.outputs.append(try name(reader.message(range)))
            case (15, _): throw CheckpointError.unsupported(file: reader.file, "it has sparse tensors")
            default: break
            }
        }
        return graph
    }

    private static func node(_ reader: consuming ProtobufReader, depth: Int) throws -> GraphNode {
        var node = GraphNode()
        while !reader.isAtEnd {
            switch try reader.next() {
            case (1, .range(let range)): node.inputs.append(try reader.text(range))
            case (2, .range(let range)): node.outputs.append(try reader.text(range))
            case (3, .range(let range)): node.name = try reader.text(range)
            case (4, .range(let range)): node.operation = try reader.text(range)
            case (5, .range(let range)):
                if let (name, value) = try attribute(reader.message(range), depth: depth) {
                    node.attributes[name] = value
                }
            case (7, .range(let range)): node.domain = try reader.text(range)
            default: break
            }
        }
        return node
    }

    /// An attribute; nil for the kinds that no operation read here has.
    private static func attribute(
        _ reader: consuming ProtobufReader, depth: Int
    ) throws -> (String, GraphAttribute)? {
        var name = "", kind = 0
        var float: Float = 0, integer = 0, text = "", tensor: GraphTensor?, graph: Graph?
        var floats: [Float] = [], integers: [Int] = [], texts: [String] = []
        while !reader.isAtEnd {
            switch try reader.next() {
            case (1, .range(let range)): name = try reader.text(range)
            case (2, .bits32(let bits)): float = Float(bitPattern: bits)
            case (3, .number(let number)): integer = Int(truncatingIfNeeded: number)
            case (4, .range(let range)): text = try reader.text(range)
            case (5, .range(let range)): tensor = try self.tensor(reader.message(range))
            case (6, .range(let range)): graph = try self.graph(reader.message(range), depth: depth + 1)
            case (7, let value):
                try reader.each(value, Width.four) { floats.append(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
            case (8, let value): try reader.each(value, .varint) { integers.append(Int(truncatingIfNeeded: $0)) }
            case (9, .range(let range)): texts.append(try reader.text(range))
            case (20, .number(let number)): kind = Int(clamping: number)
            default: break
            }
        }
        switch kind {
        case 1: return (name, .float(float))
        case 2: return (name, .integer(integer))
        case 3: return (name, .text(text))
        case 4: return tensor.map { (name, .tensor($0)) }
        case 5: return graph.map { (name, .graph($0)) }
        case 6: return (name, .floats(floats))
        case 7: return (name, .integers(integers))
        case 8: return (name, .texts(texts))
        default: return nil
        }
    }

    private static func tensor(_ reader: consuming ProtobufReader) throws -> GraphTensor {
        var name = "", shape: [Int] = [], code = 0, raw: Range<Int>?
        // Numbers that are spelled out, as the file has them: the code says of how many bytes each is.
        var spelled: [UInt64] = [], isSpelled = false
        while !reader.isAtEnd {
            switch try reader.next() {
            case (1, let value): try reader.each(value, .varint) { shape.append(Int(truncatingIfNeeded: $0)) }
            case (2, .number(let number)): code = Int(clamping: number)
            case (4, let value):
                isSpelled = true
                try reader.each(value, .four) { spelled.append($0) }
            case (5, let value), (7, let value), (11, let value):
                isSpelled = true
                try reader.each(value, .varint) { spelled.append($0) }
            case (8, .range(let range)): name = try reader.text(range)
            case (9, .range(let range)): raw = range
            case (10, let value):
                isSpelled = true
                try reader.each(value, .eight) { spelled.append($0) }
            case (13, _):
                throw CheckpointError.unsupported(file: reader.file, "the numbers of `\(name)` lie in another file")
            default: break
            }
        }
        let bytes: GraphTensor.Bytes
        if let raw, !isSpelled {
            bytes = .range(raw)
        } else {
            let width = GraphElement(rawValue: code)?.byteCount ?? 0
            bytes = .own(
                spelled.flatMap { number in (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } })
        }
        return try GraphTensor(name, shape: shape, code: code, bytes: bytes, file: reader.file)
    }
}

/// How numbers in a row are written.
enum Width { case varint, four, eight }

extension ProtobufReader {
    /// The numbers of a repeated field: one, or all of them packed in a range.
    func each(_ value: Value, _ width: Width, _ body: (UInt64) -> Void) throws(CheckpointError) {
        switch value {
        case .number(let number): body(number)
        case .bits32(let bits): body(UInt64(bits))
        case .bits64(let bits): body(bits)
        case .range(let range):
            var reader = message(range)
            while !reader.isAtEnd {
                switch width {
                case .varint: body(try reader.varint())
                case .four: body(UInt64(try reader.fixed(UInt32.self)))
                case .eight: body(try reader.fixed(UInt64.self))
                }
            }
        }
    }
}
