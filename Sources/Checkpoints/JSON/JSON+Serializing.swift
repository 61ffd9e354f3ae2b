import OrderedCollections

extension JSON {
    /// How a JSON text is written: the knobs of Python's `json.dumps`, whose output templates and models know.
    public struct Style: Sendable {
        public var itemSeparator: String
        public var keySeparator: String
        /// What one level is indented by; nil keeps everything on one line.
        public var indent: String?
        /// Whether everything beyond ASCII is written as `\uXXXX`.
        public var escapesNonASCII = false
        public var sortsKeys = false

        /// No blanks at all: `{"a":1,"b":[2,3]}`.
        public static let compact = Style(itemSeparator: ",", keySeparator: ":")
        /// As `json.dumps` writes: `{"a": 1, "b": [2, 3]}`.
        public static let python = Style(itemSeparator: ", ", keySeparator: ": ")
        /// As `json.dumps(indent=…)` writes, a member a line.
        public static func indented(_ width: Int = 2) -> Style {
            Style(itemSeparator: ",", keySeparator: ": ", indent: String(repeating: " ", count: max(width, 0)))
        }
    }

    /// The value as text. Floats are written as Python's `repr` does, the shortest that reads back the same.
    public func text(_ style: Style = .compact) -> String {
        var text = ""
        write(to: &text, style, level: 0)
        return text
    }

    private func write(to text: inout String, _ style: Style, level: Int) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += JSON.text(of: value)
        case .string(let value): JSON.quote(value, into: &text, escapingNonASCII: style.escapesNonASCII)
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += style.itemSeparator }
                JSON.breakLine(&text, style, level: level + 1)
                item.write(to: &text, style, level: level + 1)
            }
            if !items.isEmpty { JSON.breakLine(&text, style, level: level) }
            text += "]"
        case .object(let members):
            text += "{"
            let keys =
                style.sortsKeys
                ? members.keys.sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) } : Array(members.keys)
            for (index, key) in keys.enumerated() {
                guard let value = members[key] else { continue }
                if index > 0 { text += style.itemSeparator }
                JSON.breakLine(&text, style, level: level + 1)
                JSON.quote(key.text, into: &text, escapingNonASCII: style.escapesNonASCII)
                text += style.keySeparator
                value.write(to: &text, style, level: level + 1)
            }
            if !members.isEmpty { JSON.breakLine(&text, style, level: level) }
            text += "}"
        }
    }

    package static func breakLine(_ text: inout String, _ style: Style, level: Int) {
        guard let indent = style.indent else { return }
        text += "\n"
        for _ in 0..<level { text += indent }
    }

    /// A float as JSON has it; what JSON has no word for is written as Python writes it.
    package static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return PythonNumber.representation(of: value)
    }

    /// Appends a string in double quotes, with the escapes of Python's `json.dumps`.
    package static func quote(_ string: String, into text: inout String, escapingNonASCII: Bool) {
        text += "\""
        if string.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c && (!escapingNonASCII || $0 < 0x7f) }) {
            text += string
            text += "\""
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{08}": text += "\\b"
            case "\u{0c}": text += "\\f"
            case "\u{00}"..<"\u{20}": escape(UInt16(scalar.value), into: &text)
            case "\u{7f}"... where escapingNonASCII && scalar.value > 0x7f:
                for unit in UTF16.encode(scalar) ?? .init() { escape(unit, into: &text) }
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private static func escape(_ unit: UInt16, into text: inout String) {
        let digits = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
