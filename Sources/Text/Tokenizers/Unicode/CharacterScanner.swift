/// Reads the characters of a UTF-8 text with their classes; the scanners of the pre-tokenizers are its extensions.
///
/// The text is valid UTF-8 (it came out of a `String`); were it not, classes would be wrong, but no read leaves it.
struct CharacterScanner: ~Escapable {
    let bytes: Span<UInt8>
    private let classes: Span<UInt8>
    /// Where the text ends for whoever scans: a stage of a pre-tokenizer sees only its own piece.
    var end: Int

    @_lifetime(copy bytes, copy classes)
    init(_ bytes: Span<UInt8>, classes: Span<UInt8>) {
        self.bytes = bytes
        self.classes = classes
        end = bytes.count
    }

    /// The scalar that begins at `index`, and where the next one begins.
    @inline(__always)
    func scalar(at index: Int) -> (value: Int, next: Int) {
        let first = bytes[index]
        if first < 0x80 { return (Int(first), index + 1) }
        func continuation(_ offset: Int) -> Int { index + offset < end ? Int(bytes[index + offset] & 0x3F) : 0 }
        if first < 0xE0 { return (Int(first & 0x1F) << 6 | continuation(1), min(index + 2, end)) }
        if first < 0xF0 {
            return (Int(first & 0x0F) << 12 | continuation(1) << 6 | continuation(2), min(index + 3, end))
        }
        let high = Int(first & 0x07) << 18 | continuation(1) << 12
        return (min(high | continuation(2) << 6 | continuation(3), 0x10_FFFF), min(index + 4, end))
    }

    /// The class of the character that begins at `index`, and where the next one begins.
    @inline(__always)
    func character(at index: Int) -> (kind: UInt8, next: Int) {
        let first = bytes[index]
        if first < 0x80 { return (classes[Int(first)], index + 1) }
        let (value, next) = scalar(at: index)
        return (classes[value], next)
    }

    /// The class of the character at `index`; nothing at the end.
    @inline(__always)
    func kind(at index: Int) -> UInt8 { index < end ? character(at: index).kind : 0 }

    /// Where the run of characters of the classes `mask` that goes on at `index` ends.
    @inline(__always)
    func run(of mask: UInt8, from index: Int) -> Int {
        var index = index
        while index < end {
            let (kind, next) = character(at: index)
            if kind & mask == 0 { break }
            index = next
        }
        return index
    }

    /// Where the run of characters outside the classes `mask` that goes on at `index` ends.
    @inline(__always)
    func run(without mask: UInt8, from index: Int) -> Int {
        var index = index
        while index < end {
            let (kind, next) = character(at: index)
            if kind & mask != 0 { break }
            index = next
        }
        return index
    }

    /// Where a run of at most `limit` numbers that begins at `index` ends.
    @inline(__always)
    func numbers(from index: Int, limit: Int) -> Int {
        var index = index, count = 0
        while index < end, count < limit {
            let (kind, next) = character(at: index)
            if kind & CharacterClass.number == 0 { break }
            index = next
            count += 1
        }
        return index
    }

    @inline(__always)
    func isNewline(at index: Int) -> Bool { index < end && (bytes[index] == 0x0A || bytes[index] == 0x0D) }

    /// `[\r\n]*` from `index`, or `[\r\n/]*`.
    @inline(__always)
    func newlines(from index: Int, orSlashes: Bool = false) -> Int {
        var index = index
        while isNewline(at: index) || (orSlashes && index < end && bytes[index] == 0x2F) { index += 1 }
        return index
    }

    /// The end of `'s|'t|'re|'ve|'m|'ll|'d` at an apostrophe, if one is there. Folding case as Unicode does, the long
    /// s (U+017F) is an s.
    func contraction(at index: Int, foldsCase: Bool) -> Int? {
        guard index + 1 < end, bytes[index] == 0x27 else { return nil }
        let fold: UInt8 = foldsCase ? 0x20 : 0
        let first = bytes[index + 1] | fold
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return index + 2
        default: break
        }
        guard index + 2 < end else { return nil }
        if foldsCase, bytes[index + 1] == 0xC5, bytes[index + 2] == 0xBF { return index + 3 }
        switch (first, bytes[index + 2] | fold) {
        case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
            (UInt8(ascii: "l"), UInt8(ascii: "l")):
            return index + 3
        default: return nil
        }
    }
}

extension CharacterScanner {
    /// The scalar that begins at `index` of a valid UTF-8 text, and where the next one begins.
    @inline(__always)
    static func scalar(_ text: Span<UInt8>, _ index: Int) -> (value: UInt32, next: Int) {
        let first = text[index]
        if first < 0x80 { return (UInt32(first), index + 1) }
        func continuation(_ offset: Int) -> UInt32 {
            index + offset < text.count ? UInt32(text[index + offset] & 0x3F) : 0
        }
        if first < 0xE0 { return (UInt32(first & 0x1F) << 6 | continuation(1), min(index + 2, text.count)) }
        if first < 0xF0 {
            let high = UInt32(first & 0x0F) << 12 | continuation(1) << 6
            return (high | continuation(2), min(index + 3, text.count))
        }
        let high = UInt32(first & 0x07) << 18 | continuation(1) << 12
        return (min(high | continuation(2) << 6 | continuation(3), 0x10_FFFF), min(index + 4, text.count))
    }

    /// Where the scalar behind the one at `index` begins.
    @inline(__always)
    static func next(_ text: Span<UInt8>, _ index: Int) -> Int {
        let first = text[index]
        return min(index + (first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4), text.count)
    }

    /// Where the scalar before `index` begins.
    @inline(__always)
    static func previous(_ text: Span<UInt8>, _ index: Int) -> Int {
        var index = index - 1
        while index > 0, text[index] & 0xC0 == 0x80 { index -= 1 }
        return index
    }
}
