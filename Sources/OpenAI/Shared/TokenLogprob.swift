public import TuttiCheckpoints

/// A token of an answer with its log-probability, as chat completions and responses tell it.
public struct TokenLogprob: Sendable, Hashable {
    /// The token's text; bytes that are only a part of a character are shown as U+FFFD.
    public var token: String
    public var bytes: [UInt8]
    /// A natural logarithm, 0 at most; −9999 for a token that cannot be.
    public var logprob: Double
    /// The likeliest tokens at this place, likeliest first.
    public var top: [TokenLogprob]

    public init(token: String, bytes: [UInt8], logprob: Double, top: [TokenLogprob] = []) {
        self.token = token
        self.bytes = bytes
        // JSON has no infinity.
        self.logprob = logprob.isFinite ? min(logprob, 0) : -9999
        self.top = top
    }

    public var json: JSON {
        var json = alternative
        json.set("top_logprobs", .array(top.map(\.alternative)))
        return json
    }

    /// The token as one of another's alternatives.
    private var alternative: JSON {
        [
            "token": .string(token), "bytes": .array(bytes.map { JSON(Int($0)) }), "logprob": .number(logprob),
        ]
    }
}

extension [TokenLogprob] {
    /// `logprobs` of a choice of a chat completion.
    public var choiceJSON: JSON { ["content": .array(map(\.json)), "refusal": nil] }
}
