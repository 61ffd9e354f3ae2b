/// What belongs together in a conversation: a message of the user and all that answers it, tool calls and their results
/// included.
public struct Turn: Sendable, Hashable {
    public var messages: [Message]

    public init(_ messages: [Message]) { self.messages = messages }
}

extension Conversation {
    /// The conversation after its preamble, cut into turns.
    ///
    /// A turn begins with a message of the user; instructions that stand right before it in mid-conversation belong to
    /// it. What an assistant says before the user says anything is a turn of its own.
    public var turns: [Turn] {
        var turns: [Turn] = []
        // Instructions that wait for the message of the user that they may belong to.
        var waiting: [Message] = []
        for message in messages[preamble.endIndex...] {
            if message.role.isInstruction {
                waiting.append(message)
            } else if message.role == .user || turns.isEmpty {
                turns.append(Turn(waiting + [message]))
                waiting = []
            } else {
                turns[turns.count - 1].messages += waiting + [message]
                waiting = []
            }
        }
        if !waiting.isEmpty {
            if turns.isEmpty { turns.append(Turn([])) }
            turns[turns.count - 1].messages += waiting
        }
        return turns
    }
}
