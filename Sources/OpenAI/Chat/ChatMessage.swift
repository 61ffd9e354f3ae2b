public import TuttiCheckpoints

/// A message of a chat completion's request.
public struct ChatMessage: Sendable, Hashable {
    public enum Role: String, Sendable, Hashable, CaseIterable {
        case system, developer, user, assistant, tool
        /// The older form of `tool`: it answers the `function_call` before it, by the function's name.
        case function
    }

    /// A function that an earlier answer asked to have called.
    public struct Call: Sendable, Hashable {
        public var id: String
        public var name: String
        public var arguments: String
    }

    public var role: Role
    /// The texts of its content: one for a string, one for each part. A refusal counts as what was said.
    public var texts: [String] = []
    public var name: String?
    /// What a thinking model thought before it said this, where the client gives it back.
    public var reasoning: String?
    public var calls: [Call] = []
    /// The call that a message of role `tool` answers.
    public var callID: String?
    /// As it came, for those who store it.
    public var json: JSON

    public init(_ fields: Fields) throws(APIError) {
        guard let word = try fields.word("role", of: Role.allCases.map(\.rawValue)), let role = Role(rawValue: word)
        else { throw fields.missing("role") }
        self.role = role
        json = fields.value
        name = try role == .function ? fields.requiredString("name") : fields.string("name")
        texts = try Self.texts(fields, role) ?? []
        switch role {
        case .assistant: try readCalls(fields)
        case .tool: callID = try fields.requiredString("tool_call_id")
        default: break
        }
        // An assistant may have said nothing and called something, and a function may have given nothing back.
        guard fields["content"] != nil || role == .function || role == .assistant && (!calls.isEmpty || !texts.isEmpty)
        else { throw fields.missing("content") }
    }

    private mutating func readCalls(_ fields: Fields) throws(APIError) {
        reasoning = try fields.string("reasoning_content")
        if reasoning == nil { reasoning = try fields.string("reasoning") }
        if let refusal = try fields.string("refusal"), texts.isEmpty { texts = [refusal] }
        for call in try fields.objects("tool_calls") ?? [] {
            let id = try call.requiredString("id")
            if let type = try call.string("type"), type != "function" {
                throw call.wrongValue(
                    "type", "'\(type)' is not 'function', the only kind of tool that this server offers")
            }
            guard let function = try call.object("function") else { throw call.missing("function") }
            calls.append(
                Call(
                    id: id, name: try function.requiredString("name"),
                    arguments: try function.requiredString("arguments")))
        }
        if let call = try fields.object("function_call") {
            calls.append(
                Call(
                    id: "", name: try call.requiredString("name"), arguments: try call.requiredString("arguments")))
        }
    }

    private static func texts(_ fields: Fields, _ role: Role) throws(APIError) -> [String]? {
        guard let content = fields["content"] else { return nil }
        if let text = content.string { return [text] }
        guard content.array != nil, let parts = try fields.objects("content") else {
            throw fields.wrongType("content", wants: "a string or an array of parts", got: content)
        }
        var texts: [String] = []
        for part in parts { texts.append(try text(of: part, role)) }
        return texts
    }

    private static func text(of part: Fields, _ role: Role) throws(APIError) -> String {
        let type = try part.requiredString("type")
        switch (type, role) {
        case ("text", _): return try part.requiredString("text")
        case ("refusal", .assistant): return try part.requiredString("refusal")
        case ("image_url", .user), ("input_audio", .user), ("file", .user):
            let what = ["image_url": "pictures", "input_audio": "sound", "file": "files"][type] ?? type
            throw .invalid(
                "Invalid '\(part.path)': the model that was asked for takes no \(what), only text. Say in words what is in it, or leave the part out.",
                param: part.path, code: "unsupported_content")
        default:
            throw part.wrongValue("type", "a message of role '\(role.rawValue)' has no parts of type '\(type)'")
        }
    }
}

extension ChatMessage {
    /// The messages of a request.
    /// - Throws: `APIError` 400 for an empty list, or a result of a call that was never made.
    public static func list(_ request: Fields, _ name: String = "messages") throws(APIError) -> [ChatMessage] {
        guard let items = try request.objects(name) else { throw request.missing(name) }
        guard !items.isEmpty else { throw request.wrongValue(name, "it is empty, and one message at least is needed") }
        var messages: [ChatMessage] = [], open: Set<String> = []
        // Older calls have no ids: a function's message answers the last call of its name.
        var numberOfCalls = 0, lastCall: [String: String] = [:]
        for fields in items {
            var message = try ChatMessage(fields)
            for index in message.calls.indices {
                if message.calls[index].id.isEmpty {
                    message.calls[index].id = "call_\(numberOfCalls)"
                    lastCall[message.calls[index].name] = message.calls[index].id
                }
                numberOfCalls += 1
                open.insert(message.calls[index].id)
            }
            if message.role == .function { message.callID = message.name.flatMap { lastCall[$0] } }
            if message.role == .tool, let id = message.callID, !open.contains(id) {
                throw fields.wrongValue(
                    "tool_call_id", "no earlier message has a call with the id '\(id)', which this one would answer")
            }
            messages.append(message)
        }
        return messages
    }
}
