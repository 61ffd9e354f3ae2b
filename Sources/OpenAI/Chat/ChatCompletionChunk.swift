public import TuttiCheckpoints

/// `chat.completion.chunk`: a piece of a streamed chat completion.
public struct ChatCompletionChunk: Sendable {
    /// What is new in one choice.
    public enum Delta: Sendable, Hashable {
        /// The first one.
        /// - Parameter hasText: Whether text follows; the content is null before calls.
        case role(hasText: Bool)
        case text(String)
        case reasoning(String)
        case callBegan(index: Int, id: String, name: String)
        case callArguments(index: Int, String)
        /// The same in the older form, where functions came as `functions`.
        case functionCallBegan(name: String)
        case functionCallArguments(String)
        /// The first of an answer that is spoken: its name from now on.
        case audioBegan(id: String, expiresAt: Int)
        /// A piece of what is said.
        case transcript(id: String, String)
        /// A piece of how it sounds, in Base64.
        case audio(id: String, String)
        /// The last one.
        case nothing

        public var json: JSON {
            switch self {
            case .role(let hasText): ["role": "assistant", "content": hasText ? "" : nil, "refusal": nil]
            case .text(let text): ["content": .string(text)]
            case .reasoning(let text): ["reasoning_content": .string(text)]
            case .callBegan(let index, let id, let name):
                [
                    "tool_calls": [
                        [
                            "index": JSON(index), "id": .string(id), "type": "function",
                            "function": ["name": .string(name), "arguments": ""],
                        ]
                    ]
                ]
            case .callArguments(let index, let text):
                ["tool_calls": [["index": JSON(index), "function": ["arguments": .string(text)]]]]
            case .functionCallBegan(let name): ["function_call": ["name": .string(name), "arguments": ""]]
            case .functionCallArguments(let text): ["function_call": ["arguments": .string(text)]]
            case .audioBegan(let id, let expiresAt):
                ["audio": ["id": .string(id), "expires_at": JSON(expiresAt), "transcript": ""]]
            case .transcript(let id, let text): ["audio": ["id": .string(id), "transcript": .string(text)]]
            case .audio(let id, let data): ["audio": ["id": .string(id), "data": .string(data)]]
            case .nothing: [:]
            }
        }
    }

    public let head: ChatCompletion.Head
    /// nil in the last chunk of a stream with usage, which is about no choice.
    public let choice:
        (index: Int, delta: Delta, logprobs: [TokenLogprob]?, finishReason: ChatCompletion.FinishReason?)?
    /// Absent where the stream has no usage; null in every chunk but the last where it has.
    private let usage: JSON?

    public init(
        head: ChatCompletion.Head, index: Int, _ delta: Delta, logprobs: [TokenLogprob]? = nil,
        finishReason: ChatCompletion.FinishReason? = nil, hasUsage: Bool
    ) {
        self.head = head
        choice = (index, delta, logprobs, finishReason)
        // A bare nil would be read as a JSON null.
        usage = hasUsage ? .some(.null) : .none
    }

    /// The chunk that ends a stream with usage.
    public init(head: ChatCompletion.Head, usage: CompletionUsage) {
        self.head = head
        choice = nil
        self.usage = usage.json
    }

    public var json: JSON {
        var choices: [JSON] = []
        if let choice {
            choices.append([
                "index": JSON(choice.index), "delta": choice.delta.json,
                "logprobs": choice.logprobs?.choiceJSON ?? .null,
                "finish_reason": JSON(choice.finishReason?.rawValue),
            ])
        }
        var json: JSON = [
            "id": .string(head.id), "object": "chat.completion.chunk", "created": JSON(head.created),
            "model": .string(head.model), "service_tier": "default",
            "system_fingerprint": .string(head.systemFingerprint), "choices": .array(choices),
        ]
        if let usage { json.set("usage", usage) }
        return json
    }
}
