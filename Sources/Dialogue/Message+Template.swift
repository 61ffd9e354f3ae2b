import OrderedCollections
import TuttiText
public import TuttiCheckpoints

extension Message {
    /// The message as chat templates see it: OpenAI's fields, with a tool call's arguments as the value they spell.
    public var templateValue: JSON { templateValue(inParts: false) }

    /// - Parameter inParts: Whether what it says is a list of parts in any case; with pictures it always is.
    func templateValue(inParts: Bool) -> JSON {
        let content = inParts || !pictures.isEmpty ? JSON.array(parts.map(\.templateValue)) : .string(text)
        var fields: OrderedDictionary<JSON.Key, JSON> = ["role": .string(role.rawValue), "content": content]
        if let reasoning { fields["reasoning_content"] = .string(reasoning) }
        if let name { fields["name"] = .string(name) }
        if let toolCallID { fields["tool_call_id"] = .string(toolCallID) }
        if !toolCalls.isEmpty { fields["tool_calls"] = .array(toolCalls.map(\.templateValue)) }
        return .object(fields)
    }

    /// The same message as one text, where a line with `mark` stands for each picture.
    func withPictures(as mark: String) -> Message {
        guard !pictures.isEmpty else { return self }
        var message = self
        let texts = parts.map { part in
            if case .text(let text) = part { text } else { mark + "\n" }
        }
        message.parts = [.text(texts.joined())]
        return message
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

extension Part {
    /// As `transformers` shows it to templates.
    fileprivate var templateValue: JSON {
        switch self {
        case .text(let text): .object(["type": .string("text"), "text": .string(text)])
        case .picture: .object(["type": .string("image")])
        }
    }
}
