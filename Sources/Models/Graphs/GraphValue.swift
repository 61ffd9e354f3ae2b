import TuttiCheckpoints

/// A value of a graph: numbers in any count of dimensions, the last of which runs fastest.
public struct GraphValue: Sendable, Equatable {
    /// None for a single number.
    public let shape: [Int]
    public let numbers: GraphNumbers

    /// - Precondition: As many numbers as the shape says.
    public init(_ numbers: GraphNumbers, _ shape: [Int]) {
        precondition(shape.reduce(1, *) == numbers.count, "\(numbers.count) numbers for the shape \(shape)")
        self.shape = shape
        self.numbers = numbers
    }

    public init(_ floats: [Float], _ shape: [Int]) { self.init(.floats(floats), shape) }

    public init(_ integers: [Int], _ shape: [Int]) { self.init(.integers(integers), shape) }

    public var count: Int { numbers.count }

    /// Whether products of a shape's sizes can be formed, even where one of them is zero.
    static func isSensible(_ shape: [Int]) -> Bool {
        var product = 1
        for size in shape {
            guard size >= 0 else { return false }
            let (next, overflow) = product.multipliedReportingOverflow(by: max(1, size))
            guard !overflow, next < 1 << 40 else { return false }
            product = next
        }
        return shape.count <= 16
    }

    public var floats: [Float]? {
        if case .floats(let floats) = numbers { floats } else { nil }
    }

    /// Of int64 or int32.
    var integers: [Int]? {
        switch numbers {
        case .integers(let integers): integers
        case .words(let words): words.map(Int.init)
        default: nil
        }
    }
}

/// Numbers of one of the kinds that graphs are computed with here.
public enum GraphNumbers: Sendable, Equatable {
    case floats([Float])
    /// int64.
    case integers([Int])
    /// int32.
    case words([Int32])
    case bools([Bool])
    case bytes([UInt8])
    case signedBytes([Int8])

    public var count: Int {
        switch self {
        case .floats(let all): all.count
        case .integers(let all): all.count
        case .words(let all): all.count
        case .bools(let all): all.count
        case .bytes(let all): all.count
        case .signedBytes(let all): all.count
        }
    }

    var byteCount: Int {
        switch self {
        case .floats(let all): 4 * all.count
        case .integers(let all): 8 * all.count
        case .words(let all): 4 * all.count
        case .bools, .bytes, .signedBytes: count
        }
    }

    /// What ONNX calls the kind.
    var name: String {
        switch self {
        case .floats: "float32"
        case .integers: "int64"
        case .words: "int32"
        case .bools: "bool"
        case .bytes: "uint8"
        case .signedBytes: "int8"
        }
    }

    /// Runs of `length` numbers, one after the other: what most operators that move numbers do.
    /// - Parameter starts: Where each run begins; all lie inside.
    func runs(of length: Int, from starts: [Int]) -> GraphNumbers {
        func take<T>(_ all: [T]) -> [T] {
            if length == 1 { return starts.map { all[$0] } }
            var taken: [T] = []
            taken.reserveCapacity(starts.count * length)
            for start in starts { taken.append(contentsOf: all[start..<start + length]) }
            return taken
        }
        switch self {
        case .floats(let all): return .floats(take(all))
        case .integers(let all): return .integers(take(all))
        case .words(let all): return .words(take(all))
        case .bools(let all): return .bools(take(all))
        case .bytes(let all): return .bytes(take(all))
        case .signedBytes(let all): return .signedBytes(take(all))
        }
    }

    /// `count` runs of each part in turn, those of `parts[i]` being `lengths[i]` long; nil where the kinds differ.
    static func interleaved(_ parts: [GraphNumbers], lengths: [Int], count: Int) -> GraphNumbers? {
        func join<T>(_ parts: [[T]]) -> [T]? {
            var all: [T] = []
            all.reserveCapacity(count * lengths.reduce(0, +))
            for run in 0..<count {
                for (part, length) in zip(parts, lengths) {
                    all.append(contentsOf: part[run * length..<(run + 1) * length])
                }
            }
            return all
        }
        /// All as one kind, or nil.
        func each<T>(_ kind: (GraphNumbers) -> [T]?) -> [T]? {
            let all = parts.compactMap(kind)
            return all.count == parts.count ? join(all) : nil
        }
        return switch parts.first {
        case .floats: each { if case .floats(let x) = $0 { x } else { nil } }.map(GraphNumbers.floats)
        case .integers: each { if case .integers(let x) = $0 { x } else { nil } }.map(GraphNumbers.integers)
        case .words: each { if case .words(let x) = $0 { x } else { nil } }.map(GraphNumbers.words)
        case .bools: each { if case .bools(let x) = $0 { x } else { nil } }.map(GraphNumbers.bools)
        case .bytes: each { if case .bytes(let x) = $0 { x } else { nil } }.map(GraphNumbers.bytes)
        case .signedBytes: each { if case .signedBytes(let x) = $0 { x } else { nil } }.map(GraphNumbers.signedBytes)
        case nil: nil
        }
    }
}

extension GraphValue {
    /// The numbers of a tensor in a file.
    /// - Throws: `CheckpointError`; ``GraphError/unusableType(tensor:type:)`` for kinds that are not computed with.
    init(_ tensor: GraphTensor, of file: GraphFile) throws {
        // Shapes may hold a zero beside sizes out of all proportion.
        guard GraphValue.isSensible(tensor.shape) else {
            throw GraphError.malformed("the tensor `\(tensor.name)` has the shape \(tensor.shape)")
        }
        func all<T: BitwiseCopyable>(_ empty: T) throws -> [T] {
            try unsafe file.withBytes(of: tensor) { bytes in
                unsafe [T](unsafeUninitializedCapacity: tensor.elementCount) { values, count in
                    unsafe UnsafeMutableRawBufferPointer(values).copyMemory(from: bytes)
                    count = tensor.elementCount
                }
            }
        }
        let numbers: GraphNumbers
        switch tensor.type {
        case .float32: numbers = .floats(try all(Float(0)))
        case .int64: numbers = .integers(try all(0))
        case .int32: numbers = .words(try all(Int32(0)))
        case .uint8: numbers = .bytes(try all(UInt8(0)))
        case .int8: numbers = .signedBytes(try all(Int8(0)))
        case .bool: numbers = .bools(try file.integers(of: tensor).map { $0 != 0 })
        default: throw GraphError.unusableType(tensor: tensor.name, type: "\(tensor.type)")
        }
        self.init(numbers, tensor.shape)
    }
}
