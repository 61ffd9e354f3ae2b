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

    /// The `id` of a spoken answer, and where it stands in the request.
    public struct SpokenReference: Sendable, Hashable {
        public var id: String
        public var path: String

        public init(id: String, path: String) { (self.id, self.path) = (id, path) }
    }

    /// A piece of its content.
    public enum Part: Sendable, Hashable {
        /// A refusal counts as what was said.
        case text(String)
        case audio(InputAudio)
        case image(InputImage)
        case file(InputFile)
    }

    public var role: Role
    /// What it says in words.
    public var texts: [String] { parts.compactMap { if case .text(let text) = $0 { text } else { nil } } }
    /// One for a string, one for each part of a list.
    public var parts: [Part] = []
    /// An earlier answer that was spoken and is named instead of repeated.
    public var spoken: SpokenReference?
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
        parts = try Self.parts(fields, role) ?? []
        switch role {
        case .assistant: try readCalls(fields)
        case .tool: callID = try fields.requiredString("tool_call_id")
        default: break
        }
        // An assistant may have said nothing and called something, and a function may have given nothing back.
        let hasSaid = !calls.isEmpty || !parts.isEmpty || spoken != nil
        guard fields["content"] != nil || role == .function || role == .assistant && hasSaid else {
            throw fields.missing("content")
        }
    }

    private mutating func readCalls(_ fields: Fields) throws(APIError) {
        reasoning = try fields.string("reasoning_content")
        if reasoning == nil { reasoning = try fields.string("reasoning") }
        if let refusal = try fields.string("refusal"), parts.isEmpty { parts = [.text(refusal)] }
        if let audio = try fields.object("audio") {
            spoken = SpokenReference(id: try audio.requiredString("id"), path: audio.path(of: "id"))
        }
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

    private static func parts(_ fields: Fields, _ role: Role) throws(APIError) -> [Part]? {
        guard let content = fields["content"] else { return nil }
        if let text = content.string { return [.text(text)] }
        guard content.array != nil, let items = try fields.objects("content") else {
            throw fields.wrongType("content", wants: "a string or an array of parts", got: content)
        }
        var parts: [Part] = []
        for item in items { parts.append(try part(item, role)) }
        return parts
    }

    private static func part(_ part: Fields, _ role: Role) throws(APIError) -> Part {
        let type = try part.requiredString("type")
        switch (type, role) {
        case ("text", _): return .text(try part.requiredString("text"))
        case ("refusal", .assistant): return .text(try part.requiredString("refusal"))
        case ("input_audio", .user): return .audio(try InputAudio(part))
        // A tool may give back what it sees or reads: a screen, a page.
        case ("image_url", .user), ("image_url", .tool): return .image(try InputImage(chat: part))
        case ("file", .user), ("file", .tool): return .file(try InputFile(chat: part))
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
