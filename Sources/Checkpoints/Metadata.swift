/// The strings of a metadata array in one run of bytes, so that a vocabulary of 150,000 entries costs two allocations.
public struct StringTable: Sendable, Equatable {
    /// The UTF-8 (by intent; files may lie) of all strings, one after the other.
    public private(set) var bytes: [UInt8] = []
    /// Where each string ends in `bytes`: all strings together are less than 4 GiB.
    public private(set) var ends: [UInt32] = []

    public init() {}

    /// Takes over a table's two arrays; `ends` must rise up to `bytes.count`.
    init(bytes: [UInt8], ends: [UInt32]) {
        self.bytes = bytes
        self.ends = ends
    }

    public init(_ strings: some Sequence<String>) {
        for string in strings { append(string.utf8) }
    }

    public var count: Int { ends.count }

    /// The range of string `index` in `bytes`.
    public func range(of index: Int) -> Range<Int> { (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index]) }

    /// String `index`; bytes that are not UTF-8 are shown as U+FFFD.
    public subscript(index: Int) -> String { String(decoding: bytes[range(of: index)], as: UTF8.self) }

    public mutating func append(_ string: some Sequence<UInt8>) {
        bytes.append(contentsOf: string)
        ends.append(UInt32(bytes.count))
    }
}

/// One value of a checkpoint's metadata, in the widest type of its kind.
public enum MetadataValue: Sendable, Equatable {
    case bool(Bool)
    case integer(Int64)
    /// An integer that `Int64` cannot hold.
    case unsigned(UInt64)
    case float(Double)
    case string(String)
    case bools([Bool])
    case integers(NumberTable<Int64>)
    case floats(NumberTable<Double>)
    case strings(StringTable)
    /// An array of arrays, or an empty array of them.
    case arrays([MetadataValue])
}

/// What a checkpoint says about itself: GGUF's key-value pairs, or the same read out of config.json.
public struct Metadata: Sendable, Equatable {
    public var values: [String: MetadataValue]

    public init(_ values: [String: MetadataValue] = [:]) { self.values = values }

    public subscript(key: String) -> MetadataValue? { values[key] }

    public func string(_ key: String) -> String? {
        if case .string(let value) = values[key] { value } else { nil }
    }

    public func integer(_ key: String) -> Int? {
        if case .integer(let value) = values[key] { Int(value) } else { nil }
    }

    public func float(_ key: String) -> Double? {
        switch values[key] {
        case .float(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    public func bool(_ key: String) -> Bool? {
        if case .bool(let value) = values[key] { value } else { nil }
    }

    public func strings(_ key: String) -> StringTable? {
        if case .strings(let value) = values[key] { value } else { nil }
    }

    public func integers(_ key: String) -> NumberTable<Int64>? {
        if case .integers(let value) = values[key] { value } else { nil }
    }

    public func floats(_ key: String) -> NumberTable<Double>? {
        if case .floats(let value) = values[key] { value } else { nil }
    }
}
