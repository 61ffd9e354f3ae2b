import TuttiTensors

/// A file that holds a graph: ONNX's (`.onnx`) or ONNX Runtime's own (`.ort`), opened by memory mapping.
///
/// Opening reads the nodes and where the numbers lie; the numbers themselves stay in the file.
public final class GraphFile: Sendable {
    public let path: String
    public let graph: Graph
    /// What the file says of itself besides.
    public let metadata: [String: String]
    private let mapping: MappedFile

    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        let mapping: MappedFile
        do { mapping = try MappedFile(path: path) } catch { throw CheckpointError.unreadable(error) }
        self.path = path
        self.mapping = mapping
        let isRuntime = try ORTModel.isOne(mapping.bytes)
        (graph, metadata) =
            isRuntime
            ? try ORTModel.read(mapping.bytes, file: path) : try ONNXModel.read(mapping.bytes, file: path)
    }

    public var byteCount: Int { mapping.byteCount }

    /// The numbers of a tensor of this file, as float32.
    /// - Throws: `CheckpointError.unsupportedType` where they are none.
    public func floats(of tensor: GraphTensor) throws -> [Float] {
        try unsafe withBytes(of: tensor) { bytes in
            let count = tensor.elementCount
            switch tensor.type {
            case .float32:
                return (0..<count).map { unsafe bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            case .float64:
                return (0..<count).map {
                    Float(unsafe bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self))
                }
            case .float16, .bfloat16:
                var values = [Float](repeating: 0, count: count)
                let type = tensor.type == .float16 ? DType.f16 : .bf16
                unsafe values.withUnsafeMutableBufferPointer { unsafe type.dequantize(bytes, into: $0) }
                return values
            default:
                throw CheckpointError.unsupportedType(
                    file: path, name: tensor.name, type: "\(tensor.type) where floating-point numbers are needed")
            }
        }
    }

    /// The numbers of a tensor of this file, as integers.
    /// - Throws: `CheckpointError.unsupportedType` where they are none.
    public func integers(of tensor: GraphTensor) throws -> [Int] {
        func all<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, _ bytes: UnsafeRawBufferPointer) -> [Int] {
            (0..<tensor.elementCount).map { place in
                let value = unsafe bytes.loadUnaligned(fromByteOffset: place * MemoryLayout<T>.size, as: T.self)
                return Int(truncatingIfNeeded: T(littleEndian: value))
            }
        }
        return try unsafe withBytes(of: tensor) { bytes in
            switch tensor.type {
            case .int64: return unsafe all(Int64.self, bytes)
            case .uint64: return unsafe all(UInt64.self, bytes)
            case .int32: return unsafe all(Int32.self, bytes)
            case .uint32: return unsafe all(UInt32.self, bytes)
            case .int16: return unsafe all(Int16.self, bytes)
            case .uint16: return unsafe all(UInt16.self, bytes)
            case .int8: return unsafe all(Int8.self, bytes)
            case .uint8, .bool: return unsafe all(UInt8.self, bytes)
            default:
                throw CheckpointError.unsupportedType(
                    file: path, name: tensor.name, type: "\(tensor.type) where integers are needed")
            }
        }
    }

    /// The bytes of a tensor of this file: valid within `body`, at any alignment.
    @unsafe public func withBytes<Result>(
        of tensor: GraphTensor, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        switch tensor.bytes {
        case .own(let bytes): return try unsafe bytes.withUnsafeBytes(body)
        case .range(let range):
            guard range.upperBound <= mapping.byteCount else {
                throw CheckpointError.missingTensor(file: path, name: tensor.name)
            }
            defer { withExtendedLifetime(mapping) {} }
            return try unsafe body(UnsafeRawBufferPointer(rebasing: mapping.unsafeBytes[range]))
        }
    }
}
