import TuttiCheckpoints

/// Splits a template into tokens, with Jinja's rules for blanks as chat templates are rendered: `trim_blocks` (a block
/// takes the newline after it along) and `lstrip_blocks` (and the blanks before it on its line).
struct TemplateLexer {
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    /// Whether what was read last ended a line, so that a block here stands at a line's start.
    private var startsLine = true
    private(set) var tokens: [TemplateToken] = []

    /// The template's tokens, the last of them `.end`.
    static func tokens(of source: String) throws(TemplateError) -> [TemplateToken] {
        var lexer = TemplateLexer(source)
        try lexer.readAll()
        return lexer.tokens
    }

    private init(_ source: String) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(source.utf8.count)
        var afterReturn = false
        for byte in source.utf8 {  // \r\n and \r are newlines too
            if byte == 0x0d {
                bytes.append(0x0a)
            } else if byte != 0x0a || !afterReturn {
                bytes.append(byte)
            }
            afterReturn = byte == 0x0d
        }
        if bytes.last == 0x0a { bytes.removeLast() }  // one newline at the very end is the editor's
        self.bytes = bytes
    }

    // MARK: Text between tags

    private enum Opening { case variable, block, comment, raw(end: Int) }

    private mutating func readAll() throws(TemplateError) {
        while offset < bytes.count {
            guard let (start, opening) = nextOpening() else {
                add(text: bytes[offset...])
                offset = bytes.count
                break
            }
            var inside = start + 2
            let sign =
                inside < bytes.count && (bytes[inside] == Self.minus || bytes[inside] == Self.plus) ? bytes[inside] : 0
            if sign != 0 { inside += 1 }
            var isVariable = false
            if case .variable = opening { isVariable = true }
            add(text: kept(of: bytes[offset..<start], sign: sign, isVariable: isVariable))
            advance(to: start)
            switch opening {
            case .raw(let end): try readRaw(from: end)
            case .comment: try readComment(from: inside)
            case .variable: try readTag(from: inside, isVariable: true)
            case .block: try readTag(from: inside, isVariable: false)
            }
        }
        tokens.append(TemplateToken(kind: .end, line: line))
    }

    private func nextOpening() -> (start: Int, opening: Opening)? {
        var place = offset
        while place + 1 < bytes.count {
            if bytes[place] == UInt8(ascii: "{") {
                switch bytes[place + 1] {
                case UInt8(ascii: "{"): return (place, .variable)
                case UInt8(ascii: "#"): return (place, .comment)
                case UInt8(ascii: "%"):
                    if let end = endOfTag("raw", after: place + 2, takesNewline: false) {
                        return (place, .raw(end: end))
                    }
                    return (place, .block)
                default: break
                }
            }
            place += 1
        }
        return nil
    }

    /// The text before a tag without the blanks that the tag takes along.
    private func kept(of text: ArraySlice<UInt8>, sign: UInt8, isVariable: Bool) -> ArraySlice<UInt8> {
        if sign == Self.minus { return Self.droppingTrailingSpace(text) }
        guard sign != Self.plus, !isVariable else { return text }
        let lineStart = text.lastIndex(of: 0x0a).map { $0 + 1 }
        guard lineStart != nil || startsLine else { return text }
        let start = lineStart ?? text.startIndex
        return Self.droppingTrailingSpace(text[start...]).isEmpty ? text[..<start] : text
    }

    private mutating func add(text: ArraySlice<UInt8>) {
        guard !text.isEmpty else { return }
        tokens.append(TemplateToken(kind: .text(String(decoding: text, as: UTF8.self)), line: line))
    }

    private mutating func advance(to end: Int) {
        for byte in bytes[offset..<end] where byte == 0x0a { line += 1 }
        if end > offset { startsLine = bytes[end - 1] == 0x0a }
        offset = end
    }

    // MARK: Comments and raw text

    private mutating func readComment(from inside: Int) throws(TemplateError) {
        var place = inside
        while place + 1 < bytes.count {
            if bytes[place] == UInt8(ascii: "#"), bytes[place + 1] == UInt8(ascii: "}") {
                // A sign that opened the comment can close it too: {#-#}
                let sign = place > offset + 2 ? bytes[place - 1] : 0
                advance(to: endOfClosing(after: place + 2, sign: place > inside ? sign : 0, takesNewline: true))
                return
            }
            place += 1
        }
        // As in Jinja, an opening with nothing behind it at all is no error.
        guard inside == bytes.count else { throw error("the comment has no end") }
        advance(to: inside)
    }

    private mutating func readRaw(from inside: Int) throws(TemplateError) {
        advance(to: inside)
        var place = inside
        while place + 1 < bytes.count {
            if bytes[place] == UInt8(ascii: "{"), bytes[place + 1] == UInt8(ascii: "%"),
                let end = endOfTag("endraw", after: place + 2, takesNewline: true)
            {
                let sign = bytes[place + 2]
                add(text: kept(of: bytes[inside..<place], sign: sign, isVariable: false))
                advance(to: end)
                return
            }
            place += 1
        }
        guard inside == bytes.count else { throw error("the raw block has no end") }
    }

    /// Where a tag that holds nothing but this word ends, if that is what stands here behind `{%`.
    private func endOfTag(_ word: String, after start: Int, takesNewline: Bool) -> Int? {
        var place = start
        if place < bytes.count, bytes[place] == Self.minus || bytes[place] == Self.plus { place += 1 }
        place = endOfSpace(from: place)
        guard bytes[place...].starts(with: word.utf8) else { return nil }
        place = endOfSpace(from: place + word.utf8.count)
        var sign: UInt8 = 0
        if place < bytes.count, bytes[place] == Self.minus || (bytes[place] == Self.plus && takesNewline) {
            sign = bytes[place]
            place += 1
        }
        guard place + 1 < bytes.count, bytes[place] == UInt8(ascii: "%"), bytes[place + 1] == UInt8(ascii: "}") else {
            return nil
        }
        return endOfClosing(after: place + 2, sign: sign, takesNewline: takesNewline)
    }

    /// Behind a closing delimiter: `-` takes all blanks along, nothing takes one newline, `+` takes none.
    private func endOfClosing(after place: Int, sign: UInt8, takesNewline: Bool) -> Int {
        if sign == Self.minus { return endOfSpace(from: place) }
        return takesNewline && sign != Self.plus && place < bytes.count && bytes[place] == 0x0a ? place + 1 : place
    }

    // MARK: Inside tags

    private mutating func readTag(from inside: Int, isVariable: Bool) throws(TemplateError) {
        tokens.append(TemplateToken(kind: isVariable ? .variableBegin : .blockBegin, line: line))
        advance(to: inside)
        let closing = isVariable ? UInt8(ascii: "}") : UInt8(ascii: "%")
        var open: [UInt8] = []  // the brackets that have to be closed before the tag can end
        while offset < bytes.count {
            if open.isEmpty, let end = endOfTag(closing, isVariable: isVariable) {
                tokens.append(TemplateToken(kind: isVariable ? .variableEnd : .blockEnd, line: line))
                advance(to: end)
                return
            }
            let space = endOfSpace(from: offset)
            if space > offset {
                advance(to: space)
                continue
            }
            try readToken(&open)
        }
    }

    private func endOfTag(_ closing: UInt8, isVariable: Bool) -> Int? {
        var place = offset, sign: UInt8 = 0
        if bytes[place] == Self.minus || (bytes[place] == Self.plus && !isVariable) {
            sign = bytes[place]
            place += 1
        }
        guard place + 1 < bytes.count, bytes[place] == closing, bytes[place + 1] == UInt8(ascii: "}") else {
            return nil
        }
        return endOfClosing(after: place + 2, sign: sign, takesNewline: !isVariable)
    }

    private mutating func readToken(_ open: inout [UInt8]) throws(TemplateError) {
        let start = line, byte = bytes[offset]
        let kind: TemplateToken.Kind
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): kind = try number()
        case UInt8(ascii: "'"), UInt8(ascii: "\""): kind = .string(try string())
        case UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...:
            kind = .name(try name())
        default: kind = .symbol(try symbol(&open))
        }
        tokens.append(TemplateToken(kind: kind, line: start))
    }

    private mutating func symbol(_ open: inout [UInt8]) throws(TemplateError) -> TemplateToken.Symbol {
        let byte = bytes[offset]
        for length in [2, 1] where offset + length <= bytes.count {
            let text = String(decoding: bytes[offset..<offset + length], as: UTF8.self)
            guard let symbol = TemplateToken.Symbol(rawValue: text) else { continue }
            switch symbol {
            case .leftBrace: open.append(UInt8(ascii: "}"))
            case .leftParenthesis: open.append(UInt8(ascii: ")"))
            case .leftBracket: open.append(UInt8(ascii: "]"))
            case .rightBrace, .rightParenthesis, .rightBracket:
                guard let expected = open.popLast() else { throw error("unexpected '\(text)'") }
                guard expected == byte else {
                    throw error("unexpected '\(text)', expected '\(Character(Unicode.Scalar(expected)))'")
                }
            default: break
            }
            advance(to: offset + length)
            return symbol
        }
        throw error("unexpected character '\(Character(Unicode.Scalar(byte)))'")
    }

    private mutating func name() throws(TemplateError) -> String {
        var scalars = String.UnicodeScalarView(), place = offset
        while place < bytes.count, let (scalar, end) = scalar(at: place),
            PythonText.isWord(scalar)
                || (!scalar.isASCII && scalar.properties.isXIDContinue)
        {
            scalars.append(scalar)
            place = end
        }
        let name = String(scalars)
        guard let first = name.unicodeScalars.first else { throw error("unexpected character in a tag") }
        guard first == "_" || first.properties.isXIDStart, name.unicodeScalars.allSatisfy(\.properties.isXIDContinue)
        else {
            throw error("invalid character in the name '\(name)'")
        }
        advance(to: place)
        return name
    }

    private mutating func number() throws(TemplateError) -> TemplateToken.Kind {
        var end = digits(from: offset) ?? offset
        var isFloat = false
        let followsDot = offset > 0 && bytes[offset - 1] == UInt8(ascii: ".")
        if !followsDot {
            if end < bytes.count, bytes[end] == UInt8(ascii: "."), let fraction = digits(from: end + 1) {
                end = fraction
                isFloat = true
            }
            if end < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") {
                var power = end + 1
                if power < bytes.count, bytes[power] == Self.minus || bytes[power] == Self.plus { power += 1 }
                if let exponent = digits(from: power) {
                    end = exponent
                    isFloat = true
                }
            }
        }
        if !isFloat { end = endOfInteger() }
        let text = String(decoding: bytes[offset..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        if isFloat {
            guard let value = Double(text) else { throw error("no number: \(text)") }
            advance(to: end)
            return .float(value)
        }
        guard let value = PythonNumber.integer(text, base: 0) else { throw error("the integer is too large") }
        advance(to: end)
        return .integer(value)
    }

    /// The end of a run of decimal digits with single underscores between them.
    private func digits(from start: Int, where isDigit: (UInt8) -> Bool = { (48...57).contains($0) }) -> Int? {
        var place = start
        guard place < bytes.count, isDigit(bytes[place]) else { return nil }
        while place < bytes.count {
            if isDigit(bytes[place]) {
                place += 1
            } else if bytes[place] == UInt8(ascii: "_"), place + 1 < bytes.count, isDigit(bytes[place + 1]) {
                place += 2
            } else {
                break
            }
        }
        return place
    }

    private func endOfInteger() -> Int {
        guard bytes[offset] == UInt8(ascii: "0") else { return digits(from: offset) ?? offset + 1 }
        if offset + 2 < bytes.count {
            let start = bytes[offset + 2] == UInt8(ascii: "_") ? offset + 3 : offset + 2
            switch bytes[offset + 1] | 0x20 {
            case UInt8(ascii: "x"):
                if let end = digits(from: start, where: { Character(Unicode.Scalar($0)).isHexDigit }) { return end }
            case UInt8(ascii: "o"): if let end = digits(from: start, where: { (48...55).contains($0) }) { return end }
            case UInt8(ascii: "b"): if let end = digits(from: start, where: { (48...49).contains($0) }) { return end }
            default: break
            }
        }
        return digits(from: offset, where: { $0 == UInt8(ascii: "0") }) ?? offset + 1
    }

    // MARK: Strings

    private mutating func string() throws(TemplateError) -> String {
        let quote = bytes[offset]
        var place = offset + 1
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            if byte == quote {
                advance(to: place + 1)
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") {
                place = try escape(at: place, into: &text)
            } else {
                text.append(byte)
                place += 1
            }
        }
        throw error("the string has no end")
    }

    /// Appends what the escape stands for and returns where it ends. Unknown escapes stand for themselves, as in Python.
    private func escape(at start: Int, into text: inout [UInt8]) throws(TemplateError) -> Int {
        guard start + 1 < bytes.count else { throw error("the string has no end") }
        let byte = bytes[start + 1]
        let plain: [UInt8: UInt8] = [
            UInt8(ascii: "n"): 0x0a, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "\\"): 0x5c,
            UInt8(ascii: "'"): 0x27, UInt8(ascii: "\""): 0x22, UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08,
            UInt8(ascii: "f"): 0x0c, UInt8(ascii: "v"): 0x0b,
        ]
        if let value = plain[byte] {
            text.append(value)
            return start + 2
        }
        switch byte {
        case 0x0a: return start + 2  // a line that goes on
        case UInt8(ascii: "x"): return try scalar(at: start, digitCount: 2, into: &text)
        case UInt8(ascii: "u"): return try scalar(at: start, digitCount: 4, into: &text)
        case UInt8(ascii: "U"): return try scalar(at: start, digitCount: 8, into: &text)
        case UInt8(ascii: "N"): throw error("\\N{…} is not supported in strings; write the character itself")
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            let digits = bytes[(start + 1)...].prefix(3).prefix { (48...55).contains($0) }
            let code = digits.reduce(UInt32(0)) { $0 * 8 + UInt32($1 - 48) }
            text.append(contentsOf: String(Character(Unicode.Scalar(code) ?? "\u{fffd}")).utf8)
            return start + 1 + digits.count
        default:
            text.append(UInt8(ascii: "\\"))
            return start + 1
        }
    }

    private func scalar(at start: Int, digitCount: Int, into text: inout [UInt8]) throws(TemplateError) -> Int {
        guard var code = hexadecimal(at: start + 2, digitCount) else {
            throw error("an escape of \(digitCount) hexadecimal digits is cut short")
        }
        var end = start + 2 + digitCount
        if (0xd800..<0xdc00).contains(code), bytes[end...].starts(with: [0x5c, 0x75]),
            let low = hexadecimal(at: end + 2, 4), (0xdc00..<0xe000).contains(low)
        {
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            end += 6
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("an escape stands for no character") }
        text.append(contentsOf: String(Character(scalar)).utf8)
        return end
    }

    private func hexadecimal(at start: Int, _ digitCount: Int) -> UInt32? {
        guard start + digitCount <= bytes.count else { return nil }
        let digits = bytes[start..<start + digitCount]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    // MARK: Bytes

    private static let minus = UInt8(ascii: "-"), plus = UInt8(ascii: "+")

    private func error(_ message: String) -> TemplateError { TemplateError(.syntax, message, line: line) }

    /// The scalar whose encoding begins here, and where it ends. The bytes came from a string, so they are UTF-8.
    private func scalar(at place: Int) -> (Unicode.Scalar, end: Int)? {
        let length = bytes[place] < 0x80 ? 1 : bytes[place] < 0xe0 ? 2 : bytes[place] < 0xf0 ? 3 : 4
        guard place + length <= bytes.count else { return nil }
        let text = String(decoding: bytes[place..<place + length], as: UTF8.self)
        return text.unicodeScalars.first.map { ($0, place + length) }
    }

    private func endOfSpace(from start: Int) -> Int {
        var place = start
        while place < bytes.count {
            if bytes[place] < 0x80 {
                guard PythonText.isSpace(Unicode.Scalar(bytes[place])) else { break }
                place += 1
            } else {
                guard let (scalar, end) = scalar(at: place), PythonText.isSpace(scalar) else { break }
                place = end
            }
        }
        return place
    }

    private static func droppingTrailingSpace(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let last = text.last {
            if last < 0x80 {
                guard PythonText.isSpace(Unicode.Scalar(last)) else { break }
                text.removeLast()
            } else {
                guard let start = text.lastIndex(where: { $0 & 0xc0 != 0x80 }),
                    let scalar = String(decoding: text[start...], as: UTF8.self).unicodeScalars.first,
                    PythonText.isSpace(scalar)
                else { break }
                text = text[..<start]
            }
        }
        return text
    }
}
