import TuttiTensors

/// How a word becomes tokens.
enum TokenModel: Sendable {
    case bytePair(BytePairEncoding)
    case unigram(Unigram)
    case wordPiece(WordPiece)
    /// Each word is a token, or the unknown one if there is one.
    case wordLevel(Lexicon, unknown: Token?)

    /// Appends the tokens of one word.
    func encode(
        _ text: Span<UInt8>, _ range: Range<Int>, _ merging: inout BytePairMerging, into output: inout [Token]
    ) {
        switch self {
        case .bytePair(let model): model.encode(text, range, &merging, into: &output)
        case .unigram(let model): model.encode(text, range, into: &output)
        case .wordPiece(let model): model.encode(text, range, into: &output)
        case .wordLevel(let lexicon, let unknown):
            if let token = lexicon.token(text, range) ?? unknown { output.append(token) }
        }
    }

    /// Where a word may be cut further because no token crosses.
    var joins: JoinTable? { if case .bytePair(let model) = self { model.joins } else { nil } }
}
