/// What was said so far, in order.
///
///     var conversation = Conversation(system: "Answer in one sentence.")
///     conversation.append(Message(.user, "What is a fugue?"))
///     conversation.append(Message(.assistant, "A piece in which voices take up one theme in turn."))
public struct Conversation: Sendable, Hashable {
    public var messages: [Message]

    public init(_ messages: [Message] = []) { self.messages = messages }

    /// - Parameter system: The system prompt.
    public init(system: String) { messages = [Message(.system, system)] }

    public mutating func append(_ message: Message) { messages.append(message) }

    /// The messages of roles `system` and `developer` that stand before everything else.
    public var preamble: ArraySlice<Message> { messages.prefix { $0.role.isInstruction } }

    /// The text of the preamble, one message a line; nil if there is none. Setting it makes one message of it.
    public var system: String? {
        get { preamble.isEmpty ? nil : preamble.map(\.text).joined(separator: "\n") }
        set {
            messages.replaceSubrange(0..<preamble.endIndex, with: newValue.map { [Message(.system, $0)] } ?? [])
        }
    }

    /// Forgets what was said; the preamble stays.
    public mutating func clear() { messages = Array(preamble) }

    /// Takes back everything after the last message of the user, so that it can be answered anew.
    /// - Returns: What was taken back; empty if there was no answer yet.
    /// - Throws: ``ConversationError/nothingToAnswer`` if the user has not said anything.
    @discardableResult
    public mutating func regenerate() throws(ConversationError) -> [Message] {
        guard let last = messages.lastIndex(where: { $0.role == .user }) else { throw .nothingToAnswer }
        let answer = Array(messages[(last + 1)...])
        messages.removeSubrange((last + 1)...)
        return answer
    }
}

extension Role {
    var isInstruction: Bool { self == .system || self == .developer }
}
