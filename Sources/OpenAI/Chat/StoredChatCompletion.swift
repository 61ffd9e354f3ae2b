public import TuttiCheckpoints

/// A chat completion that is kept, with what its request said.
public struct StoredChatCompletion: Sendable, Hashable {
    public var id: String
    public var model: String
    /// The completion, and the fields of its request that steered it.
    public var json: JSON
    /// The request's messages, each with an id.
    public var messages: [JSON]

    public init(_ completion: ChatCompletion, _ request: ChatCompletionRequest) {
        id = completion.head.id
        model = completion.head.model
        var json = completion.json
        let copied = [
            "temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "tools", "tool_choice",
            "response_format",
        ]
        for name in copied { json.set(name, request.json[name] ?? .null) }
        json.set("input_user", request.json["user"] ?? .null)
        self.json = json
        let id = id
        messages = request.messages.enumerated().map { index, message in
            var stored = message.json
            stored.set("id", .string("\(id)-\(index)"))
            if message.json["content"]?.array != nil {
                stored.set("content", .string(message.texts.joined()))
                stored.set("content_parts", message.json["content"] ?? .null)
            } else {
                stored.set("content_parts", .null)
            }
            return stored
        }
    }
}
