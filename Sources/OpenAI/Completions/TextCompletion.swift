public import TuttiCheckpoints

/// `text_completion`: what `POST /v1/completions` answers, and a piece of it when it is streamed.
public struct TextCompletion: Sendable, Hashable {
    public struct Choice: Sendable, Hashable {
        public var index: Int
        public var text: String
        public var logprobs: TextLogprobs?
        /// `stop` or `length`; nil in pieces that are not the last.
        public var finishReason: String?

        public init(index: Int, text: String, logprobs: TextLogprobs? = nil, finishReason: String? = nil) {
            self.index = index
            self.text = text
            self.logprobs = logprobs
            self.finishReason = finishReason
        }

        public var json: JSON {
            [
                "index": JSON(index), "text": .string(text), "logprobs": logprobs?.json ?? .null,
                "finish_reason": JSON(finishReason),
            ]
        }
    }

    public var head: ChatCompletion.Head
    public var choices: [Choice]
    /// Absent in the pieces of a stream without usage.
    public var usage: CompletionUsage?
    /// Whether a missing usage is told as null, as in a stream with usage.
    public var tellsUsage: Bool

    public init(head: ChatCompletion.Head, choices: [Choice], usage: CompletionUsage?, tellsUsage: Bool = true) {
        self.head = head
        self.choices = choices
        self.usage = usage
        self.tellsUsage = tellsUsage
    }

    public var json: JSON {
        var json: JSON = [
            "id": .string(head.id), "object": "text_completion", "created": JSON(head.created),
            "model": .string(head.model), "system_fingerprint": .string(head.systemFingerprint),
            "choices": .array(choices.map(\.json)),
        ]
        if tellsUsage { json.set("usage", usage?.json ?? .null) }
        return json
    }
}

/// `logprobs` of a text completion: four lists with an element for each token.
public struct TextLogprobs: Sendable, Hashable {
    /// A token with the log-probability that it had.
    public struct Token: Sendable, Hashable {
        /// The characters that are complete with it: the tokens' texts, joined, are the text.
        public var text: String
        /// A natural logarithm; nil for a text's first token, before which nothing stands.
        public var logprob: Double?
        /// The likeliest tokens at its place, and itself.
        public var top: [Alternative]

        public init(text: String, logprob: Double?, top: [Alternative]) {
            self.text = text
            self.logprob = logprob
            self.top = top
        }
    }

    /// A token that might have stood at a place.
    public struct Alternative: Sendable, Hashable {
        public var text: String
        public var logprob: Double

        public init(text: String, logprob: Double) {
            self.text = text
            self.logprob = logprob
        }
    }

    public var tokens: [Token]
    /// Where the first token begins in the text, in Unicode scalars.
    public var offset: Int
    /// Whether alternatives were asked for.
    public var hasTop: Bool

    public init(tokens: [Token] = [], offset: Int = 0, hasTop: Bool) {
        self.tokens = tokens
        self.offset = offset
        self.hasTop = hasTop
    }

    public var json: JSON {
        var offsets: [JSON] = [], offset = offset
        for token in tokens {
            offsets.append(JSON(offset))
            offset += token.text.unicodeScalars.count
        }
        return [
            "tokens": .array(tokens.map { .string($0.text) }),
            "token_logprobs": .array(tokens.map { JSON($0.logprob.map(Self.finite)) }),
            "top_logprobs": hasTop ? .array(tokens.map(Self.top)) : .null,
            "text_offset": .array(offsets),
        ]
    }

    private static func top(_ token: Token) -> JSON {
        guard token.logprob != nil else { return .null }
        var members: JSON = [:]
        // Two tokens may have the same text: the likelier one counts.
        for one in token.top where members[one.text] == nil { members.set(one.text, .number(finite(one.logprob))) }
        return members
    }

    /// JSON has no infinity.
    private static func finite(_ logprob: Double) -> Double { logprob.isFinite ? logprob : -9999 }
}
