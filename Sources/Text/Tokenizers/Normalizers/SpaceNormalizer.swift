/// SentencePiece's normalisation of spaces: one before the text, marks as spaces, perhaps no superfluous ones.
///
/// SentencePiece writes spaces as marks, ▁ (U+2581). Here marks are made spaces, in the vocabulary too, which comes to the
/// same and leaves most texts as they are.
struct SpaceNormalizer: Sendable {
    let addsPrefix: Bool
    /// Whether runs of spaces count as one and those at both ends as none.
    let removesExtra: Bool

    /// `text` normalised, or nothing if it stays as it is.
    func normalized(_ text: Span<UInt8>) -> [UInt8]? {
        var hasMark = false
        for i in text.indices where text[i] == 0xE2 && i + 2 < text.count {
            if text[i + 1] == 0x96 && text[i + 2] == 0x81 {
                hasMark = true
                break
            }
        }
        guard hasMark || addsPrefix || removesExtra else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + 1)
        if addsPrefix { bytes.append(0x20) }
        Self.appendUnescaped(text, 0..<text.count) { byte in
            if removesExtra, byte == 0x20, bytes.last ?? 0x20 == 0x20 { return }
            bytes.append(byte)
        }
        if removesExtra, bytes.last == 0x20 { bytes.removeLast() }
        return bytes
    }

    /// Calls `body` with each byte of `text[range]`, a space in place of every mark.
    static func appendUnescaped(_ text: Span<UInt8>, _ range: Range<Int>, _ body: (UInt8) -> Void) {
        var index = range.lowerBound
        while index < range.upperBound {
            if text[index] == 0xE2, index + 2 < range.upperBound, text[index + 1] == 0x96, text[index + 2] == 0x81 {
                body(0x20)
                index += 3
            } else {
                body(text[index])
                index += 1
            }
        }
    }
}
