import Tutti

extension Choice {
    /// The token with its text, and its log-probability and alternatives where they were asked for.
    func json(_ tokenizer: Tokenizer) -> JSON {
        guard let logProbability else {
            return ["id": JSON(Int(token)), "text": .string(tokenizer.decode([token], skippingSpecial: false))]
        }
        return [
            "id": JSON(Int(token)), "text": .string(tokenizer.decode([token], skippingSpecial: false)),
            "logprob": .number(logProbability),
            "top": .array(
                top.map {
                    [
                        "id": JSON(Int($0.token)),
                        "text": .string(tokenizer.decode([$0.token], skippingSpecial: false)),
                        "logprob": .number($0.logProbability),
                    ]
                }),
        ]
    }
}

extension Tokenizer {
    /// A token's text in quotes, with its blanks and line ends made visible.
    func shown(_ token: Token) -> String { JSON.string(decode([token], skippingSpecial: false)).text() }
}
