/// What belongs together in a conversation: a message of the user and all that answers it, tool calls and their results
/// included.
public struct Turn: Sendable, Hashable {
    public var messages: [Message]

    public init(_ messages: [Message]) { self.messages = messages }
}

extension Turn {
    /// Where its calls of tools stand: each message that asks for some, with the results behind it.
    var calls: [Range<Int>] {
        var ranges: [Range<Int>] = [], index = 0
        while index < messages.count {
            let start = index
            index += 1
            guard !messages[start].toolCalls.isEmpty else { continue }
            while index < messages.count, messages[index].role == .tool { index += 1 }
            ranges.append(start..<index)
        }
        return ranges
    }

    /// The turn without its first calls and what they gave.
    func without(calls count: Int) -> Turn {
        var messages = messages
        for range in calls.prefix(count).reversed() { messages.removeSubrange(range) }
        return Turn(messages)
    }
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
