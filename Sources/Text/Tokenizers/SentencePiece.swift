import TuttiCheckpoints
import TuttiTensors

/// SentencePiece's byte-pair encoding: neighbours merge where together they are a token, the highest score first.
/// Characters that end up in no token are spelled in bytes.
///
/// Text is kept with its spaces; the mark that vocabularies write for them, ▁ (U+2581), is made a space on reading.
/// - SeeAlso: Kudo and Richardson 2018, arXiv:1808.06226.
struct SentencePiece: Sendable, MergeRanking {
    /// The token of each byte; -1: none.
    private let bytes: [Token]
    /// The rank of each token: the higher its score, the lower.
    private let ranks: [UInt32]
    /// Whether two bytes ever stand beside each other within a token, at 256 × the first + the second, where the
    /// second begins a character. Where they do not, no merge can cross, and the text is cut.
    private let joins: [Bool]
    private let longest: Int
    private let unknown: Token?
    private let words: TokenTable
    private let pieces: Pieces
    private static let mark: [UInt8] = [0xE2, 0x96, 0x81]

    init(_ vocabulary: Vocabulary, scores: [Double]) {
        pieces = vocabulary.pieces
        words = vocabulary.words
        unknown = vocabulary.unknown
        var bytes = [Token](repeating: -1, count: 256)
        var joins = [Bool](repeating: false, count: 1 << 16)
        var longest = 0
        for i in vocabulary.kinds.indices {
            let range = vocabulary.pieces.range(of: Token(i))
            switch vocabulary.kinds[i] {
            case .byte where range.count == 1: bytes[Int(vocabulary.pieces.bytes[range.lowerBound])] = Token(i)
            case .normal:
                longest = max(longest, range.count)
                let piece = vocabulary.pieces.bytes.span
                for j in range.dropFirst() where piece[j] & 0xC0 != 0x80 {
                    joins[Int(piece[j - 1]) << 8 | Int(piece[j])] = true
                }
            default: break
            }
        }
        self.bytes = bytes
        self.joins = joins
        self.longest = longest
        ranks = scores.map { score in
            // The bits of a float, so turned that they are ordered as numbers are, downwards.
            let bits = Float(score).bitPattern
            return bits >> 31 != 0 ? bits & 0x7FFF_FFFF : ~(bits | 0x8000_0000)
        }
    }

    /// Calls `body` with each byte of `text[range]`, a space in place of every mark.
    static func appendUnescaped(_ text: Span<UInt8>, _ range: Range<Int>, _ body: (UInt8) -> Void) {
        var index = range.lowerBound
        while index < range.upperBound {
            if text[index] == mark[0], index + 2 < range.upperBound, text[index + 1] == mark[1],
                text[index + 2] == mark[2]
            {
                body(0x20)
                index += 3
            } else {
                body(text[index])
                index += 1
            }
        }
    }

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

    @inline(__always)
    func merge(_ left: Symbol, _ right: Symbol, in text: Span<UInt8>) -> UInt64 {
        let start = Int(left.start), end = Int(right.start + right.byteCount)
        guard end - start <= longest, let token = words.token(text, start..<end, in: pieces) else { return .max }
        return UInt64(ranks[Int(token)]) << 32 | UInt64(token)
    }

    /// Appends the tokens of one word.
    func encode(
        _ text: Span<UInt8>, _ range: Range<Int>, _ merging: inout BytePairMerging, into output: inout [Token]
    ) {
        merging.symbols.removeAll(keepingCapacity: true)
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start + 1
            while end < range.upperBound, text[end] & 0xC0 == 0x80 { end += 1 }
            let token = words.token(text, start..<end, in: pieces) ?? -1
            merging.symbols.append(Symbol(token: token, start: UInt32(start), byteCount: UInt32(end - start)))
            start = end
        }
        merging.merge(self, in: text)
        for symbol in merging.symbols {
            if symbol.token >= 0 {
                output.append(symbol.token)
            } else if symbol.byteCount == 1, text[Int(symbol.start)] == 0x20 {
                for byte in Self.mark { spell(byte, into: &output) }
            } else {
                for i in Int(symbol.start)..<Int(symbol.start + symbol.byteCount) { spell(text[i], into: &output) }
            }
        }
    }

    private func spell(_ byte: UInt8, into output: inout [Token]) {
        if bytes[Int(byte)] >= 0 {
            output.append(bytes[Int(byte)])
        } else if let unknown, output.last != unknown {
            output.append(unknown)
        }
    }
}
