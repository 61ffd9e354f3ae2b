import TuttiCheckpoints

/// Who speaks.
public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    /// Sets the model's task and manner.
    case system
    /// OpenAI's later word for `system`.
    case developer
    case user
    /// The model.
    case assistant
    /// What a tool gave back.
    case tool
}

/// A piece of what a message says.
public enum Part: Sendable, Hashable {
    case text(String)
    /// For models that have eyes.
    case picture(PicturePart)
}

/// A function that the model asks to have called.
public struct ToolCall: Sendable, Hashable {
    /// Pairs the call with the message of role `tool` that answers it.
    public var id: String
    public var name: String
    /// A JSON object, as the model wrote it.
    public var arguments: String

    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

/// One entry of a conversation.
public struct Message: Sendable, Hashable {
    public var role: Role
    public var parts: [Part]
    /// What an assistant thought before it spoke, kept apart from what it said.
    public var reasoning: String?
    /// Tells speakers of one role apart.
    public var name: String?
    /// Calls that an assistant asks for.
    public var toolCalls: [ToolCall]
    /// The call that a message of role `tool` answers.
    public var toolCallID: String?

    public init(
        _ role: Role, parts: [Part], reasoning: String? = nil, name: String? = nil, toolCalls: [ToolCall] = [],
        toolCallID: String? = nil
    ) {
        self.role = role
        self.parts = parts
        self.reasoning = reasoning
        self.name = name
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }

    public init(_ role: Role, _ text: String) { self.init(role, parts: [.text(text)]) }

    /// The text parts, one after the other.
    public var text: String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .picture: ""
            }
        }.joined()
    }

    /// The pictures, in order.
    public var pictures: [PicturePart] {
        parts.compactMap { if case .picture(let picture) = $0 { picture } else { nil } }
    }

    /// Puts text behind what the message says.
    mutating func append(_ text: String) {
        parts = pictures.isEmpty ? [.text(self.text + text)] : parts + [.text(text)]
    }
}
