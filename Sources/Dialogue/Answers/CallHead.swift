import TuttiCheckpoints

/// The beginning of a call, `{"name": "…", "arguments": `, as far as it can be told from the bytes that are there.
enum CallHead: Equatable {
    /// More bytes are needed to tell.
    case incomplete
    /// This is no call of a known tool.
    case none
    /// The arguments, an object, begin after `length` bytes; they lie inside `depth` objects.
    case began(name: String, length: Int, depth: Int)
    /// The arguments stood before the name, or were written as a string, or are missing.
    case whole(name: String, arguments: String, length: Int, depth: Int)

    /// What is looked at before this is declared to be no call.
    static let byteLimit = 1 << 14

    /// Reads a call written as an object: OpenAI's nesting in `"function"` and the families' words for the members are
    /// understood. One of a list's may stand behind the list's bracket.
    static func object(_ bytes: ArraySlice<UInt8>, isTool: (String) -> Bool) -> CallHead {
        var reader = CallHeadReader(bytes: bytes)
        let head = reader.object(isTool)
        return head == .incomplete && bytes.count > byteLimit ? .none : head
    }

    /// Reads a call written as `name[ARGS]{…}`, with or without `[CALL_ID]…` between, or else as an object.
    static func named(_ bytes: ArraySlice<UInt8>, isTool: (String) -> Bool) -> CallHead {
        var reader = CallHeadReader(bytes: bytes)
        reader.skipSpace()
        guard let first = reader.next else { return .incomplete }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return object(bytes, isTool: isTool) }
        let head = reader.name(isTool)
        return head == .incomplete && bytes.count > byteLimit ? .none : head
    }
}

/// Looks ahead over the bytes of a call's beginning.
struct CallHeadReader {
    let bytes: ArraySlice<UInt8>
    private var offset: Int

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    /// The next byte; nil at the end of what is there.
    var next: UInt8? { offset < bytes.endIndex ? bytes[offset] : nil }
    private var length: Int { offset - bytes.startIndex }

    mutating func skipSpace() {
        while let byte = next, byte.isSpace { offset += 1 }
    }

    mutating func object(_ isTool: (String) -> Bool) -> CallHead {
        skipSpace()
        if next == UInt8(ascii: "[") {
            offset += 1
            skipSpace()
        }
        guard let brace = next else { return .incomplete }
        guard brace == UInt8(ascii: "{") else { return .none }
        offset += 1
        var depth = 1, name: String?, arguments: String?
        while true {
            if let name, let arguments {
                return .whole(name: name, arguments: arguments, length: length, depth: depth)
            }
            skipSpace()
            guard let byte = next else { return .incomplete }
            if byte == UInt8(ascii: "}") {
                guard let name else { return .none }
                offset += 1
                return .whole(name: name, arguments: "{}", length: length, depth: depth - 1)
            }
            if byte == UInt8(ascii: ",") {
                offset += 1
                continue
            }
            let key: String
            switch string() {
            case .found(let text): key = text
            case .incomplete: return .incomplete
            case .broken: return .none
            }
            skipSpace()
            guard let colon = next else { return .incomplete }
            guard colon == UInt8(ascii: ":") else { return .none }
            offset += 1
            skipSpace()
            guard let first = next else { return .incomplete }
            switch key {
            case "function" where first == UInt8(ascii: "{"):
                guard depth < 3 else { return .none }
                depth += 1
                offset += 1
            case "name", "tool_name", "function":
                switch string() {
                case .found(let text):
                    guard isTool(text) else { return .none }
                    name = text
                case .incomplete: return .incomplete
                case .broken: return .none
                }
            case "arguments", "parameters":
                if let name, first == UInt8(ascii: "{") {
                    return .began(name: name, length: length, depth: depth)
                }
                switch value() {
                case .found(let text):
                    guard let object = CallHeadReader.object(in: text) else { return .none }
                    arguments = object
                case .incomplete: return .incomplete
                case .broken: return .none
                }
            case "type", "id", "tool_call_id":
                switch value() {
                case .found: break
                case .incomplete: return .incomplete
                case .broken: return .none
                }
            default: return .none
            }
        }
    }

    mutating func name(_ isTool: (String) -> Bool) -> CallHead {
        let start = offset
        while let byte = next, byte != UInt8(ascii: "["), byte != UInt8(ascii: "{") {
            guard offset - start < 256 else { return .none }
            offset += 1
        }
        guard let stop = next else { return .incomplete }
        let name = String(decoding: bytes[start..<offset], as: UTF8.self).trimmed
        guard isTool(name) else { return .none }
        if stop == UInt8(ascii: "[") {
            // `[CALL_ID]` and the id, then `[ARGS]`.
            let mark = Array("[ARGS]".utf8)
            while offset < bytes.endIndex, !bytes[offset...].starts(with: mark) { offset += 1 }
            guard offset < bytes.endIndex else { return .incomplete }
            offset += mark.count
            skipSpace()
        }
        guard let brace = next else { return .incomplete }
        guard brace == UInt8(ascii: "{") else { return .none }
        return .began(name: name, length: length, depth: 0)
    }

    private enum Scan {
        case found(String)
        case incomplete, broken
    }

    /// The string that begins here, unescaped.
    private mutating func string() -> Scan {
        guard next == UInt8(ascii: "\"") else { return next == nil ? .incomplete : .broken }
        let start = offset
        var end = offset + 1, isEscape = false
        while end < bytes.endIndex, isEscape || bytes[end] != UInt8(ascii: "\"") {
            isEscape = !isEscape && bytes[end] == UInt8(ascii: "\\")
            end += 1
        }
        guard end < bytes.endIndex else { return .incomplete }
        offset = end + 1
        guard let text = (try? JSON(parsing: bytes[start...end]))?.string else { return .broken }
        return .found(text)
    }

    /// The text of the value that begins here.
    private mutating func value() -> Scan {
        guard let first = next else { return .incomplete }
        let start = offset
        switch first {
        case UInt8(ascii: "\""):
            switch string() {
            case .found: break
            case let other: return other
            }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var extent = JSONExtent()
            scan: while true {
                guard let byte = next else { return .incomplete }
                switch extent.append(byte) {
                case .inside: offset += 1
                case .ended:
                    offset += 1
                    break scan
                case .broken: return .broken
                }
            }
        default:
            while let byte = next, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), !byte.isSpace { offset += 1 }
            guard next != nil else { return .incomplete }
        }
        return .found(String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    /// The object that a member's value is or, written as a string, holds; nil if it is none.
    private static func object(in text: String) -> String? {
        switch try? JSON(parsing: text) {
        case .object: text
        case .null: "{}"
        case .string(let inner): if case .object = try? JSON(parsing: inner) { inner } else { nil }
        default: nil
        }
    }
}

extension UInt8 {
    /// Whether this is one of JSON's blanks.
    var isSpace: Bool { self == 0x20 || self == 0x0a || self == 0x09 || self == 0x0d }
}

extension String {
    /// Without blanks and line ends around it.
    var trimmed: String {
        String(decoding: Array(utf8).trimmedSpace, as: UTF8.self)
    }
}

extension RandomAccessCollection<UInt8> {
    var trimmedSpace: SubSequence {
        guard let first = firstIndex(where: { !$0.isSpace }) else { return self[endIndex...] }
        return self[first...].dropLast(reversed().prefix { $0.isSpace }.count)
    }
}
