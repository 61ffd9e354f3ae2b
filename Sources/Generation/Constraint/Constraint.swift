import TuttiTensors

/// A grammar at work in an answer: the mask before each token, the tokens that it leaves no choice about, and the way on
/// behind each.
struct Constraint {
    enum Progress {
        case goesOn
        /// Nothing may follow: the answer is complete.
        case ended
    }

    private(set) var matcher: GrammarMatcher
    private var buffer: TokenMask
    /// The tokens of the text that must come next, as the tokenizer writes it; nil until that was looked at.
    private var forced: ArraySlice<Token>?

    /// Tokens that end an answer, and may come only where it is complete.
    private let stopTokens: Set<Token>

    init(_ grammar: Grammar, vocabularyCount: Int, stopTokens: Set<Token>) {
        self.stopTokens = stopTokens
        matcher = GrammarMatcher(grammar)
        buffer = TokenMask(count: vocabularyCount)
    }

    /// Whether nothing at all may be said.
    var hasEnded: Bool { matcher.isComplete && !matcher.canContinue }

    /// The next token, where the text is forced: of the ways to write that text the tokenizer's own is taken, always,
    /// so that what is said does not depend on how many tokens are taken at once.
    mutating func forcedToken() -> Token? {
        if let forced { return forced.first }
        let found = matcher.forcedTokens().prefix { !stopTokens.contains($0) }
        forced = found
        return found.first
    }

    /// The tokens that may come next: those of the grammar, and the ones that end an answer if it is complete. Of a text
    /// that is forced, ``forcedToken()`` alone.
    mutating func mask() -> TokenMask {
        if let token = forcedToken() {
            buffer.forbidAll()
            buffer[token] = true
            return buffer
        }
        matcher.fill(&buffer)
        for token in stopTokens where token >= 0 && token < buffer.count { buffer[token] = matcher.isComplete }
        return buffer
    }

    /// Goes on behind a token that the mask allowed.
    mutating func accept(_ token: Token) throws(GrammarError) -> Progress {
        let isTaken = matcher.accept(token)
        if let failure = matcher.failure { throw failure }
        guard isTaken else { throw GrammarError("token \(token) was chosen, which the grammar does not allow") }
        let rest = forced?.first == token ? forced?.dropFirst() ?? [] : []
        forced = rest.isEmpty ? nil : rest
        return hasEnded ? .ended : .goesOn
    }
}
