import TuttiCheckpoints

/// One entry of a request's `input`: an item, or the name of one that the server keeps.
public enum ResponseInput: Sendable, Hashable {
    case item(ResponseItem)
    /// `path` is where it stands in the request.
    case reference(String, path: String)

    /// Reads `input` of a response: a string, which the user says, or a list of items.
    /// - Throws: `APIError` 400 that names what is wrong.
    public static func read(_ request: Fields, _ name: String = "input") throws(APIError) -> [ResponseInput]? {
        guard let member = request[name] else { return nil }
        if let text = member.string {
            return [
                .item(.message(.init(id: Identifier.make("msg_"), role: .user, parts: [.inputText(text)])))
            ]
        }
        guard member.array != nil else {
            throw request.wrongType(name, wants: "a string or an array of items", got: member)
        }
        return try list(request, name)
    }

    /// Reads a list of items.
    public static func list(_ request: Fields, _ name: String) throws(APIError) -> [ResponseInput] {
        var inputs: [ResponseInput] = []
        for fields in try request.objects(name) ?? [] { inputs.append(try ResponseInput(fields)) }
        return inputs
    }

    public init(_ fields: Fields) throws(APIError) {
        switch try fields.string("type") {
        case "message": self = .item(.message(try .init(fields)))
        case nil where fields["role"] != nil: self = .item(.message(try .init(fields)))
        case "function_call": self = .item(.functionCall(try .init(fields)))
        case "function_call_output": self = .item(.functionCallOutput(try .init(fields)))
        case "reasoning": self = .item(.reasoning(try .init(fields)))
        case "item_reference": self = .reference(try fields.requiredString("id"), path: fields.path(of: "id"))
        case nil where fields["id"] != nil:
            self = .reference(try fields.requiredString("id"), path: fields.path(of: "id"))
        case nil: throw fields.missing("type")
        case let type?:
            throw fields.wrongValue(
                "type",
                "items of type '\(type)' are not offered by this server; it takes 'message', 'function_call', "
                    + "'function_call_output', 'reasoning' and 'item_reference'")
        }
    }
}

extension ResponseItem.Status {
    init(_ fields: Fields) throws(APIError) {
        let word = try fields.word("status", of: Self.allCases.map(\.rawValue))
        self = word.flatMap { Self(rawValue: $0) } ?? .completed
    }
}

extension Fields {
    /// The id that came with an item, or a fresh one.
    fileprivate func identifier(_ prefix: String) throws(APIError) -> String {
        guard let id = try string("id") else { return Identifier.make(prefix) }
        guard (1...128).contains(id.utf8.count) else {
            throw wrongValue("id", "it must have from 1 to 128 characters")
        }
        return id
    }

    /// Texts of a member that is a string or a list of parts of one of these types.
    fileprivate func partTexts(_ name: String, types: [String]) throws(APIError) -> [String] {
        guard let member = self[name] else { return [] }
        if let text = member.string { return [text] }
        var texts: [String] = []
        for part in try objects(name) ?? [] {
            _ = try part.word("type", of: types)
            texts.append(try part.requiredString("text"))
        }
        return texts
    }
}

extension ResponseItem.Message {
    init(_ fields: Fields) throws(APIError) {
        let word = try fields.word("role", of: ResponseItem.Role.allCases.map(\.rawValue))
        guard let role = word.flatMap({ ResponseItem.Role(rawValue: $0) }) else { throw fields.missing("role") }
        let content = try fields.required("content")
        var parts: [ResponseItem.Part] = []
        if let text = content.string {
            parts = [role == .assistant ? .outputText(text, logprobs: []) : .inputText(text)]
        } else if content.array != nil {
            for part in try fields.objects("content") ?? [] { parts.append(try .init(part, role)) }
        } else {
            throw fields.wrongType("content", wants: "a string or an array of parts", got: content)
        }
        self.init(id: try fields.identifier("msg_"), role: role, parts: parts, status: try .init(fields))
    }
}

extension ResponseItem.Part {
    init(_ fields: Fields, _ role: ResponseItem.Role) throws(APIError) {
        switch try fields.requiredString("type") {
        case "input_text", "output_text", "text":
            let text = try fields.requiredString("text")
            self = role == .assistant ? .outputText(text, logprobs: []) : .inputText(text)
        case "refusal" where role == .assistant: self = .refusal(try fields.requiredString("refusal"))
        case "input_audio" where role != .assistant: self = .inputAudio(try InputAudio(fields))
        case "input_image" where role == .user: self = .inputImage(try InputImage(response: fields))
        case "input_file" where role == .user: self = .inputFile(try InputFile(response: fields))
        case let type:
            throw fields.wrongValue("type", "a message of role '\(role.rawValue)' has no parts of type '\(type)'")
        }
    }
}

extension ResponseItem.FunctionCall {
    init(_ fields: Fields) throws(APIError) {
        self.init(
            id: try fields.identifier("fc_"), callID: try fields.requiredString("call_id"),
            name: try fields.functionName("name"), arguments: try fields.requiredString("arguments"),
            status: try .init(fields))
    }
}

extension ResponseItem.FunctionCallOutput {
    init(_ fields: Fields) throws(APIError) {
        let output = try fields.required("output")
        var parts: [ResponseItem.Part] = output.string.map { [.inputText($0)] } ?? []
        if output.array != nil {
            for part in try fields.objects("output") ?? [] { parts.append(try ResponseItem.Part(part, .user)) }
        } else if output.string == nil {
            throw fields.wrongType("output", wants: "a string or an array of parts", got: output)
        }
        self.init(
            id: try fields.identifier("fco_"), callID: try fields.requiredString("call_id"), output: parts,
            status: try .init(fields))
    }
}

extension ResponseItem.Reasoning {
    init(_ fields: Fields) throws(APIError) {
        self.init(
            id: try fields.identifier("rs_"), summary: try fields.partTexts("summary", types: ["summary_text"]),
            content: try fields.partTexts("content", types: ["reasoning_text"]), status: try .init(fields))
    }
}
