public import OrderedCollections

/// A JSON value that keeps what Swift's own decoders lose: the order of keys, and whether a number was whole.
///
/// Strings and keys are equal when their bytes are: `é` written as one scalar and as two are different keys, as in
/// every other language's JSON. Swift's `==` on `String` would make them one.
public enum JSON: Sendable, Hashable {
    case null
    case bool(Bool)
    /// A number written without point or exponent. Longer than 128 bits it becomes a `number`.
    case integer(Int128)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(OrderedDictionary<Key, JSON>)

    /// An object's key: a string that is compared by its bytes.
    public struct Key: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
        public let text: String

        public init(_ text: String) { self.text = text }
        public init(stringLiteral text: String) { self.text = text }
        public var description: String { text }

        /// Hashing by canonical equivalence is coarser than this equality, so equal keys have equal hashes.
        public func hash(into hasher: inout Hasher) { hasher.combine(text) }
        public static func == (a: Key, b: Key) -> Bool { hasSameBytes(a.text, b.text) }
    }
}

/// Whether two strings are the same scalars, not merely canonically equivalent. O(n).
package func hasSameBytes(_ a: String, _ b: String) -> Bool {
    // `==` is a memory comparison when it is true bit by bit, and says no at once for most others.
    a == b && a.utf8.elementsEqual(b.utf8)
}

extension JSON {
    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): hasSameBytes(a, b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a.count == b.count && a.allSatisfy { b[$0.key] == $0.value }
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let text): hasher.combine(text)
        case .array(let items): hasher.combine(items)
        case .object(let members): hasher.combine(members.count)  // equality ignores the order of keys
        }
    }

    /// A whole number.
    public init(_ value: Int) { self = .integer(Int128(value)) }

    /// The member of that name, or nil where this is no object or has none. O(1).
    public subscript(_ key: String) -> JSON? {
        if case .object(let members) = self { members[Key(key)] } else { nil }
    }

    /// The item at that place, or nil where this is no array or is shorter. O(1).
    public subscript(_ index: Int) -> JSON? {
        if case .array(let items) = self, items.indices.contains(index) { items[index] } else { nil }
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
    public var object: OrderedDictionary<Key, JSON>? { if case .object(let members) = self { members } else { nil } }

    /// The number if it is a whole one that an `Int` holds, such as 3 or 3.0.
    public var int: Int? {
        switch self {
        case .integer(let value): Int(exactly: value)
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number, whole or not.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int) { self = .integer(Int128(value)) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(stringLiteral text: String) { self = .string(text) }
    public init(arrayLiteral items: JSON...) { self = .array(items) }

    /// Of a key that is written twice the last value counts, at the first one's place.
    public init(dictionaryLiteral members: (Key, JSON)...) {
        self = .object(.init(members, uniquingKeysWith: { $1 }))
    }
}
