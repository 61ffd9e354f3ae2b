import TuttiTensors

/// WordPiece: the longest token that begins a word, then the longest that goes on with it, and so forth.
/// - SeeAlso: Devlin et al. 2018, arXiv:1810.04805; Schuster and Nakajima 2012.
struct WordPiece: Sendable {
    private let trie: ByteTrie
    /// The node from which tokens start that go on with a word, if there are any.
    private let continuation: Int?
    private let unknown: Token?
    private let longestWord: Int

    /// - Parameters:
    ///   - lexicon: The tokens by their texts.
    ///   - words: The tokens that words are written in.
    ///   - beginning: Stands before every token that begins a word (`▁` in GGUF).
    ///   - prefix: Stands before every token that goes on with a word (`##`).
    ///   - longestWord: In scalars; longer ones are the unknown token.
    /// - Returns: Nothing if the vocabulary is too large to be put into a tree.
    init?(
        _ lexicon: Lexicon, words: some Sequence<Token>, beginning: [UInt8] = [], prefix: [UInt8], unknown: Token?,
        longestWord: Int
    ) {
        var trie = ByteTrie(nodeCount: lexicon.pieces.bytes.count / 2)
        for token in words {
            guard trie.insert(lexicon.pieces.bytes.span, lexicon.pieces.range(of: token), value: token, replaces: true)
            else { return nil }
        }
        self.trie = trie
        func node(_ bytes: [UInt8]) -> Int? {
            bytes.reduce(0) { node, byte in node.flatMap { trie.child(of: $0, byte) } }
        }
        root = node(beginning)
        continuation = node(prefix)
        self.unknown = unknown
        self.longestWord = longestWord
    }

    /// The node from which tokens start that begin a word, if there are any.
    private let root: Int?

    /// Appends the tokens of one word: the unknown one alone if it cannot be written in tokens, or is too long.
    /// - Complexity: The word's length times that of the longest token.
    func encode(_ text: Span<UInt8>, _ range: Range<Int>, into output: inout [Token]) {
        let first = output.count
        var scalars = 0
        for i in range where text[i] & 0xC0 != 0x80 { scalars += 1 }
        var start = range.lowerBound
        if scalars <= longestWord {
            while start < range.upperBound {
                guard var node = start == range.lowerBound ? root : continuation else { break }
                var found: Token = -1, end = start
                for i in start..<range.upperBound {
                    guard let child = trie.child(of: node, text[i]) else { break }
                    node = child
                    if trie.value(at: node) >= 0 { (found, end) = (trie.value(at: node), i + 1) }
                }
                if found < 0 { break }
                output.append(found)
                start = end
            }
        }
        if start < range.upperBound {
            output.removeLast(output.count - first)
            if let unknown { output.append(unknown) }
        }
    }
}
