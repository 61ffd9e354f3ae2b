import TuttiTensors

/// A `model.bin` of CTranslate2, opened by memory mapping: variables one after the other, then names that stand for others.
///
/// - SeeAlso: CTranslate2's `model_spec.py` (binary version 6), which writes it.
public final class CTranslate2File: Sendable {
    public let path: String
    /// What it is a model of, such as `WhisperSpec`.
    public let specification: String
    private let variables: [String: Variable]
    private let mapping: MappedFile

    private struct Variable: Sendable {
        let shape: [Int]
        let type: Element
        let range: Range<Int>
    }

    /// The kinds of numbers, under the file's codes.
    private enum Element: UInt8, Sendable {
        case float32, int8, int16, int32, float16, bfloat16

        var byteCount: Int {
            switch self {
            case .int8: 1
            case .int16, .float16, .bfloat16: 2
            case .float32, .int32: 4
            }
        }

        var dtype: DType? {
            switch self {
            case .float32: .f32
            case .float16: .f16
            case .bfloat16: .bf16
            default: nil
            }
        }
    }

    /// - Throws: `CheckpointError`.
    public init(path: String) throws {
        let mapping: MappedFile
        do { mapping = try MappedFile(path: path) } catch { throw CheckpointError.unreadable(error) }
        var reader = ByteReader(mapping.bytes, file: path)
        let version = try reader.next(UInt32.self)
        guard version == 6 else {
            throw CheckpointError.unsupported(
                file: path, "version 6 of CTranslate2's format is read, and this is \(version)")
        }
        let specification = try CTranslate2File.text(&reader)
        _ = try reader.next(UInt32.self)
        let count = Int(try reader.next(UInt32.self))
        var variables: [String: Variable] = [:]
        for _ in 0..<count {
            let name = try CTranslate2File.text(&reader)
            let variable = try CTranslate2File.variable(name, &reader)
            guard variables.updateValue(variable, forKey: name) == nil else {
                throw CheckpointError.malformed(file: path, "two variables are called `\(name)`")
            }
        }
        for _ in 0..<(try reader.next(UInt32.self)) {
            let alias = try CTranslate2File.text(&reader), target = try CTranslate2File.text(&reader)
            guard let variable = variables[target] else {
                throw CheckpointError.missingTensor(file: path, name: target)
            }
            variables[alias] = variable
        }
        (self.path, self.specification, self.variables, self.mapping) = (path, specification, variables, mapping)
    }

    public var byteCount: Int { mapping.byteCount }

    public var names: [String] { variables.keys.sorted() }

    /// The slowest dimension first; nil for a name that is not there.
    public func shape(of name: String) -> [Int]? { variables[name]?.shape }

    /// A variable's numbers in float32, row after row.
    /// - Parameter shape: What it has to be.
    /// - Throws: `CheckpointError.missingTensor`, `.wrongShape` or `.unsupportedType`.
    public func floats(_ name: String, shape: [Int]) throws -> [Float] {
        guard let variable = variables[name] else { throw CheckpointError.missingTensor(file: path, name: name) }
        guard variable.shape == shape else {
            throw CheckpointError.wrongShape(file: path, name: name, shape: variable.shape, expected: shape)
        }
        guard let dtype = variable.type.dtype else {
            throw CheckpointError.unsupportedType(file: path, name: name, type: "\(variable.type)")
        }
        var values = [Float](repeating: 0, count: shape.reduce(1, *))
        unsafe values.withUnsafeMutableBufferPointer { values in
            unsafe dtype.dequantize(UnsafeRawBufferPointer(rebasing: mapping.unsafeBytes[variable.range]), into: values)
        }
        return values
    }

    /// A single whole number, such as a count of heads.
    public func integer(_ name: String) throws -> Int {
        guard let variable = variables[name] else { throw CheckpointError.missingTensor(file: path, name: name) }
        guard variable.shape.reduce(1, *) == 1 else {
            throw CheckpointError.wrongShape(file: path, name: name, shape: variable.shape, expected: [])
        }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: mapping.unsafeBytes[variable.range])
        switch variable.type {
        case .int8: return Int(unsafe bytes.loadUnaligned(as: Int8.self))
        case .int16: return Int(unsafe bytes.loadUnaligned(as: Int16.self).littleEndian)
        case .int32: return Int(unsafe bytes.loadUnaligned(as: Int32.self).littleEndian)
        default:
            throw CheckpointError.unsupportedType(file: path, name: name, type: "\(variable.type)")
        }
    }

    /// The file as a checkpoint of a family: its variables under that family's names, `rules`' sources being the file's.
    /// Matrices rounded to bytes are given in float32: each row's bytes divided by the row's scale.
    /// - Throws: `CheckpointError.malformed` where a variable has fewer rows than a rule takes of it, or bytes without
    ///   scales.
    public func checkpoint(_ metadata: Metadata, _ rules: [TensorRule]) throws -> MappedCheckpoint {
        try MappedCheckpoint(mapping, metadata, rules) { name in
            guard let variable = variables[name] else { return nil }
            let divisors = variable.type == .int8 ? try scales(of: name, variable) : []
            return MappedCheckpoint.Source(
                shape: variable.shape, dtype: divisors.isEmpty ? variable.type.dtype : .f32,
                typeName: "\(variable.type)", range: variable.range, divisors: divisors)
        }
    }

    /// What the bytes of each row were multiplied with before they were rounded.
    private func scales(of name: String, _ variable: Variable) throws -> [Float] {
        let scales = try floats("\(name)_scale", shape: [variable.shape.first ?? 0])
        guard !variable.range.isEmpty, scales.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw CheckpointError.malformed(file: path, "`\(name)` has no bytes, or scales that are not above 0")
        }
        return scales
    }

    /// Gives back the memory of a variable's pages; its bytes stay readable.
    public func release(_ name: String) {
        if let variable = variables[name] { mapping.release(variable.range) }
    }

    // MARK: Pieces of the file

    /// A length that counts the NUL at the end, then the bytes.
    private static func text(_ reader: inout ByteReader) throws -> String {
        let count = Int(try reader.next(UInt16.self))
        guard count > 0 else {
            throw CheckpointError.malformed(file: reader.file, "a name at byte \(reader.offset) is missing")
        }
        let text = try reader.nextString(byteCount: count - 1, "a name")
        try reader.advance(1)
        return text
    }

    private static func variable(_ name: String, _ reader: inout ByteReader) throws -> Variable {
        let rank = Int(try reader.next(UInt8.self))
        var shape: [Int] = []
        for _ in 0..<rank { shape.append(Int(try reader.next(UInt32.self))) }
        guard let type = Element(rawValue: try reader.next(UInt8.self)) else {
            throw CheckpointError.malformed(file: reader.file, "the variable `\(name)` is of an unknown type")
        }
        let byteCount = Int(try reader.next(UInt32.self))
        var needed = type.byteCount
        for dimension in shape {
            let (product, overflow) = needed.multipliedReportingOverflow(by: dimension)
            guard !overflow else {
                throw CheckpointError.malformed(file: reader.file, "the variable `\(name)` is larger than any memory")
            }
            needed = product
        }
        guard needed == byteCount else {
            throw CheckpointError.malformed(
                file: reader.file, "the variable `\(name)` has \(byteCount) bytes, its shape needs \(needed)")
        }
        let start = try reader.advance(byteCount)
        return Variable(shape: shape, type: type, range: start..<start + byteCount)
    }
}
