import TuttiTensors

/// Tokens that are found in a text before anything else is done to it, or right after it is normalised.
struct AddedTokens: Sendable {
    /// One of them, with its flags as in `tokenizer.json`.
    struct Entry: Sendable {
        var token: Token
        var text: [UInt8]
        /// Marks structure: found only where special tokens are wanted.
        var isSpecial = false
        /// Found only where no word character stands beside it.
        var isSingleWord = false
        /// Takes the whitespace on its left or right.
        var stripsLeft = false
        var stripsRight = false
    }

    /// A part of a text: a token, or what lies between tokens.
    enum Segment {
        case token(Token)
        case text(Range<Int>)
    }

    private let entries: [Entry]
    private var trie = TokenTrie()

    init(_ entries: [Entry] = []) {
        self.entries = entries
        for (i, entry) in entries.enumerated() { trie.insert(entry.text, value: i) }
    }

    var isEmpty: Bool { trie.isEmpty }

    /// Calls `body` with the segments of `text`, in order.
    /// - Parameter special: Whether special tokens are found; where they are not, they are text, and nothing is looked for
    ///   within them.
    /// - Complexity: The text's length times that of the longest token at worst.
    func forEachSegment(of text: Span<UInt8>, special: Bool, _ body: (Segment) -> Void) {
        var start = 0, searched = 0
        while let match = trie.first(in: text, searched..<text.count) {
            searched = match.range.upperBound
            let entry = entries[match.value]
            if entry.isSpecial, !special { continue }
            if entry.isSingleWord, Self.hasWord(beside: match.range, text) { continue }
            var (left, right) = (match.range.lowerBound, match.range.upperBound)
            if entry.stripsLeft {
                while left > 0 {
                    let previous = CharacterScanner.previous(text, left)
                    if !Self.has(ScalarProperty.whitespace, text, previous) { break }
                    left = previous
                }
                left = max(left, start)
            }
            if entry.stripsRight {
                while right < text.count, Self.has(ScalarProperty.whitespace, text, right) {
                    right = CharacterScanner.next(text, right)
                }
            }
            if start < left { body(.text(start..<left)) }
            // Whitespace that the token before has taken may be all that this one is: then nothing is left of it.
            if left < right { body(.token(entry.token)) }
            start = right
        }
        if start < text.count { body(.text(start..<text.count)) }
    }

    private static func has(_ property: UInt8, _ text: Span<UInt8>, _ index: Int) -> Bool {
        ScalarProperty.has(property, CharacterScanner.scalar(text, index).value)
    }

    private static func hasWord(beside range: Range<Int>, _ text: Span<UInt8>) -> Bool {
        (range.lowerBound > 0 && has(ScalarProperty.word, text, CharacterScanner.previous(text, range.lowerBound)))
            || (range.upperBound < text.count && has(ScalarProperty.word, text, range.upperBound))
    }
}
