import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/responses`: answers that follow one another, those of the background among them.
struct ResponseRoutes: Routes {
    private let services: Services
    private let store: ResponseStore
    private let background: BackgroundResponses

    init(_ services: Services) {
        self.services = services
        store = ResponseStore(database: services.database)
        background = BackgroundResponses(services)
    }

    func add(to group: RouterGroup<APIContext>) {
        let responses = group.group("responses")
        responses.post("", use: create)
        responses.post("input_tokens", use: countInputTokens)
        responses.get(":id", use: retrieve)
        responses.delete(":id", use: delete)
        responses.post(":id/cancel", use: cancel)
        responses.get(":id/input_items", use: listInputItems)
    }

    var endpoints: [String: @Sendable (JSON, GenerationRequest.Priority) async throws -> JSON] {
        [
            "/v1/responses": { body, priority in
                let answer = try await ResponseAnswer(ResponseRequest(body), services, priority: priority)
                let response = try await answer.read(answer.begin()) { _ in }
                if let error = response.error { throw error }
                return response.json
            }
        ]
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.json(maximumByteCount: services.settings.maximumBodyByteCount)
        // A wrong model is said before anything else that may be wrong.
        if let model = body["model"]?.string { _ = try services.models.kind(model) }
        let wanted = try ResponseRequest(body)
        let priority: GenerationRequest.Priority = wanted.isBackground ? .batch : .interactive
        let answer = try await ResponseAnswer(wanted, services, priority: priority)
        if wanted.isBackground {
            let queued = try await background.start(answer)
            guard wanted.isStreamed else { return .json(queued) }
            return follow(answer.response.id, after: -1)
        }
        let stream = try answer.begin()
        guard wanted.isStreamed else {
            let response = try await answer.read(stream) { _ in }
            if let error = response.error { throw error }
            return .json(response.json)
        }
        return .events(errorEvent: "error") { events in
            _ = try await answer.read(stream) { event in try await events.send(response: event) }
        }
    }

    @Sendable private func countInputTokens(_ request: Request, _ context: APIContext) async throws -> Response {
        var body = try await request.json(maximumByteCount: services.settings.maximumBodyByteCount)
        // A count is neither streamed nor stored, whatever else the body says.
        for name in ["stream", "stream_options", "background", "store"] { body.set(name, .null) }
        let answer = try await ResponseAnswer(ResponseRequest(body), services, priority: .interactive)
        return .json([
            "object": "response.input_tokens", "input_tokens": JSON(try answer.inputTokenCount()),
        ])
    }

    @Sendable private func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try id(context), parameters = request.uri.queryParameters
        let body = try await store.body(id)
        guard parameters["stream"].map(String.init) == "true" else { return .json(body) }
        guard body["background"]?.bool == true else {
            throw APIError.invalid(
                "Only responses that were made with 'background': true can be streamed again.", param: "stream")
        }
        var after = -1
        if let text = parameters["starting_after"] {
            guard let number = Int(text) else {
                throw APIError.invalid(
                    "Invalid 'starting_after': '\(text)' is no integer.", param: "starting_after",
                    code: "invalid_type")
            }
            after = number
        }
        return follow(id, after: after)
    }

    private func follow(_ id: String, after: Int) -> Response {
        .events(errorEvent: "error") { events in
            try await background.follow(id, after: after) { event in try await events.send(response: event) }
        }
    }

    @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try id(context)
        try await background.cancel(id)
        try await store.delete(id)
        return .json(["id": .string(id), "object": "response", "deleted": true])
    }

    @Sendable private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try id(context)
        guard try await store.body(id)["background"]?.bool == true else {
            throw APIError.invalid(
                "Only responses that were made with 'background': true can be cancelled.", param: "response_id")
        }
        try await background.cancel(id)
        return .json(try await store.body(id))
    }

    @Sendable private func listInputItems(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery { request.uri.queryParameters[Substring($0)].map(String.init) }
        return .json(try await store.inputItems(try id(context), query).json)
    }

    private func id(_ context: APIContext) throws -> String { try context.parameters.require("id") }
}

extension EventWriter {
    /// Sends an event under the name of its own type.
    fileprivate mutating func send(response event: JSON) async throws {
        try await send(event, event: event["type"]?.string)
    }
}
