// The shape is that of OpenAI's chat messages: `{"role":"user","content":"…"}`, where the content may also be a list of
// parts `{"type":"text","text":"…"}` and `{"type":"image_url","image_url":{"url":"data:…"}}`. Keys that are not known are
// passed over, so that others' files can be read.

extension Message: Codable {
    private enum CodingKeys: String, CodingKey {
        case role, content, name
        case toolCalls = "tool_calls"
        case toolCallID = "tool_call_id"
        // Not OpenAI's, but the word of the servers that tell it.
        case reasoning = "reasoning_content"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let word = try values.decode(String.self, forKey: .role)
        guard let role = Role(rawValue: word) else {
            let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                forKey: .role, in: values, debugDescription: "\"\(word)\" is no role; roles are \(roles)")
        }
        toolCalls = try values.decodeIfPresent([ToolCall].self, forKey: .toolCalls) ?? []
        self.role = role
        name = try values.decodeIfPresent(String.self, forKey: .name)
        reasoning = try values.decodeIfPresent(String.self, forKey: .reasoning)
        toolCallID = try values.decodeIfPresent(String.self, forKey: .toolCallID)
        switch try values.decodeIfPresent(Content.self, forKey: .content) {
        case .text(let text): parts = [.text(text)]
        case .parts(let list): parts = list
        case nil where toolCalls.isEmpty:
            throw DecodingError.dataCorruptedError(
                forKey: .content, in: values, debugDescription: "is missing; only a message with tool_calls may lack it"
            )
        case nil: parts = []
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(role, forKey: .role)
        // One text is a string, which every program reads.
        if parts.count == 1, case .text(let text) = parts[0] {
            try values.encode(text, forKey: .content)
        } else if parts.isEmpty && !toolCalls.isEmpty {
            try values.encodeNil(forKey: .content)
        } else {
            try values.encode(parts, forKey: .content)
        }
        try values.encodeIfPresent(name, forKey: .name)
        try values.encodeIfPresent(reasoning, forKey: .reasoning)
        if !toolCalls.isEmpty { try values.encode(toolCalls, forKey: .toolCalls) }
        try values.encodeIfPresent(toolCallID, forKey: .toolCallID)
    }

    private enum Content: Decodable {
        case text(String)
        case parts([Part])

        init(from decoder: any Decoder) throws {
            if var list = try? decoder.unkeyedContainer() {
                var parts: [Part] = []
                while !list.isAtEnd { parts.append(try list.decode(Part.self)) }
                self = .parts(parts)
            } else if let text = try? decoder.singleValueContainer().decode(String.self) {
                self = .text(text)
            } else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "must be a string or a list of parts"))
            }
        }
    }
}

extension Part: Codable {
    private enum CodingKeys: String, CodingKey {
        case type, text
        case picture = "image_url"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decode(String.self, forKey: .type)
        switch type {
        // The second and third are the words of OpenAI's Responses.
        case "text", "input_text", "output_text": self = .text(try values.decode(String.self, forKey: .text))
        case "image_url": self = .picture(try values.decode(PicturePart.self, forKey: .picture))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: values,
                debugDescription: "parts of type \"\(type)\" cannot be read; text and image_url can")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .text(let text):
            try values.encode("text", forKey: .type)
            try values.encode(text, forKey: .text)
        case .picture(let picture):
            try values.encode("image_url", forKey: .type)
            try values.encode(picture, forKey: .picture)
        }
    }
}

extension ToolCall: Codable {
    private enum CodingKeys: String, CodingKey { case id, type, function }
    private enum FunctionKeys: String, CodingKey { case name, arguments }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let function = try values.nestedContainer(keyedBy: FunctionKeys.self, forKey: .function)
        // Some programs leave the id out where no tool message refers to it.
        id = try values.decodeIfPresent(String.self, forKey: .id) ?? ""
        name = try function.decode(String.self, forKey: .name)
        arguments = try function.decode(String.self, forKey: .arguments)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode("function", forKey: .type)
        var function = values.nestedContainer(keyedBy: FunctionKeys.self, forKey: .function)
        try function.encode(name, forKey: .name)
        try function.encode(arguments, forKey: .arguments)
    }
}
