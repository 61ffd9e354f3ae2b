/// A model stored as a graph: operations that read values by name and give values names, and the numbers that are known
/// beforehand. ONNX files and ONNX Runtime's own hold such graphs.
public struct Graph: Sendable {
    public var name = ""
    /// The version of ONNX's own operators that the nodes mean; nil where the file does not say it for all of them.
    public var operatorVersion: Int?
    /// In an order in which each comes after those whose values it reads, as the format demands.
    public var nodes: [GraphNode] = []
    /// Numbers that are known beforehand, by name.
    public var initializers: [String: GraphTensor] = [:]
    /// What is given from outside, and what is asked for. Initializers may stand among the inputs.
    public var inputs: [String] = []
    public var outputs: [String] = []

    public init() {}
}

/// One operation.
public struct GraphNode: Sendable {
    public var name = ""
    /// What it does, such as `Conv`.
    public var operation = ""
    /// Whose word that is: empty for ONNX's own.
    public var domain = ""
    /// Names of values; an empty one stands for an input that is left out.
    public var inputs: [String] = []
    public var outputs: [String] = []
    public var attributes: [String: GraphAttribute] = [:]

    public init() {}
}

/// What an operation is told besides its inputs.
public enum GraphAttribute: Sendable {
    case float(Float)
    case integer(Int)
    case text(String)
    case tensor(GraphTensor)
    indirect case graph(Graph)
    case floats([Float])
    case integers([Int])
    case texts([String])
}

/// Numbers of a graph.
public struct GraphTensor: Sendable {
    public enum Bytes: Sendable {
        /// Where they lie in the file, at any alignment.
        case range(Range<Int>)
        /// Those that the file spells out one by one.
        case own([UInt8])
    }

    public var name = ""
    /// The slowest dimension first; none for a single number.
    public var shape: [Int] = []
    public var type: GraphElement
    /// Little-endian, row after row.
    public var bytes: Bytes

    public var elementCount: Int { shape.reduce(1, *) }
}

/// The kinds of numbers, under ONNX's codes.
public enum GraphElement: Int, Sendable {
    case float32 = 1, uint8, int8, uint16, int16, int32, int64
    case bool = 9, float16, float64, uint32, uint64
    case bfloat16 = 16

    public var byteCount: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .float32, .int32, .uint32: 4
        case .int64, .float64, .uint64: 8
        }
    }
}

extension GraphTensor {
    /// What every file's tensors have to be: as many bytes as the shape asks for, and no more than memory holds.
    /// - Throws: `CheckpointError.malformed` or `.unsupportedType`.
    init(_ name: String, shape: [Int], code: Int, bytes: Bytes, file: String) throws {
        guard let type = GraphElement(rawValue: code) else {
            throw CheckpointError.unsupportedType(file: file, name: name, type: "number \(code) of ONNX")
        }
        func malformed(_ reason: String) -> CheckpointError {
            .malformed(file: file, "the tensor `\(name.prefix(200))` \(reason)")
        }
        guard shape.count <= 16, shape.allSatisfy({ $0 >= 0 }) else { throw malformed("has an impossible shape") }
        var needed = type.byteCount
        for dimension in shape {
            let (product, overflow) = needed.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw malformed("is larger than any memory") }
            needed = product
        }
        let count =
            switch bytes {
            case .range(let range): range.count
            case .own(let own): own.count
            }
        guard count == needed else { throw malformed("has \(count) bytes, its shape needs \(needed)") }
        (self.name, self.shape, self.type, self.bytes) = (name, shape, type, bytes)
    }
}
