import TuttiTensors

/// Tokens by the bytes under which a model looks them up.
struct Lexicon: Sendable {
    private(set) var table: TokenTable
    /// The bytes of every token; those that are not looked up may have any.
    private(set) var pieces: Pieces

    init(table: TokenTable, pieces: Pieces) {
        self.table = table
        self.pieces = pieces
    }

    /// The tokens of `pieces` for which `isWord` is true. Of several with the same bytes the last one counts.
    init(_ pieces: Pieces, where isWord: (Token) -> Bool) {
        self.pieces = pieces
        table = TokenTable(count: pieces.count)
        for token in 0..<Token(pieces.count) where isWord(token) {
            if table.insert(token, in: pieces) != nil { table.replace(by: token, in: pieces) }
        }
    }

    /// The token whose bytes are those of `text[range]`.
    @inline(__always)
    func token(_ text: Span<UInt8>, _ range: Range<Int>) -> Token? { table.token(text, range, in: pieces) }

    func token(_ bytes: [UInt8]) -> Token? { token(bytes.span, 0..<bytes.count) }

    func token(_ text: String) -> Token? { token(Array(text.utf8)) }

    /// The token of each byte that `<0x0A>` and its like name; -1 where there is none.
    var byteTokens: [Token] {
        (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return token("<0x" + (byte < 16 ? "0" : "") + digits + ">") ?? -1
        }
    }
}
