import TuttiText

/// Reads the signs of a written grammar.
struct GrammarScanner {
    let notation: String
    let scalars: [Unicode.Scalar]
    var offset = 0
    private let comments: [String]

    init(_ source: String, notation: String, comments: [String]) {
        scalars = Array(source.unicodeScalars)
        self.notation = notation
        self.comments = comments
    }

    var isAtEnd: Bool { offset >= scalars.count }
    var next: Unicode.Scalar? { offset < scalars.count ? scalars[offset] : nil }

    var line: Int { 1 + scalars[..<min(offset, scalars.count)].count { $0 == "\n" } }

    func error(_ message: String) -> GrammarError { GrammarError(message, keyword: notation, path: "line \(line)") }

    func isNext(_ text: String) -> Bool { scalars[min(offset, scalars.count)...].starts(with: text.unicodeScalars) }

    mutating func take(_ text: String) -> Bool {
        guard isNext(text) else { return false }
        offset += text.unicodeScalars.count
        return true
    }

    /// Skips blanks and comments, line ends too unless they count.
    mutating func skipSpace(lines: Bool = true) {
        while let scalar = next {
            if scalar == " " || scalar == "\t" || scalar == "\r" || lines && scalar == "\n" {
                offset += 1
            } else if comments.contains(where: isNext) {
                while let scalar = next, scalar != "\n" { offset += 1 }
            } else {
                return
            }
        }
    }

    /// A name of letters, digits and `extra`; nil if none stands here.
    mutating func name(_ extra: String) -> String? {
        var text = ""
        while let scalar = next, scalar.isASCII,
            scalar.properties.isAlphabetic || "0"..."9" ~= scalar || extra.unicodeScalars.contains(scalar)
        {
            text.unicodeScalars.append(scalar)
            offset += 1
        }
        return text.isEmpty ? nil : text
    }

    mutating func number() throws(GrammarError) -> Int? {
        var value: Int?
        while let scalar = next, "0"..."9" ~= scalar {
            value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
            guard value ?? 0 <= 1_000_000 else { throw error("a number is too large") }
            offset += 1
        }
        return value
    }

    /// A character that may be escaped: `\n`, `\x41`, `\u00e9`, `\U0001f600`.
    mutating func character() throws(GrammarError) -> Unicode.Scalar {
        guard let scalar = next else { throw error("the text ends too early") }
        offset += 1
        guard scalar == "\\" else { return scalar }
        guard let escape = next else { throw error("a backslash stands at the end") }
        offset += 1
        var digits = 0
        switch escape {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "f": return "\u{0C}"
        case "x": digits = 2
        case "u": digits = 4
        case "U": digits = 8
        default: return escape
        }
        let end = min(offset + digits, scalars.count)
        let text = String(String.UnicodeScalarView(scalars[offset..<end]))
        guard text.utf8.count == digits, text.allSatisfy(\.isHexDigit), let value = UInt32(text, radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw error("\\\(escape) takes \(digits) hexadecimal digits of a character") }
        offset = end
        return scalar
    }

    /// The rest of a text in double quotes, the first of which was read.
    mutating func quoted() throws(GrammarError) -> String {
        var text = ""
        while let scalar = next {
            if scalar == "\"" {
                offset += 1
                return text
            }
            if scalar == "\n" { break }
            text.unicodeScalars.append(try character())
        }
        throw error("a text in quotes has no end")
    }
}
