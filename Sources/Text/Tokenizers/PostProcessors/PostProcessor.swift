import TuttiTensors

/// What is added to the tokens of a text, or of a pair of texts, to make them what a model expects.
indirect enum PostProcessor: Sendable {
    /// A part of a template.
    enum Piece: Sendable, Equatable {
        /// The first text (0) or the second one (1).
        case sequence(Int)
        case tokens([Token])
    }

    case template(single: [Piece], pair: [Piece])
    /// `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`.
    case bert(opening: Token, closing: Token)
    /// `<s> A </s>`, `<s> A </s></s> B </s>`.
    case roberta(opening: Token, closing: Token)
    case sequence([PostProcessor])

    /// Joins the tokens of one text or of two.
    func joined(_ texts: [[Token]]) -> [Token] { applied(texts).flatMap { $0 } }

    private func applied(_ texts: [[Token]]) -> [[Token]] {
        switch self {
        case .template(let single, let pair):
            return (texts.count == 1 ? single : pair).compactMap { piece in
                switch piece {
                case .sequence(let index): texts.indices.contains(index) ? texts[index] : nil
                case .tokens(let tokens): tokens
                }
            }
        case .bert(let opening, let closing):
            return texts.enumerated().map { ($0 == 0 ? [opening] : []) + $1 + [closing] }
        case .roberta(let opening, let closing):
            return texts.enumerated().map { [$0 == 0 ? opening : closing] + $1 + [closing] }
        case .sequence(let stages): return stages.reduce(texts) { $1.applied($0) }
        }
    }
}
