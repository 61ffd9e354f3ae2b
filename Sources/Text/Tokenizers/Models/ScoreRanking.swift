import TuttiTensors

/// SentencePiece's byte-pair encoding: neighbours merge where together they are a token, the highest score first.
struct ScoreRanking: Sendable, MergeRanking {
    /// The rank of each token: the higher its score, the lower.
    private let ranks: [UInt32]
    private let lexicon: Lexicon
    private let longest: Int

    init(_ lexicon: Lexicon, scores: [Double], isWord: (Token) -> Bool) {
        self.lexicon = lexicon
        longest =
            scores.indices.lazy.map { Token($0) }.filter(isWord).map { lexicon.pieces.range(of: $0).count }.max() ?? 0
        ranks = scores.map { score in
            // The bits of a float, so turned that they are ordered as numbers are, downwards.
            let bits = Float(score).bitPattern
            return bits >> 31 != 0 ? bits & 0x7FFF_FFFF : ~(bits | 0x8000_0000)
        }
    }

    @inline(__always)
    func merge(_ left: Symbol, _ right: Symbol, in text: Span<UInt8>) -> UInt64 {
        let start = Int(left.start), end = Int(right.start + right.byteCount)
        guard end - start <= longest, let token = lexicon.token(text, start..<end) else { return .max }
        return UInt64(ranks[Int(token)]) << 32 | UInt64(token)
    }
}

/// Spells characters in bytes that ended up in no token, as SentencePiece does.
struct ByteSpelling: Sendable {
    /// The token of each byte; -1: none.
    let bytes: [Token]
    let unknown: Token?
    private static let mark: [UInt8] = [0xE2, 0x96, 0x81]

    /// Appends a symbol for each character of `text[range]`; -1 for what is no token.
    static func appendSymbols(_ text: Span<UInt8>, _ range: Range<Int>, _ lexicon: Lexicon, _ symbols: inout [Symbol]) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start + 1
            while end < range.upperBound, text[end] & 0xC0 == 0x80 { end += 1 }
            let token = lexicon.token(text, start..<end) ?? -1
            symbols.append(Symbol(token: token, start: UInt32(start), byteCount: UInt32(end - start)))
            start = end
        }
    }

    func append(_ symbol: Symbol, _ text: Span<UInt8>, into output: inout [Token]) {
        if symbol.token >= 0 {
            output.append(symbol.token)
        } else if symbol.byteCount == 1, text[Int(symbol.start)] == 0x20 {
            // Texts are kept with spaces, which vocabularies write as marks.
            for byte in Self.mark { spell(byte, into: &output) }
        } else {
            for i in Int(symbol.start)..<Int(symbol.start + symbol.byteCount) { spell(text[i], into: &output) }
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
