import OrderedCollections
import TuttiText
public import TuttiCheckpoints

extension Message {
    /// The message as chat templates see it: OpenAI's fields, with a tool call's arguments as the value they spell.
    public var templateValue: JSON {
        var fields: OrderedDictionary<JSON.Key, JSON> = ["role": .string(role.rawValue), "content": .string(text)]
        if let reasoning { fields["reasoning_content"] = .string(reasoning) }
        if let name { fields["name"] = .string(name) }
        if let toolCallID { fields["tool_call_id"] = .string(toolCallID) }
        if !toolCalls.isEmpty { fields["tool_calls"] = .array(toolCalls.map(\.templateValue)) }
        return .object(fields)
    }
}

extension ToolCall {
    var templateValue: JSON {
        let value = (try? JSON(parsing: arguments)) ?? .string(arguments)
        return .object([
            "id": .string(id), "type": .string("function"),
            "function": .object(["name": .string(name), "arguments": value]),
        ])
    }
}
