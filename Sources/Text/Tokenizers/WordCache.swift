import TuttiTensors

/// The tokens of words met before: most of a text is few words, and a look-up costs a tenth of merging.
///
/// Bounded: each word has one place, and a newcomer takes it. Only words of up to 15 bytes and 11 tokens are kept.
struct WordCache: Sendable {
    static let longestWord = 15
    private static let mostTokens = 11
    /// Words in a slot: two of key, one half with the count of tokens, eleven halves of tokens. A cache line.
    private static let slotSize = 8
    private static let slotCount = 1 << 14
    private var slots = [UInt64](repeating: 0, count: slotSize * slotCount)

    /// A word of 1 to 15 bytes with its length.
    struct Key: Sendable {
        let low: UInt64, high: UInt64

        @inline(__always)
        init(_ text: Span<UInt8>, _ range: Range<Int>) {
            let count = range.count
            low = text.word(at: range.lowerBound, count: min(8, count))
            let rest = count > 8 ? text.word(at: range.lowerBound + 8, count: count - 8) : 0
            high = rest | UInt64(count) << 56
        }

        @inline(__always)
        var place: Int {
            let hash = mixed(low ^ (high &* 0xD6E8_FEB8_6659_FD93))
            return Int(truncatingIfNeeded: hash) & (WordCache.slotCount - 1)
        }
    }

    /// Appends the tokens of a word if it is here.
    @inline(__always)
    func append(_ key: Key, to output: inout [Token]) -> Bool {
        let slots = slots.span
        let base = key.place * Self.slotSize
        guard slots[base] == key.low, slots[base + 1] == key.high else { return false }
        var word = slots[base + 2]
        let count = Int(word & 0xFFFF_FFFF)
        for i in 0..<count {
            let half = i + 1
            if half & 1 == 0 { word = slots[base + 2 + half / 2] }
            output.append(Token(truncatingIfNeeded: half & 1 == 0 ? word : word >> 32))
        }
        return true
    }

    /// Keeps the tokens of a word, if they are few enough.
    mutating func insert(_ key: Key, _ tokens: ArraySlice<Token>) {
        guard tokens.count <= Self.mostTokens else { return }
        let base = key.place * Self.slotSize
        slots[base] = key.low
        slots[base + 1] = key.high
        for i in base + 2..<base + Self.slotSize { slots[i] = 0 }
        slots[base + 2] = UInt64(tokens.count)
        for (i, token) in tokens.enumerated() {
            let half = i + 1
            slots[base + 2 + half / 2] |= UInt64(UInt32(bitPattern: token)) << UInt64(32 * (half & 1))
        }
    }
}
