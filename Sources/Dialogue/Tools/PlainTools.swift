import TuttiCheckpoints

/// Tools in plain words, for models whose template knows nothing of them.
enum PlainTools {
    /// The messages with tools told in the system prompt, calls written out as text, and results said by the user.
    static func messages(_ messages: [Message], _ tools: [ToolDefinition]) -> [Message] {
        var names: [String: String] = [:], result: [Message] = [], resultPlace: Int?
        for message in messages {
            switch message.role {
            case .assistant where !message.toolCalls.isEmpty:
                var spoken = message
                let calls = message.toolCalls.map { call in
                    names[call.id] = call.name
                    return text(of: call)
                }
                spoken.parts = [.text(((message.text.isEmpty ? [] : [message.text]) + calls).joined(separator: "\n"))]
                spoken.toolCalls = []
                result.append(spoken)
            case .tool:
                let name = message.toolCallID.flatMap { names[$0] } ?? message.name ?? "The function"
                let text = "\(name) returned:\n\(message.text)"
                // Results of one message's calls are one message: templates want turns in turn.
                if let place = resultPlace, place == result.count - 1 {
                    result[place].append("\n\n" + text)
                } else {
                    resultPlace = result.count
                    result.append(Message(.user, text))
                }
                // What a tool shows is seen where it is told.
                if !message.pictures.isEmpty {
                    result[result.count - 1].parts += message.pictures.map { .picture($0) }
                }
            case .user where resultPlace == result.count - 1 && resultPlace != nil:
                result[result.count - 1].append("\n\n")
                if message.pictures.isEmpty {
                    result[result.count - 1].append(message.text)
                } else {
                    result[result.count - 1].parts += message.parts
                }
                resultPlace = nil
            default: result.append(message)
            }
        }
        guard !tools.isEmpty else { return result }
        if let first = result.first, first.role.isInstruction {
            result[0].parts = [.text(first.text + "\n\n" + instructions(tools))]
        } else {
            result.insert(Message(.system, instructions(tools)), at: 0)
        }
        return result
    }

    private static func text(of call: ToolCall) -> String {
        let arguments = (try? JSON(parsing: call.arguments))?.text(.python) ?? call.arguments
        return "{\"name\": \(JSON.string(call.name).text()), \"arguments\": \(arguments)}"
    }

    private static func instructions(_ tools: [ToolDefinition]) -> String {
        let list = tools.map { tool in
            let function = tool.templateValue["function"] ?? .null
            return function.text(.python)
        }
        return """
            You can call these functions; each is described by a JSON object:
            \(list.joined(separator: "\n"))

            When a function helps to answer, reply with nothing but the call, written as one JSON object:
            {"name": <the function's name>, "arguments": <an object with its arguments>}
            Several calls stand on a line each. What a function returns is told to you in the next message. When no \
            function helps, answer in words.
            """
    }
}
