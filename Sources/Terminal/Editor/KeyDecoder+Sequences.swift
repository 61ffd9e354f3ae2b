let escape: UInt8 = 0x1B

extension KeyDecoder {
    /// What follows an escape character at `offset`.
    mutating func sequence(from offset: Int) -> (Key?, end: Int)? {
        guard offset + 1 < bytes.count else { return nil }
        let second = bytes[offset + 1]
        switch second {
        case UInt8(ascii: "["): return controlSequence(from: offset)
        case UInt8(ascii: "O"):
            guard offset + 2 < bytes.count else { return nil }
            return (cursorKey(bytes[offset + 2], modifier: 1), offset + 3)
        case escape: return (.escape, offset + 1)
        case 0x0A, 0x0D: return (.newLine, offset + 2)
        case 0x08, 0x7F: return (.deleteWordLeft, offset + 2)
        case 0..<0x20: return (nil, offset + 2)
        default:
            let length = second >= 0xF0 ? 4 : second >= 0xE0 ? 3 : second >= 0xC0 ? 2 : 1
            guard offset + 1 + length <= bytes.count else { return nil }
            let text = String(decoding: bytes[offset + 1..<offset + 1 + length], as: UTF8.self)
            return (text.first.map { .alt($0) }, offset + 1 + length)
        }
    }

    /// `ESC [ parameters final`.
    private mutating func controlSequence(from offset: Int) -> (Key?, end: Int)? {
        var end = offset + 2
        while end < bytes.count, (0x20...0x3F).contains(bytes[end]) { end += 1 }
        // No key is this long: what came is noise.
        if end - offset > 64 { return (nil, end) }
        guard end < bytes.count else { return nil }
        let parameters = bytes[offset + 2..<end].split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { Int(String(decoding: $0.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)) ?? 0 }
        let first = parameters.first ?? 0, modifier = parameters.count > 1 ? parameters[1] : 1
        let final = bytes[end]
        guard (0x40...0x7E).contains(final) else { return (nil, end) }
        switch final {
        case UInt8(ascii: "~") where first == 200:
            startPaste()
            return (nil, end + 1)
        case UInt8(ascii: "~") where first == 27 && parameters.count > 2:
            return (codedKey(parameters[2], modifier: modifier), end + 1)
        case UInt8(ascii: "~"): return (numberedKey(first, modifier: modifier), end + 1)
        case UInt8(ascii: "u"): return (codedKey(first, modifier: modifier), end + 1)
        default: return (cursorKey(final, modifier: modifier), end + 1)
        }
    }

    private func cursorKey(_ final: UInt8, modifier: Int) -> Key? {
        // A modifier is 1 + shift 1 + alt 2 + control 4.
        let byWord = (modifier - 1) & 6 != 0
        return switch final {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): byWord ? .wordRight : .right
        case UInt8(ascii: "D"): byWord ? .wordLeft : .left
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "M"): .enter
        default: nil
        }
    }

    private func numberedKey(_ number: Int, modifier: Int) -> Key? {
        switch number {
        case 1, 7: .home
        case 4, 8: .end
        case 3: (modifier - 1) & 6 != 0 ? .deleteWordRight : .delete
        default: nil
        }
    }

    /// A key by its code point, as kitty's protocol and xterm's modifyOtherKeys send it.
    private func codedKey(_ code: Int, modifier: Int) -> Key? {
        let bits = modifier - 1
        switch code {
        case 13: return bits == 0 ? .enter : .newLine
        case 9: return .tab
        case 27: return .escape
        case 8, 127: return bits & 6 != 0 ? .deleteWordLeft : .backspace
        default:
            guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init), code >= 0x20 else { return nil }
            if bits & 4 != 0 { return .control(Character(scalar)) }
            if bits & 2 != 0 { return .alt(Character(scalar)) }
            return .text(String(Character(scalar)))
        }
    }
}
