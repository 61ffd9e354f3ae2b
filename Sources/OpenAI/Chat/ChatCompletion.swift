import OrderedCollections
public import TuttiCheckpoints

/// `chat.completion`: what `POST /v1/chat/completions` answers.
public struct ChatCompletion: Sendable, Hashable {
    public struct Choice: Sendable, Hashable {
        public var index: Int
        public var message: AnsweredMessage
        public var finishReason: FinishReason
        /// nil unless they were asked for.
        public var logprobs: [TokenLogprob]?

        public init(index: Int, message: AnsweredMessage, finishReason: FinishReason, logprobs: [TokenLogprob]? = nil) {
            self.index = index
            self.message = message
            self.finishReason = finishReason
            self.logprobs = logprobs
        }

        public var json: JSON {
            [
                "index": JSON(index), "message": message.json, "logprobs": logprobs?.choiceJSON ?? .null,
                "finish_reason": .string(finishReason.rawValue),
            ]
        }
    }

    /// Why an answer ended.
    public enum FinishReason: String, Sendable, Hashable {
        case stop, length
        case toolCalls = "tool_calls"
        /// The older word, where functions came as `functions`.
        case functionCall = "function_call"
    }

    /// What the chunks of a stream and the whole answer share.
    public struct Head: Sendable, Hashable {
        public var id: String
        /// Unix time in seconds.
        public var created: Int
        /// The model's own name, whatever it was asked for by.
        public var model: String
        /// Changes when the same seed may give another answer.
        public var systemFingerprint: String

        public init(id: String, created: Int, model: String, systemFingerprint: String) {
            self.id = id
            self.created = created
            self.model = model
            self.systemFingerprint = systemFingerprint
        }
    }

    public var head: Head
    public var choices: [Choice]
    public var usage: CompletionUsage
    public var metadata: JSON?

    public init(head: Head, choices: [Choice], usage: CompletionUsage, metadata: JSON? = nil) {
        self.head = head
        self.choices = choices
        self.usage = usage
        self.metadata = metadata
    }

    public var json: JSON {
        [
            "id": .string(head.id), "object": "chat.completion", "created": JSON(head.created),
            "model": .string(head.model), "choices": .array(choices.map(\.json)), "usage": usage.json,
            "service_tier": "default", "system_fingerprint": .string(head.systemFingerprint),
            "metadata": metadata ?? [:],
        ]
    }
}

/// What a model answered: `choices[…].message`.
public struct AnsweredMessage: Sendable, Hashable {
    public var text: String
    /// What a thinking model thought first; not OpenAI's field, but the word of the servers that tell it.
    public var reasoning: String
    public var calls: [ChatMessage.Call]
    /// The text as it was spoken, which then stands there and not in the content; nil where nobody asked.
    public var audio: SpokenAnswer?
    /// Whether the one call is told as `function_call`, the older form.
    public var usesFunctionCall: Bool

    public init(
        text: String = "", reasoning: String = "", calls: [ChatMessage.Call] = [], usesFunctionCall: Bool = false
    ) {
        self.text = text
        self.reasoning = reasoning
        self.calls = calls
        self.usesFunctionCall = usesFunctionCall
    }

    public var json: JSON {
        var message: JSON = [
            "role": "assistant",
            "content": audio != nil || text.isEmpty && !calls.isEmpty ? .null : .string(text), "refusal": nil,
            "annotations": [],
        ]
        if let audio { message.set("audio", audio.json) }
        if !reasoning.isEmpty { message.set("reasoning_content", .string(reasoning)) }
        if usesFunctionCall, let call = calls.first {
            message.set("function_call", ["name": .string(call.name), "arguments": .string(call.arguments)])
        } else if !calls.isEmpty {
            message.set("tool_calls", .array(calls.map(\.json)))
        }
        return message
    }
}

extension ChatMessage.Call {
    public init(_ id: String, _ name: String, _ arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }

    public var json: JSON {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
    }
}

extension JSON {
    /// Gives an object a member, or the one that it has another value.
    public mutating func set(_ name: String, _ value: JSON) {
        guard case .object(var members) = self else { return }
        members[Key(name)] = value
        self = .object(members)
    }
}
