import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/responses`: answers that follow one another, those of the background among them.
struct ResponseRoutes: Routes {
    private let services: Services
    private let background: BackgroundResponses

    init(_ services: Services) {
        self.services = services
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

    var endpoints: [String: EndpointTable.Endpoint] {
        [
            "/v1/responses": { body, project, priority in
                let answer = try await ResponseAnswer(ResponseRequest(body), services, of: project, priority: priority)
                let response = try await answer.read(answer.begin()) { _ in }
                if let error = response.error { throw error }
                return response.json
            }
        ]
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await services.json(of: request)
        // A wrong model is said before anything else that may be wrong.
        if let model = body["model"]?.string { _ = try services.models.kind(model) }
        let wanted = try ResponseRequest(body)
        let priority: GenerationRequest.Priority = wanted.isBackground ? .batch : .interactive
        let answer = try await ResponseAnswer(wanted, services, of: context.project, priority: priority)
        if wanted.isBackground {
            let queued = try await background.start(answer)
            guard wanted.isStreamed else { return .json(queued) }
            return follow(answer.response.id, of: context.project, after: -1)
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
        var body = try await services.json(of: request)
        // A count is neither streamed nor stored, whatever else the body says.
        for name in ["stream", "stream_options", "background", "store"] { body.set(name, .null) }
        let answer = try await ResponseAnswer(
            ResponseRequest(body), services, of: context.project, priority: .interactive)
        return .json([
            "object": "response.input_tokens", "input_tokens": JSON(try answer.inputTokenCount()),
        ])
    }

    @Sendable private func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id
        let body = try await store(context).body(id)
        guard request.parameter("stream") == "true" else { return .json(body) }
        guard body["background"]?.bool == true else {
            throw APIError.invalid(
                "Only responses that were made with 'background': true can be streamed again.", param: "stream")
        }
        var after = -1
        if let text = request.parameter("starting_after") {
            guard let number = Int(text) else {
                throw APIError.invalid(
                    "Invalid 'starting_after': '\(text)' is no integer.", param: "starting_after",
                    code: "invalid_type")
            }
            after = number
        }
        return follow(id, of: context.project, after: after)
    }

    private func follow(_ id: String, of project: Project, after: Int) -> Response {
        .events(errorEvent: "error") { events in
            try await background.follow(id, of: project, after: after) { event in
                try await events.send(response: event)
            }
        }
    }

    @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id
        try await background.cancel(id, of: context.project)
        try await store(context).delete(id)
        return .deleted(id, object: "response")
    }

    @Sendable private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id
        guard try await store(context).body(id)["background"]?.bool == true else {
            throw APIError.invalid(
                "Only responses that were made with 'background': true can be cancelled.", param: "response_id")
        }
        try await background.cancel(id, of: context.project)
        return .json(try await store(context).body(id))
    }

    @Sendable private func listInputItems(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try request.page()
        return .json(try await store(context).inputItems(try context.id, query).json)
    }

    private func store(_ context: APIContext) -> ResponseStore { services.responses(of: context.project) }
}

extension EventWriter {
    /// Sends an event under the name of its own type.
    fileprivate mutating func send(response event: JSON) async throws {
        try await send(event, event: event["type"]?.string)
    }
}
