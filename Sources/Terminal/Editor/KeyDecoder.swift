/// Turns the bytes that a terminal sends into keys: UTF-8, control characters, the sequences of xterm and its kin (CSI
/// with modifiers, SS3, modifyOtherKeys, kitty's `u`), bracketed paste.
///
/// - SeeAlso: ECMA-48, section 5.4; "XTerm Control Sequences", sections on PC-style keys and bracketed paste.
public struct KeyDecoder: Sendable {
    /// The most text that one paste brings; the rest of it is dropped.
    public let pasteLimitByteCount: Int
    private(set) var bytes: [UInt8] = []
    private var paste: [UInt8]?

    public init(pasteLimitByteCount: Int = 4 << 20) { self.pasteLimitByteCount = pasteLimitByteCount }

    /// Whether an escape character waits to see if more follows; ``flush()`` after a moment if nothing does.
    public var isWaiting: Bool { paste == nil && bytes.first == escape }

    /// The keys that are whole with `more`, which was read at once.
    ///
    /// A line feed alone is Ctrl-J, a new line. Behind other text in one read it was sent by a program, such as
    /// `expect`, that means Enter.
    public mutating func decode(_ more: some Collection<UInt8>) -> [Key] {
        let typed = bytes.count
        bytes += more
        var keys: [Key] = [], offset = 0
        while offset < bytes.count {
            guard let (key, end) = next(from: offset, typed: typed) else { break }
            if let key { keys.append(key) }
            offset = end
        }
        bytes.removeFirst(offset)
        return keys
    }

    /// Takes what waits as it stands: an escape character is then the key Escape.
    public mutating func flush() -> [Key] {
        guard isWaiting else { return [] }
        let rest = Array(bytes.dropFirst())
        bytes = []
        return [.escape] + (rest.isEmpty ? [] : decode(rest))
    }

    /// The key that begins at `offset` (nil for one that means nothing here) and where it ends; nil if it is not whole.
    private mutating func next(from offset: Int, typed: Int) -> (Key?, end: Int)? {
        if paste != nil { return pasted(from: offset) }
        let byte = bytes[offset]
        switch byte {
        case escape: return sequence(from: offset)
        case 0x0D: return (.enter, offset + 1)
        case 0x0A: return (bytes.count - typed > 1 && offset > 0 ? .enter : .newLine, offset + 1)
        case 0x09: return (.tab, offset + 1)
        case 0x08, 0x7F: return (.backspace, offset + 1)
        case 0..<0x20: return (.control(letter(byte)), offset + 1)
        default: return text(from: offset)
        }
    }

    private func letter(_ control: UInt8) -> Character {
        let letter = Character(Unicode.Scalar(control + 0x40))
        return letter.lowercased().first ?? letter
    }

    private func text(from offset: Int) -> (Key?, end: Int)? {
        var end = offset
        while end < bytes.count, bytes[end] >= 0x20, bytes[end] != 0x7F { end += 1 }
        if end == bytes.count { end -= unfinishedByteCount(bytes[offset..<end]) }
        guard end > offset else { return nil }
        let text = String(decoding: bytes[offset..<end], as: UTF8.self).filter { !$0.isControl }
        return (text.isEmpty ? nil : .text(text), end)
    }

    /// How many bytes at the end of `bytes` begin a UTF-8 sequence that is not whole.
    private func unfinishedByteCount(_ bytes: ArraySlice<UInt8>) -> Int {
        for count in 1...min(3, bytes.count) {
            let byte = bytes[bytes.endIndex - count]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > count ? count : 0
        }
        return 0
    }

    mutating func startPaste() { paste = [] }

    private mutating func pasted(from offset: Int) -> (Key?, end: Int)? {
        let mark: [UInt8] = [escape] + "[201~".utf8
        var end = offset
        while end < bytes.count, !bytes[end...].starts(with: mark) {
            // The mark may be cut by the end of what was read.
            if bytes[end] == escape, bytes.count - end < mark.count, mark.starts(with: bytes[end...]) { break }
            end += 1
        }
        let room = pasteLimitByteCount - (paste?.count ?? 0)
        paste?.append(contentsOf: bytes[offset..<end].prefix(max(0, room)))
        guard bytes.count - end >= mark.count else { return end > offset ? (nil, end) : nil }
        let text = String(decoding: paste ?? [], as: UTF8.self)
        paste = nil
        return (.paste(Self.plain(text)), end + mark.count)
    }

    /// Pasted text with `\n` for every kind of line end, and no other control characters but tabs.
    static func plain(_ text: String) -> String {
        var result = String.UnicodeScalarView(), last: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\r": result.append("\n")
            case "\n": if last != "\r" { result.append("\n") }
            case "\t": result.append(scalar)
            default: if !Character(scalar).isControl { result.append(scalar) }
            }
            last = scalar
        }
        return String(result)
    }
}

extension Character {
    var isControl: Bool { unicodeScalars.first?.properties.generalCategory == .control }
}
