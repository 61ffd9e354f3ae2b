import OrderedCollections

/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public let message: String
    /// Counted from 1.
    public let line: Int
    /// Counted from 0, from the start of the text.
    public let byteOffset: Int

    public var description: String { "JSON, line \(line), byte \(byteOffset): \(message)" }
}

extension JSON {
    /// Reads one JSON value, strictly as RFC 8259 has it: no comments, no trailing commas, no `NaN`.
    ///
    /// Of a key that comes twice the last value counts, at the first one's place. O(bytes).
    /// - Parameters:
    ///   - depth: How deeply arrays and objects may lie within each other.
    ///   - byteCount: The longest text that is read.
    public init(
        parsing text: some Sequence<UInt8>, depth: Int = 128, byteCount: Int = 256 << 20
    ) throws(JSONError) {
        let bytes = [UInt8](text)
        guard bytes.count <= byteCount else {
            throw JSONError(
                message: "the text has \(bytes.count) bytes, at most \(byteCount) are read", line: 1, byteOffset: 0)
        }
        var reader = JSONReader(bytes: bytes, depth: depth)
        self = try reader.document()
    }

    /// Reads one JSON value from a string; see `init(parsing:depth:byteCount:)`.
    public init(parsing text: String, depth: Int = 128, byteCount: Int = 256 << 20) throws(JSONError) {
        try self.init(parsing: text.utf8, depth: depth, byteCount: byteCount)
    }
}

/// A strict recursive-descent reader; docs/notes/2026-11-json-reader.md says why it is not a library's.
private struct JSONReader {
    let bytes: [UInt8]
    var depth: Int
    var offset = 0

    mutating func document() throws(JSONError) -> JSON {
        skipSpace()
        let value = try value()
        skipSpace()
        guard offset == bytes.count else { throw error("something follows the value") }
        return value
    }

    func error(_ message: String, at place: Int? = nil) -> JSONError {
        let place = min(place ?? offset, bytes.count)
        let line = bytes[..<place].reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        return JSONError(message: message, line: line, byteOffset: place)
    }

    /// The next byte, or 0 at the end: NUL stands nowhere in JSON, so it fails wherever it is compared.
    var next: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0a, 0x0d: offset += 1
            default: return
            }
        }
    }

    mutating func value() throws(JSONError) -> JSON {
        switch next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default:
            throw error(offset == bytes.count ? "the text ends where a value is expected" : "a value is expected here")
        }
    }

    mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let text = String(describing: word)
        guard bytes[offset...].starts(with: text.utf8) else { throw error("a value is expected here") }
        offset += text.utf8.count
        return value
    }

    mutating func deeper() throws(JSONError) {
        depth -= 1
        guard depth >= 0 else { throw error("arrays and objects lie too deeply within each other") }
        offset += 1
        skipSpace()
    }

    mutating func array() throws(JSONError) -> JSON {
        try deeper()
        var items: [JSON] = []
        if next == UInt8(ascii: "]") {
            offset += 1
        } else {
            repeat {
                skipSpace()
                items.append(try value())
                skipSpace()
            } while try another(closing: UInt8(ascii: "]"))
        }
        depth += 1
        return .array(items)
    }

    mutating func object() throws(JSONError) -> JSON {
        try deeper()
        var members = OrderedDictionary<JSON.Key, JSON>()
        if next == UInt8(ascii: "}") {
            offset += 1
        } else {
            repeat {
                skipSpace()
                guard next == UInt8(ascii: "\"") else { throw error("a key in double quotes is expected here") }
                let key = JSON.Key(try string())
                skipSpace()
                guard next == UInt8(ascii: ":") else { throw error("a colon is expected after a key") }
                offset += 1
                skipSpace()
                members[key] = try value()
                skipSpace()
            } while try another(closing: UInt8(ascii: "}"))
        }
        depth += 1
        return .object(members)
    }

    mutating func another(closing: UInt8) throws(JSONError) -> Bool {
        let byte = next
        guard byte == closing || byte == UInt8(ascii: ",") else {
            throw error("a comma or '\(Character(Unicode.Scalar(closing)))' is expected here")
        }
        offset += 1
        return byte != closing
    }

    mutating func digits() throws(JSONError) {
        guard isDigit(next) else { throw error("a digit is expected here") }
        while isDigit(next) { offset += 1 }
    }

    func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    mutating func number() throws(JSONError) -> JSON {
        let start = offset
        if next == UInt8(ascii: "-") { offset += 1 }
        if next == UInt8(ascii: "0") {
            offset += 1
            if isDigit(next) { throw error("a number does not begin with 0") }
        } else {
            try digits()
        }
        var isWhole = true
        if next == UInt8(ascii: ".") {
            isWhole = false
            offset += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isWhole = false
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, let value = Int128(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("the number is too large", at: start) }
        return .number(value)
    }

    mutating func string() throws(JSONError) -> String {
        let start = offset
        offset += 1
        var end = offset
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20
        {
            end += 1
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {  // nothing escaped, the usual case
            defer { offset = end + 1 }
            return try utf8(bytes[offset..<end], start)
        }
        var text = Array(bytes[offset..<end])
        offset = end
        while true {
            guard offset < bytes.count else { throw error("the string has no end", at: start) }
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return try utf8(text[...], start)
            case UInt8(ascii: "\\"):
                text.append(contentsOf: try escape())
            case ..<0x20:
                throw error("a control character in a string has to be escaped")
            default:
                text.append(byte)
                offset += 1
            }
        }
    }

    func utf8(_ text: ArraySlice<UInt8>, _ start: Int) throws(JSONError) -> String {
        guard let string = String(validating: text, as: UTF8.self) else { throw error("not UTF-8", at: start) }
        return string
    }

    mutating func escape() throws(JSONError) -> [UInt8] {
        let start = offset
        offset += 1
        let byte = next
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = try hexadecimal(start)
            if (0xd800..<0xdc00).contains(code), next == UInt8(ascii: "\\") {
                let low = offset
                offset += 1
                if next == UInt8(ascii: "u") {
                    offset += 1
                    let second = try hexadecimal(start)
                    if (0xdc00..<0xe000).contains(second) {
                        code = 0x10000 + (code - 0xd800) << 10 + (second - 0xdc00)
                    } else {
                        offset = low
                    }
                } else {
                    offset = low
                }
            }
            // Half of a surrogate pair stands for no character; U+FFFD is what other readers put in its place.
            return Array(String(Unicode.Scalar(code) ?? "\u{fffd}").utf8)
        default: throw error("no such escape", at: start)
        }
    }

    mutating func hexadecimal(_ start: Int) throws(JSONError) -> UInt32 {
        guard offset + 4 <= bytes.count,
            bytes[offset..<offset + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
        else { throw error("\\u takes four hexadecimal digits", at: start) }
        offset += 4
        return code
    }
}
