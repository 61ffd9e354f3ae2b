/// Which two bytes ever stand beside each other within a token, where the second begins a character.
///
/// Where they do not, no merge can cross, and a text that is one long word can be cut into words that the cache knows.
struct JoinTable: Sendable {
    /// At 256 × the first + the second.
    private var joins = [Bool](repeating: false, count: 1 << 16)

    /// Allows every two bytes that stand beside each other in `piece[range]`.
    mutating func join(_ piece: Span<UInt8>, _ range: Range<Int>) {
        for i in range.dropFirst() where piece[i] & 0xC0 != 0x80 { join(piece[i - 1], piece[i]) }
    }

    mutating func join(_ first: UInt8, _ second: UInt8) { joins[Int(first) << 8 | Int(second)] = true }

    /// Where the word that begins at `start` ends: before the next character that no token joins to its predecessor.
    @inline(__always)
    func wordEnd(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        let joins = joins.span
        var index = start + 1
        while index < end {
            if text[index] & 0xC0 != 0x80, !joins[Int(text[index - 1]) << 8 | Int(text[index])] { break }
            index += 1
        }
        return index
    }
}
