/// GGUF's key-value pairs as they stand in a file: in order, each value in the very type and bytes that it was read in.
///
/// - SeeAlso: the GGUF specification, `gguf_metadata_kv_t`.
public struct GGUFPairs: Sendable, Equatable {
    /// A key, and its value with the value's type before it.
    struct Pair: Sendable, Equatable {
        let key: String
        var value: [UInt8]
    }

    private(set) var pairs: [Pair] = []

    public init() {}

    /// What a GGUF file says of itself, except how the file itself is laid out: its alignment, its parts.
    public init(_ file: GGUFFile) {
        for (key, range) in file.pairRanges where key != "general.alignment" && !key.hasPrefix("split.") {
            let value = file.headerBytes.extracting(range)
            pairs.append(Pair(key: key, value: unsafe value.withUnsafeBytes { unsafe Array($0) }))
        }
    }

    /// Metadata from elsewhere, in the types that GGUF files usually have: `uint32` for sizes, `int32` for arrays,
    /// `float32` for fractions, wider ones where a number asks for it. The architecture comes first, then by name.
    public init(_ metadata: Metadata) {
        let first = "general.architecture"
        let keys = metadata.values.keys.sorted { $0 == first || ($1 != first && $0 < $1) }
        for key in keys { set(key, metadata.values[key] ?? .bool(false)) }
    }

    public var count: Int { pairs.count }

    /// Sets a value in GGUF's usual type for it; a key that is there keeps its place.
    public mutating func set(_ key: String, _ value: MetadataValue) {
        var bytes: [UInt8] = []
        Self.append(value, to: &bytes, withType: true)
        if let place = pairs.firstIndex(where: { $0.key == key }) {
            pairs[place].value = bytes
        } else {
            pairs.append(Pair(key: key, value: bytes))
        }
    }

    public mutating func remove(_ key: String) { pairs.removeAll { $0.key == key } }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for pair in pairs {
            GGUFBytes.append(pair.key, to: &bytes)
            bytes += pair.value
        }
        return bytes
    }

    private static func append(_ value: MetadataValue, to bytes: inout [UInt8], withType: Bool) {
        func type(_ type: GGUFValueType) { if withType { GGUFBytes.append(type.rawValue, to: &bytes) } }
        func array(_ element: GGUFValueType, _ count: Int) {
            type(.array)
            GGUFBytes.append(element.rawValue, to: &bytes)
            GGUFBytes.append(UInt64(count), to: &bytes)
        }
        switch value {
        case .bool(let value):
            type(.bool)
            bytes.append(value ? 1 : 0)
        case .integer(let value):
            if let value = UInt32(exactly: value) {
                type(.uint32)
                GGUFBytes.append(value, to: &bytes)
            } else if let value = Int32(exactly: value) {
                type(.int32)
                GGUFBytes.append(value, to: &bytes)
            } else {
                type(.int64)
                GGUFBytes.append(value, to: &bytes)
            }
        case .unsigned(let value):
            type(.uint64)
            GGUFBytes.append(value, to: &bytes)
        case .float(let value):
            type(.float32)
            GGUFBytes.append(Float(value).bitPattern, to: &bytes)
        case .string(let value):
            type(.string)
            GGUFBytes.append(value, to: &bytes)
        case .bools(let values):
            array(.bool, values.count)
            bytes += values.map { $0 ? 1 : 0 }
        case .integers(let values):
            let narrow = values.compactMap { Int32(exactly: $0) }
            array(narrow.count == values.count ? .int32 : .int64, values.count)
            if narrow.count == values.count {
                for value in narrow { GGUFBytes.append(value, to: &bytes) }
            } else {
                for value in values { GGUFBytes.append(value, to: &bytes) }
            }
        case .floats(let values):
            array(.float32, values.count)
            for value in values { GGUFBytes.append(Float(value).bitPattern, to: &bytes) }
        case .strings(let table):
            array(.string, table.count)
            for index in 0..<table.count {
                let range = table.range(of: index)
                GGUFBytes.append(UInt64(range.count), to: &bytes)
                bytes += table.bytes[range]
            }
        case .arrays(let values):
            array(.array, values.count)
            for value in values { append(value, to: &bytes, withType: false) }
        }
    }
}

/// The value types of GGUF; raw values are the format's own.
enum GGUFValueType: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// The least bytes that a value takes in the file.
    var leastByteCount: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .string, .uint64, .int64, .float64: 8
        case .array: 12
        }
    }
}

/// How GGUF writes numbers and strings.
enum GGUFBytes {
    static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    static func append(_ text: String, to bytes: inout [UInt8]) {
        append(UInt64(text.utf8.count), to: &bytes)
        bytes += text.utf8
    }
}
