import TuttiTensors

/// Finds the tokens that are looked for before anything else: user-defined ones, and special ones where they are wanted.
///
/// At each place the longest match counts, and the leftmost place: what tokenizers of all kinds agree on.
struct TokenTrie: Sendable {
    /// Slots of two words: parent node and byte, then child node. Node 0 is the root, so 0 is a free slot.
    private var slots: [UInt64]
    private var mask: Int
    private var tokens: [Token] = [-1]
    /// Whether some token begins with a byte.
    private var begins = [Bool](repeating: false, count: 256)
    private(set) var isEmpty = true

    /// - Complexity: The total length of the tokens' texts.
    init(_ list: [Token], texts: Pieces) {
        let byteCount = list.reduce(0) { $0 + texts.range(of: $1).count }
        var size = 16
        while size < byteCount * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: 2 * size)
        mask = size - 1
        for token in list { insert(token, texts.bytes.span, texts.range(of: token)) }
    }

    private mutating func insert(_ token: Token, _ bytes: Span<UInt8>, _ range: Range<Int>) {
        if range.isEmpty { return }
        isEmpty = false
        begins[Int(bytes[range.lowerBound])] = true
        var node = 0
        for i in range {
            let place = place(node, bytes[i])
            if slots[2 * place] == 0 {
                slots[2 * place] = Self.key(node, bytes[i])
                slots[2 * place + 1] = UInt64(tokens.count)
                tokens.append(-1)
            }
            node = Int(slots[2 * place + 1])
        }
        if tokens[node] < 0 { tokens[node] = token }
    }

    private static func key(_ node: Int, _ byte: UInt8) -> UInt64 { UInt64(node + 1) << 8 | UInt64(byte) }

    /// The slot of a child, or the free one where it would be.
    private func place(_ node: Int, _ byte: UInt8) -> Int {
        let key = Self.key(node, byte)
        var place = Int(truncatingIfNeeded: mixed(key)) & mask
        while slots[2 * place] != 0, slots[2 * place] != key { place = (place + 1) & mask }
        return place
    }

    /// The first match in `text[range]`: its token and where it lies.
    /// - Complexity: The text's length times that of the longest token at worst.
    func first(in text: Span<UInt8>, _ range: Range<Int>) -> (token: Token, range: Range<Int>)? {
        if isEmpty { return nil }
        let begins = begins.span
        var start = range.lowerBound
        while start < range.upperBound {
            if begins[Int(text[start])] {
                var node = 0, found: Token = -1, end = start
                for i in start..<range.upperBound {
                    let place = place(node, text[i])
                    if slots[2 * place] == 0 { break }
                    node = Int(slots[2 * place + 1])
                    if tokens[node] >= 0 { (found, end) = (tokens[node], i + 1) }
                }
                if found >= 0 { return (found, start..<end) }
            }
            start += 1
        }
        return nil
    }
}
