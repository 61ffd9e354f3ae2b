import Tutti
import TuttiOpenAI

/// A prompt of a text completion, in tokens and as an echo shows it.
struct TextPrompt: Sendable {
    let tokens: [Token]
    /// How many tokens at its beginning were put there by the model's own rules and are no part of the text.
    let openingCount: Int
    /// What an echo shows.
    let text: String

    /// - Parameter name: Where it stands in the request.
    /// - Throws: `APIError` 400 for ids that are no tokens of the model.
    init(_ input: PromptInput, _ model: LanguageModel, name: String) throws {
        let tokenizer = try model.tokenizer, vocabulary = tokenizer.vocabulary
        switch input {
        case .text(let text):
            self.text = text
            let tokens = try model.tokens(text)
            openingCount = vocabulary.addsBOS && tokens.first == vocabulary.bos && tokens.first != nil ? 1 : 0
            self.tokens = tokens.isEmpty ? Self.beginning(vocabulary) : tokens
        case .tokens(let ids):
            tokens = try ids.enumerated().map { index, id in
                guard let token = Token(exactly: id), token >= 0, Int(token) < model.shape.vocabulary else {
                    throw APIError.invalid(
                        "Invalid '\(name)[\(index)]': \(id) is no token of this model, which has 0 to \(model.shape.vocabulary - 1).",
                        param: "\(name)[\(index)]", code: "invalid_value")
                }
                return token
            }
            openingCount = 0
            text = tokenizer.decode(tokens, skippingSpecial: false)
        }
    }

    /// What a model begins a document with: an empty prompt stands for that.
    private static func beginning(_ vocabulary: Vocabulary) -> [Token] {
        (vocabulary.bos ?? vocabulary.eos).map { [$0] } ?? []
    }

    /// The tokens of the text with the log-probabilities that they have: nothing stands before the first one.
    /// - Parameter scores: What the model thinks of each token of the prompt but the first.
    func scored(_ scores: [Choice], _ tokenizer: Tokenizer) -> [TextLogprobs.Token] {
        guard !text.isEmpty else { return [] }
        var pieces = TokenPieces(tokenizer, showsSpecial: true)
        var scored: [TextLogprobs.Token] = []
        for (index, token) in tokens.enumerated().dropFirst(openingCount) {
            let choice = scored.isEmpty || index == 0 ? Choice(token: token) : scores[index - 1]
            scored.append(pieces.measured(choice))
        }
        if !scored.isEmpty { scored[scored.count - 1].text += pieces.finish() }
        return scored
    }
}

/// Cuts a text into what is complete with each of its tokens.
struct TokenPieces {
    private let tokenizer: Tokenizer
    private var detokenizer: Detokenizer

    /// - Parameter showsSpecial: Whether tokens that are no text of anybody's, like the marks of turns, are written out: in a
    ///   prompt they are, in an answer never.
    init(_ tokenizer: Tokenizer, showsSpecial: Bool) {
        self.tokenizer = tokenizer
        detokenizer = Detokenizer(tokenizer, showsSpecial: showsSpecial)
    }

    /// - Parameter isShown: Whether the token is a part of the text.
    mutating func measured(_ choice: Choice, isShown: Bool = true) -> TextLogprobs.Token {
        let text = isShown ? detokenizer.append(choice.token) : ""
        var top = choice.top.map { TextLogprobs.Alternative(text: name($0.token), logprob: $0.logProbability) }
        if let logprob = choice.logProbability, !choice.top.contains(where: { $0.token == choice.token }) {
            top.append(TextLogprobs.Alternative(text: name(choice.token), logprob: logprob))
        }
        return TextLogprobs.Token(text: text, logprob: choice.logProbability, top: top)
    }

    /// What is left when the text has ended.
    mutating func finish() -> String { detokenizer.finish() }

    /// A token's text by itself; bytes that are no whole characters are told one by one.
    private func name(_ token: Token) -> String {
        let bytes = tokenizer.bytes(of: token)
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return "bytes:" + bytes.map { byte in "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
