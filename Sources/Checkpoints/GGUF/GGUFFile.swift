internal import TuttiTensors

/// A GGUF model, opened by memory mapping; the parts of a split model are one.
///
/// Opening reads and checks all headers, so that whatever a tensor's entry says is inside the file. Entries of types
/// that are not read here are listed like all others; only asking for their bytes is an error. Safe to share between
/// threads. The bytes that it hands out lie in the mapping and are valid as long as this object.
///
/// - SeeAlso: the GGUF specification, versions 2 and 3 (little-endian).
public final class GGUFFile: Checkpoint {
    /// The path that was opened.
    public let path: String
    public let version: Int
    /// What the model says about itself; of a split model, what its first part says.
    public let metadata: Metadata
    /// All tensors in the order of the file, part after part.
    public let tensors: [TensorEntry]
    /// Where each value stands in `headerBytes`, its type included, in the file's order.
    let pairRanges: GGUFMetadata.Ranges
    private let parts: [MappedFile]
    private let indices: [String: Int]

    /// Opens the model at `path`: a `.gguf`, or any part of a split one (`…-00001-of-00003.gguf`), which opens all parts.
    /// - Throws: `CheckpointError`.
    /// - Complexity: Linear in the headers' size; about 10 ms for a vocabulary of 150,000 tokens.
    public convenience init(path: String) throws {
        try self.init(checking: path)
    }

    private init(checking path: String) throws(CheckpointError) {
        var (mapping, header) = try Self.open(path, part: 0)
        var parts = [mapping], tensors = header.tensors
        if let split = try Split(header.metadata, path: path) {
            // Whichever part was named, the first one describes the model.
            if split.number != 0 {
                (mapping, header) = try Self.open(split.path(0), part: 0)
                guard let first = try Split(header.metadata, path: split.path(0)), first.number == 0 else {
                    throw .split(file: split.path(0), "it does not say that it is the first")
                }
                parts = [mapping]
                tensors = header.tensors
            }
            for number in 1..<split.count {
                let (part, partHeader) = try Self.open(split.path(number), part: number)
                try split.requireSameModel(header, partHeader, number: number)
                parts.append(part)
                tensors += partHeader.tensors
            }
            try split.requireAll(tensors.count)
        }
        var indices: [String: Int] = [:]
        indices.reserveCapacity(tensors.count)
        for (index, tensor) in tensors.enumerated() {
            guard indices.updateValue(index, forKey: tensor.name) == nil else {
                throw .split(file: path, "two parts hold a tensor `\(tensor.name)`, so they are of different models")
            }
        }
        (self.path, self.parts, self.tensors, self.indices) = (path, parts, tensors, indices)
        (version, metadata, pairRanges) = (Int(header.version), header.metadata, header.pairRanges)
    }

    private static func open(_ path: String, part: Int) throws(CheckpointError) -> (MappedFile, GGUFHeader) {
        let mapping: MappedFile
        do { mapping = try MappedFile(path: path) } catch { throw .unreadable(error) }
        let header = try GGUFHeader(mapping.bytes, file: path, part: part)
        // A vocabulary is megabytes, and all of it is copied by now.
        mapping.release(0..<header.byteCount)
        return (mapping, header)
    }

    /// All bytes of the first part, which describes the model.
    var headerBytes: RawSpan {
        @_lifetime(borrow self) get {
            let span = unsafe RawSpan(_unsafeBytes: parts[0].unsafeBytes)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The size of all parts on disk.
    public var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }

    /// The files that make up the model: one, or all parts in order.
    public var paths: [String] { parts.map(\.path) }

    public func tensor(named name: String) -> TensorEntry? { indices[name].map { tensors[$0] } }

    /// The stored bytes of a tensor, whole blocks row after row, aligned as the file aligns them.
    /// - Throws: `CheckpointError.unsupportedType` for types that are not read here.
    @_lifetime(borrow self)
    public func bytes(of entry: TensorEntry) throws -> RawSpan {
        let (part, range) = try readable(entry)
        let span = part.bytes.extracting(range)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    public func contents(of entry: TensorEntry) throws -> TensorContents {
        let (part, range) = try readable(entry)
        return unsafe TensorContents(UnsafeRawBufferPointer(rebasing: part.unsafeBytes[range]), owner: part)
    }

    /// Gives back the memory of a tensor's pages once its content is packed elsewhere; its bytes stay readable.
    public func release(_ entry: TensorEntry) {
        guard let (part, range) = try? readable(entry) else { return }
        part.release(range)
    }

    /// Asks the system to read a tensor ahead of its use.
    public func willNeed(_ entry: TensorEntry) {
        guard let (part, range) = try? readable(entry) else { return }
        part.willNeed(range)
    }

    private func readable(_ entry: TensorEntry) throws(CheckpointError) -> (MappedFile, Range<Int>) {
        guard entry.dtype != nil else {
            throw .unsupportedType(file: path, name: entry.name, type: entry.typeName)
        }
        // An entry of another model must not read outside this one.
        guard tensor(named: entry.name) == entry else { throw .missingTensor(file: path, name: entry.name) }
        return (parts[entry.part], entry.offset..<entry.offset + entry.byteCount)
    }
}
