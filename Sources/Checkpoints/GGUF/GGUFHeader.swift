/// Everything before the tensors of one GGUF file, checked against the file's size.
///
/// - SeeAlso: the GGUF specification, versions 2 and 3.
struct GGUFHeader {
    let version: UInt32
    let metadata: Metadata
    let pairRanges: GGUFMetadata.Ranges
    let tensors: [TensorEntry]
    /// How much of the file was read: all before the tensors.
    let byteCount: Int
}

extension GGUFHeader {
    /// Reads and checks the header in `bytes`, all bytes of part `part` of a model.
    ///
    /// Time and memory are linear in the header's own size, whatever its counts say.
    init(_ bytes: RawSpan, file: String, part: Int) throws(CheckpointError) {
        var reader = ByteReader(bytes, file: file)
        version = try Self.version(&reader)
        // A tensor's record has at least a name's length, a dimension count, a type and an offset; a key-value pair a
        // key's length, a type and one byte.
        let tensorCount = try reader.next(UInt64.self)
        let pairCount = try reader.nextCount(of: "metadata entries", atLeast: 13)
        try Self.requirePossible(tensorCount, of: "tensors", atLeast: 24, reader)
        try Self.requirePossible(UInt64(pairCount), of: "metadata entries", atLeast: 13, reader)
        (metadata, pairRanges) = try GGUFMetadata.read(pairCount, &reader)
        try Self.requirePossible(tensorCount, of: "tensors", atLeast: 24, reader)
        let alignment = try Self.alignment(metadata, file: file)
        tensors = try Self.tensors(Int(tensorCount), &reader, part: part, alignment: alignment)
        byteCount = reader.offset
    }

    private static func version(_ reader: inout ByteReader) throws(CheckpointError) -> UInt32 {
        guard try reader.next(UInt32.self) == 0x4655_4747 else {
            throw .unsupported(file: reader.file, "it does not begin with `GGUF`, so it is no GGUF model")
        }
        let version = try reader.next(UInt32.self)
        switch version {
        case 2, 3: return version
        case 1:
            throw .unsupported(file: reader.file, "it is of GGUF version 1; convert it anew, versions 2 and 3 are read")
        case let swapped where swapped & 0xffff == 0 && swapped != 0:
            throw .unsupported(file: reader.file, "its byte order is big-endian; only little-endian files are read")
        default:
            throw .unsupported(file: reader.file, "it is of GGUF version \(version); versions 2 and 3 are read")
        }
    }

    /// Checks a count against the bytes that are left and against a bound far above every real model's.
    private static func requirePossible(
        _ count: UInt64, of things: String, atLeast byteCount: Int, _ reader: borrowing ByteReader
    ) throws(CheckpointError) {
        guard count <= UInt64(min(reader.remaining / byteCount, 1 << 20)) else {
            throw .absurdCount(file: reader.file, things: things, count: count, remaining: reader.remaining)
        }
    }

    private static func alignment(_ metadata: Metadata, file: String) throws(CheckpointError) -> Int {
        switch metadata["general.alignment"] {
        case nil: return 32
        case .integer(let value) where (8...1 << 20).contains(value) && value & (value - 1) == 0: return Int(value)
        case let value?:
            throw .malformed(
                file: file, "`general.alignment` is \(value), not a power of two from 8 to 1048576"
            )
        }
    }

    private static func tensors(
        _ count: Int, _ reader: inout ByteReader, part: Int, alignment: Int
    ) throws(CheckpointError) -> [TensorEntry] {
        var records: [Record] = [], names: Set<String> = []
        records.reserveCapacity(count)
        names.reserveCapacity(count)
        for _ in 0..<count {
            let record = try Record(&reader)
            guard names.insert(record.name).inserted else {
                throw .malformed(file: reader.file, "two tensors are named `\(record.name)`")
            }
            records.append(record)
        }
        let start = (reader.offset + alignment - 1) / alignment * alignment
        var entries: [TensorEntry] = []
        entries.reserveCapacity(count)
        for record in records {
            guard record.offset.isMultiple(of: UInt64(alignment)) else {
                throw .malformed(
                    file: reader.file,
                    "tensor `\(record.name)` begins at \(record.offset), not at a multiple of \(alignment)"
                )
            }
            let needs = UInt64(start).addingReportingOverflow(record.offset)
            let end = needs.partialValue.addingReportingOverflow(UInt64(record.byteCount))
            guard !needs.overflow, !end.overflow, end.partialValue <= UInt64(reader.byteCount) else {
                let overflow = needs.overflow || end.overflow
                throw .truncated(
                    file: reader.file, needs: overflow ? .max : Int(clamping: end.partialValue), has: reader.byteCount
                )
            }
            entries.append(
                TensorEntry(
                    name: record.name, dimensions: record.dimensions, dtype: record.type.dtype,
                    typeName: record.type.name, byteCount: record.byteCount, part: part,
                    offset: start + Int(record.offset)
                )
            )
        }
        try requireNoOverlap(entries, file: reader.file)
        return entries
    }

    private static func requireNoOverlap(_ entries: [TensorEntry], file: String) throws(CheckpointError) {
        let sorted = entries.filter { $0.byteCount > 0 }.sorted { $0.offset < $1.offset }
        for (entry, next) in zip(sorted, sorted.dropFirst()) where next.offset < entry.offset + entry.byteCount {
            throw .malformed(file: file, "tensors `\(entry.name)` and `\(next.name)` overlap")
        }
    }
}

extension GGUFHeader {
    /// A tensor as the file states it, its shape checked, its place not yet.
    private struct Record {
        let name: String, dimensions: [Int], type: StorageType, byteCount: Int, offset: UInt64

        init(_ reader: inout ByteReader) throws(CheckpointError) {
            let nameLength = try reader.nextCount(of: "bytes of a tensor's name", atLeast: 1)
            guard (1...1024).contains(nameLength) else {
                throw .malformed(
                    file: reader.file, "a tensor's name at byte \(reader.offset) has \(nameLength) bytes, not 1 to 1024"
                )
            }
            name = try reader.nextString(byteCount: nameLength, "a tensor's name")
            let rank = try reader.next(UInt32.self)
            guard rank <= 4 else {
                throw .malformed(file: reader.file, "tensor `\(name)` has \(rank) dimensions, more than 4")
            }
            var dimensions: [Int] = [], elements = 1
            for _ in 0..<rank {
                let dimension = try reader.next(UInt64.self)
                let product = elements.multipliedReportingOverflow(by: Int(clamping: dimension))
                guard dimension > 0, dimension <= UInt64(Int.max), !product.overflow else {
                    throw .malformed(
                        file: reader.file,
                        "tensor `\(name)` has an impossible dimension, \(dimensions + [Int(clamping: dimension)])"
                    )
                }
                elements = product.partialValue
                dimensions.append(Int(dimension))
            }
            self.dimensions = dimensions
            type = StorageType(try reader.next(UInt32.self))
            byteCount = try Self.byteCount(name, dimensions, elements, type, file: reader.file)
            offset = try reader.next(UInt64.self)
        }

        private static func byteCount(
            _ name: String, _ dimensions: [Int], _ elements: Int, _ type: StorageType, file: String
        ) throws(CheckpointError) -> Int {
            guard let block = type.block else { return 0 }
            let width = dimensions.first ?? 1
            guard width.isMultiple(of: block.elements) else {
                throw .malformed(
                    file: file,
                    "tensor `\(name)` has rows of \(width), not a multiple of the \(block.elements) of a \(type.name) block"
                )
            }
            let (bytes, overflow) = (elements / block.elements).multipliedReportingOverflow(by: block.bytes)
            guard !overflow else {
                throw .malformed(file: file, "tensor `\(name)` has an impossible shape, \(dimensions)")
            }
            return bytes
        }
    }
}
