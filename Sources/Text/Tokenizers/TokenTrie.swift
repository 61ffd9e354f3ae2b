/// Finds texts that are looked for before anything else.
///
/// The leftmost place counts, and there the longest text: what tokenizers of all kinds agree on.
struct TokenTrie: Sendable {
    private var trie = ByteTrie()
    /// Whether some text begins with a byte.
    private var begins = [Bool](repeating: false, count: 256)
    private(set) var isEmpty = true

    /// Adds a text with a number; of equal texts the first one counts.
    /// - Complexity: The text's length.
    mutating func insert(_ text: [UInt8], value: Int) {
        guard let first = text.first else { return }
        isEmpty = false
        begins[Int(first)] = true
        trie.insert(text.span, 0..<text.count, value: Int32(value))
    }

    /// The first match in `text[range]`: its number and where it lies.
    /// - Complexity: The text's length times that of the longest text at worst.
    func first(in text: Span<UInt8>, _ range: Range<Int>) -> (value: Int, range: Range<Int>)? {
        if isEmpty { return nil }
        let begins = begins.span
        var start = range.lowerBound
        while start < range.upperBound {
            if begins[Int(text[start])] {
                var node = 0, found: Int32 = -1, end = start
                for i in start..<range.upperBound {
                    guard let child = trie.child(of: node, text[i]) else { break }
                    node = child
                    if trie.value(at: node) >= 0 { (found, end) = (trie.value(at: node), i + 1) }
                }
                if found >= 0 { return (Int(found), start..<end) }
            }
            start += 1
        }
        return nil
    }
}
