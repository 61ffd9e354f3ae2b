/// Reads GGUF's key-value pairs.
///
/// - SeeAlso: the GGUF specification, `gguf_metadata_kv_t`.
enum GGUFMetadata {
    /// Arrays within arrays deeper than this are refused: each level is a call.
    private static let deepestNesting = 16
    /// All array elements of a file together; the largest vocabularies stay below a hundredth of it.
    private static let mostElements = 1 << 26

    /// Also where each value stands in the file, its type included, in the file's order.
    typealias Ranges = [(key: String, range: Range<Int>)]

    static func read(_ count: Int, _ reader: inout ByteReader) throws(CheckpointError) -> (Metadata, Ranges) {
        var metadata = Metadata(), ranges: Ranges = [], budget = mostElements
        metadata.values.reserveCapacity(count)
        for _ in 0..<count {
            let keyLength = try reader.nextCount(of: "bytes of a metadata key", atLeast: 1)
            guard (1...65535).contains(keyLength) else {
                throw .malformed(
                    file: reader.file, "a metadata key at byte \(reader.offset) has \(keyLength) bytes, not 1 to 65535"
                )
            }
            let key = try reader.nextString(byteCount: keyLength, "a metadata key")
            let start = reader.offset
            let value = try value(try type(&reader, key), &reader, key, depth: 0, &budget)
            ranges.append((key, start..<reader.offset))
            guard metadata.values.updateValue(value, forKey: key) == nil else {
                throw .malformed(file: reader.file, "metadata has `\(key)` twice")
            }
        }
        return (metadata, ranges)
    }

    private static func type(_ reader: inout ByteReader, _ key: String) throws(CheckpointError) -> GGUFValueType {
        let raw = try reader.next(UInt32.self)
        guard let type = GGUFValueType(rawValue: raw) else {
            throw .malformed(file: reader.file, "metadata `\(key)` has a value of unknown type \(raw)")
        }
        return type
    }

    private static func value(
        _ type: GGUFValueType, _ reader: inout ByteReader, _ key: String, depth: Int, _ budget: inout Int
    ) throws(CheckpointError) -> MetadataValue {
        switch type {
        case .uint8: return .integer(Int64(try reader.next(UInt8.self)))
        case .int8: return .integer(Int64(try reader.next(Int8.self)))
        case .uint16: return .integer(Int64(try reader.next(UInt16.self)))
        case .int16: return .integer(Int64(try reader.next(Int16.self)))
        case .uint32: return .integer(Int64(try reader.next(UInt32.self)))
        case .int32: return .integer(Int64(try reader.next(Int32.self)))
        case .int64: return .integer(try reader.next(Int64.self))
        case .uint64:
            let value = try reader.next(UInt64.self)
            return Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
        case .float32: return .float(Double(Float(bitPattern: try reader.next(UInt32.self))))
        case .float64: return .float(Double(bitPattern: try reader.next(UInt64.self)))
        case .bool: return .bool(try bool(&reader, key))
        case .string: return .string(try string(&reader))
        case .array: return try array(&reader, key, depth: depth, &budget)
        }
    }

    /// A string value; bytes that are not UTF-8 are shown as U+FFFD, as vocabularies and templates come from anywhere.
    private static func string(_ reader: inout ByteReader) throws(CheckpointError) -> String {
        let count = try reader.nextCount(of: "bytes of a string", atLeast: 1)
        let start = try reader.advance(count)
        return unsafe reader.bytes(in: start..<start + count).withUnsafeBytes {
            unsafe String(decoding: $0, as: UTF8.self)
        }
    }

    private static func bool(_ reader: inout ByteReader, _ key: String) throws(CheckpointError) -> Bool {
        let raw = try reader.next(UInt8.self)
        guard raw <= 1 else {
            throw .malformed(file: reader.file, "metadata `\(key)` holds \(raw) where only 0 and 1 are allowed")
        }
        return raw == 1
    }

    private static func array(
        _ reader: inout ByteReader, _ key: String, depth: Int, _ budget: inout Int
    ) throws(CheckpointError) -> MetadataValue {
        let type = try type(&reader, key)
        let count = try reader.nextCount(of: "elements of `\(key)`", atLeast: type.leastByteCount)
        guard count <= budget else {
            throw .malformed(file: reader.file, "metadata arrays have more than \(mostElements) elements together")
        }
        budget -= count
        switch type {
        case .uint8: return .integers(try numbers(count, &reader) { (x: UInt8) in Int64(x) })
        case .int8: return .integers(try numbers(count, &reader) { (x: Int8) in Int64(x) })
        case .uint16: return .integers(try numbers(count, &reader) { (x: UInt16) in Int64(x) })
        case .int16: return .integers(try numbers(count, &reader) { (x: Int16) in Int64(x) })
        case .uint32: return .integers(try numbers(count, &reader) { (x: UInt32) in Int64(x) })
        case .int32: return .integers(try numbers(count, &reader) { (x: Int32) in Int64(x) })
        case .int64: return .integers(try numbers(count, &reader) { (x: Int64) in x })
        case .uint64:
            // What Int64 cannot hold would be another number; no known key needs it.
            let values = try numbers(count, &reader) { (x: UInt64) in Int64(exactly: x) ?? -1 }
            guard !values.contains(-1) else {
                throw .malformed(file: reader.file, "metadata `\(key)` holds a number above 2⁶³ − 1")
            }
            return .integers(values)
        case .float32: return .floats(try numbers(count, &reader) { (x: UInt32) in Double(Float(bitPattern: x)) })
        case .float64: return .floats(try numbers(count, &reader) { (x: UInt64) in Double(bitPattern: x) })
        case .bool:
            var values: [Bool] = []
            values.reserveCapacity(count)
            for _ in 0..<count { values.append(try bool(&reader, key)) }
            return .bools(values)
        case .string: return .strings(try strings(count, &reader))
        case .array:
            guard depth < deepestNesting else {
                throw .malformed(file: reader.file, "metadata `\(key)` nests arrays deeper than \(deepestNesting)")
            }
            var values: [MetadataValue] = []
            values.reserveCapacity(count)
            for _ in 0..<count { values.append(try array(&reader, key, depth: depth + 1, &budget)) }
            return .arrays(values)
        }
    }

    private static func numbers<T: FixedWidthInteger & BitwiseCopyable, Value>(
        _ count: Int, _ reader: inout ByteReader, _ value: (T) -> Value
    ) throws(CheckpointError) -> NumberTable<Value> {
        var values = NumberTable<Value>()
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(value(try reader.next(T.self))) }
        return values
    }

    /// Reads the strings twice, once for their lengths and once for their bytes, so that each array is reserved once.
    private static func strings(_ count: Int, _ reader: inout ByteReader) throws(CheckpointError) -> StringTable {
        let start = reader.offset
        var ends: [UInt32] = [], total: UInt32 = 0
        ends.reserveCapacity(count)
        for _ in 0..<count {
            let byteCount = try reader.nextCount(of: "bytes of a string", atLeast: 1)
            try reader.advance(byteCount)
            let (end, overflow) = total.addingReportingOverflow(UInt32(truncatingIfNeeded: byteCount))
            guard byteCount <= UInt32.max, !overflow else {
                throw .malformed(file: reader.file, "the strings of a metadata array have 4 GiB or more together")
            }
            total = end
            ends.append(total)
        }
        let source = reader.bytes(in: start..<reader.offset)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(total))
        var from = 0, previous = 0
        for end in ends.lazy.map({ Int($0) }) {
            from += 8
            unsafe source.extracting(from..<from + end - previous).withUnsafeBytes {
                unsafe bytes.append(contentsOf: $0)
            }
            from += end - previous
            previous = end
        }
        return StringTable(bytes: bytes, ends: ends)
    }
}
