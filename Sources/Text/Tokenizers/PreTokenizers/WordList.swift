/// A text that is being cut into words.
struct WordList: Sendable {
    struct Word: Sendable {
        /// Within `bytes`; words do not overlap, and some of the text may be in none.
        var range: Range<Int>
        /// Whether the whole text begins here.
        var isAtStart: Bool
    }

    var bytes: [UInt8] = []
    var words: [Word] = []

    init() {}

    /// The whole of `text` as one word.
    init(_ text: Span<UInt8>, isAtStart: Bool) {
        bytes = text.bytes(0..<text.count)
        if !bytes.isEmpty { words = [Word(range: 0..<bytes.count, isAtStart: isAtStart)] }
    }

    /// Cuts each word: `pieces` is handed its text and calls back with ranges in it.
    mutating func cut(_ pieces: (Span<UInt8>, (Range<Int>) -> Void) -> Void) {
        var found: [Word] = []
        found.reserveCapacity(words.count)
        let old = bytes
        let text = old.span
        for word in words {
            pieces(text.extracting(word.range)) { piece in
                if piece.isEmpty { return }
                let start = word.range.lowerBound
                found.append(
                    Word(
                        range: start + piece.lowerBound..<start + piece.upperBound,
                        isAtStart: word.isAtStart && piece.lowerBound == 0))
            }
        }
        words = found
    }

    /// Writes each word anew: `rewrite` is handed its text and appends the new one.
    mutating func rewrite(_ rewrite: (Span<UInt8>, Bool, inout [UInt8]) -> Void) {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + bytes.count / 4)
        let old = bytes
        let text = old.span
        for i in words.indices {
            let start = output.count
            rewrite(text.extracting(words[i].range), words[i].isAtStart, &output)
            words[i].range = start..<output.count
        }
        bytes = output
    }
}
