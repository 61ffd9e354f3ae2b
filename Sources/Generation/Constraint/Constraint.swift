import TuttiTensors

/// A grammar at work in an answer: the mask before each token, and the way on behind it.
struct Constraint {
    enum Progress {
        case goesOn
        /// Nothing may follow: the answer is complete.
        case ended
    }

    private(set) var matcher: GrammarMatcher
    private var buffer: TokenMask

    init(_ grammar: Grammar, vocabularyCount: Int) {
        matcher = GrammarMatcher(grammar)
        buffer = TokenMask(count: vocabularyCount)
    }

    /// Whether nothing at all may be said.
    var hasEnded: Bool { matcher.isComplete && !matcher.canContinue }

    /// The tokens that may come next: those of the grammar, and the ones that end an answer if it is complete.
    mutating func mask(endingWith stopTokens: Set<Token>) -> TokenMask {
        matcher.fill(&buffer)
        for token in stopTokens where token >= 0 && token < buffer.count { buffer[token] = matcher.isComplete }
        return buffer
    }

    /// Goes on behind a token that the mask allowed.
    mutating func accept(_ token: Token) throws(GrammarError) -> Progress {
        let isTaken = matcher.accept(token)
        if let failure = matcher.failure { throw failure }
        guard isTaken else { throw GrammarError("token \(token) was chosen, which the grammar does not allow") }
        return hasEnded ? .ended : .goesOn
    }
}
