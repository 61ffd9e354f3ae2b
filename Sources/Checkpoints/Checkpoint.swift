import TuttiTensors

/// A model's weights and what it says of itself, in GGUF's words whatever its files are.
///
/// A GGUF file speaks them already; a Hugging Face folder is translated by its family's table. Whoever builds, shows or
/// rewrites a model reads this and nothing else. Safe to share between threads.
public protocol Checkpoint: AnyObject, Sendable {
    /// What was opened; error messages name it.
    var path: String { get }
    /// The files that make up the model.
    var paths: [String] { get }
    /// The size of all of them on disk.
    var byteCount: Int { get }
    /// What the model says of itself, under GGUF's keys.
    var metadata: Metadata { get }
    /// All tensors, under GGUF's names.
    var tensors: [TensorEntry] { get }

    func tensor(named name: String) -> TensorEntry?

    /// The stored numbers of a tensor, whole blocks row after row.
    /// - Throws: `CheckpointError.unsupportedType` for types that are not read here.
    func contents(of entry: TensorEntry) throws -> TensorContents

    /// Gives back the memory of a tensor's pages once its content is packed elsewhere; its bytes stay readable.
    func release(_ entry: TensorEntry)
}

/// The bytes of a tensor and what keeps them there: a mapping, or memory of their own.
@safe public struct TensorContents: Sendable {
    /// Valid as long as `owner`.
    @unsafe public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    public let owner: any Sendable & AnyObject

    @unsafe public init(_ bytes: UnsafeRawBufferPointer, owner: any Sendable & AnyObject) {
        unsafe self.bytes = bytes
        self.owner = owner
    }

    /// Gives back the memory of the bytes in `range` that are mapped from a file: they were read for good. They stay
    /// readable.
    public func release(_ range: Range<Int>) {
        guard let file = owner as? MappedFile, let start = unsafe bytes.baseAddress,
            let fileStart = unsafe file.unsafeBytes.baseAddress
        else { return }
        let offset = unsafe start - UnsafeRawPointer(fileStart)
        file.release(offset + range.lowerBound..<offset + range.upperBound)
    }
}

extension Checkpoint {
    /// The tensor called `name`, which must have just this `shape` (the slowest dimension first: `[rows, columns]`).
    /// - Throws: `CheckpointError.missingTensor`, `.wrongShape`, or `.unsupportedType` if its bytes cannot be read.
    public func tensor(named name: String, shape: [Int]) throws -> TensorEntry {
        guard let entry = tensor(named: name) else { throw CheckpointError.missingTensor(file: path, name: name) }
        guard entry.shape == shape else {
            throw CheckpointError.wrongShape(file: path, name: name, shape: entry.shape, expected: shape)
        }
        guard entry.dtype != nil else {
            throw CheckpointError.unsupportedType(file: path, name: entry.name, type: entry.typeName)
        }
        return entry
    }

    /// The values of a tensor in f32, row after row.
    /// - Throws: `CheckpointError.unsupportedType` for types that are not read here.
    public func floats(of entry: TensorEntry) throws -> [Float] {
        let contents = try contents(of: entry)
        guard let dtype = entry.dtype else { return [] }
        var values = [Float](repeating: 0, count: entry.elementCount)
        unsafe values.withUnsafeMutableBufferPointer { unsafe dtype.dequantize(contents.bytes, into: $0) }
        withExtendedLifetime(contents.owner) {}
        return values
    }
}
