public import TuttiTensors
import TuttiText

extension GrammarMatcher {
    /// The tokens of the text that must come next whatever is chosen, as the tokenizer writes it.
    ///
    /// The last of them is left out where something may follow: together with that it could be another token. None where
    /// the answer may end, and none where the tokenizer has no way of its own to write the text.
    /// - Parameter limit: The most bytes to look at.
    public func forcedTokens(limit: Int = 256) -> [Token] {
        var bytes = forcedBytes(limit: limit)
        // A cut may go through a character.
        for _ in 0..<3 where String(validating: bytes, as: UTF8.self) == nil { _ = bytes.popLast() }
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else { return [] }
        let written = grammar.tokens.tokenizer.encode(text)
        // Some tokenizers put a space before every text: what is left of the tokens then is too long.
        var first = written.count, count = 0
        while first > 0, count < bytes.count {
            first -= 1
            count += grammar.tokens.bytes(of: written[first]).count
        }
        var tokens = Array(written[first...]), end = self
        guard tokens.flatMap({ grammar.tokens.bytes(of: $0) }) == bytes, end.accept(bytes: bytes) else { return [] }
        if !end.isComplete || end.canContinue { tokens.removeLast() }
        return tokens.allSatisfy(grammar.tokens.isUsable) ? tokens : []
    }
}
