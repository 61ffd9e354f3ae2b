import TuttiCheckpoints

/// One method of one path, as the server describes it.
struct Operation: Sendable {
    /// A part of the path, or of the query.
    struct Parameter: Sendable {
        let name: String
        /// `path` or `query`.
        let place: String
        let schema: JSON
    }

    /// What the request carries.
    enum Body: Sendable {
        case json(JSON)
        case form(JSON)
    }

    let method: String
    /// With `{name}` for what varies.
    let path: String
    /// The heading under which the reference has it.
    let tag: String
    let summary: String
    var description = ""
    var parameters: [Parameter] = []
    var body: Body?
    /// The name of the answer's schema, or `text/plain` and the like.
    var answer = "Object"
    /// Whether the answer may be a stream of events.
    var streams = false
    /// Whether the path takes no key.
    var isOpen = false
    /// Whether this server does it; what it does not do is refused with 404 and `endpoint_not_offered`.
    var isOffered = true

    private var names: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    /// The object that stands under the path and the method.
    var json: JSON {
        let path = names.map { Parameter(name: $0, place: "path", schema: ["type": "string"]) }
        var members: [(String, JSON)] = [
            ("tags", [.string(tag)]), ("summary", .string(summary)), ("operationId", .string(identifier)),
        ]
        if !description.isEmpty { members.append(("description", .string(description))) }
        let all = path + parameters
        if !all.isEmpty { members.append(("parameters", .array(all.map(\.json)))) }
        if let body { members.append(("requestBody", body.json)) }
        members.append(("responses", responses))
        if isOpen { members.append(("security", [])) }
        return .members(members)
    }

    /// Such as `post_v1_chat_completions`.
    private var identifier: String {
        let words = path.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.joined(separator: "_")
        return words.isEmpty ? method.lowercased() : "\(method.lowercased())_\(words)"
    }

    private var responses: JSON {
        let errors: [(String, JSON)] = [
            ("4XX", .content("What is wrong with the request.", "application/json", .reference("Error"))),
            ("5XX", .content("What the server could not do.", "application/json", .reference("Error"))),
        ]
        guard isOffered else {
            return .members([
                ("404", .content("This server does not offer it.", "application/json", .reference("Error")))
            ])
        }
        guard !answer.contains("/") else {
            return .members([("200", .content("The answer.", answer, ["type": "string"]))] + errors)
        }
        var kinds: [(String, JSON)] = [("application/json", .members([("schema", .reference(answer))]))]
        if streams { kinds.append(("text/event-stream", ["schema": ["type": "string"]])) }
        return .members(
            [
                ("200", .members([("description", "The answer."), ("content", .members(kinds))]))
            ] + errors)
    }
}

extension Operation.Parameter {
    fileprivate var json: JSON {
        .members([
            ("name", .string(name)), ("in", .string(place)), ("required", .bool(place == "path")), ("schema", schema),
        ])
    }
}

extension Operation.Body {
    fileprivate var json: JSON {
        let (type, schema) =
            switch self {
            case .json(let schema): ("application/json", schema)
            case .form(let schema): ("multipart/form-data", schema)
            }
        return .members([
            ("required", true), ("content", .members([(type, .members([("schema", schema)]))])),
        ])
    }
}

extension JSON {
    /// A response of one content type.
    fileprivate static func content(_ description: String, _ type: String, _ schema: JSON) -> JSON {
        .members([
            ("description", .string(description)),
            ("content", .members([(type, .members([("schema", schema)]))])),
        ])
    }
}
