import Foundation
import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/chat/completions`: answers to conversations, and the answers that were stored.
struct ChatRoutes: Routes {
    private let services: Services
    private let store: ChatCompletionStore

    init(_ services: Services) {
        self.services = services
        store = ChatCompletionStore(services.database)
    }

    func add(to group: RouterGroup<APIContext>) {
        let completions = group.group("chat/completions")
        completions.post("", use: create)
        completions.get("", use: list)
        completions.get(":id", use: retrieve)
        completions.post(":id", use: update)
        completions.delete(":id", use: delete)
        completions.get(":id/messages", use: listMessages)
    }

    var endpoints: [String: @Sendable (JSON, GenerationRequest.Priority) async throws -> JSON] {
        [
            "/v1/chat/completions": { body, priority in
                let request = try ChatCompletionRequest(body)
                let completion = try await ChatAnswer(request, services, priority: priority).whole()
                try await keep(completion, request)
                return completion.json
            }
        ]
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.json(maximumByteCount: services.settings.maximumBodyByteCount)
        let wanted = try ChatCompletionRequest(body)
        let answer = try await ChatAnswer(wanted, services, priority: .interactive)
        guard wanted.streams else {
            let completion = try await answer.whole()
            try await keep(completion, wanted)
            return .json(completion.json)
        }
        return .events { events in
            try await answer.send(to: &events) { completion in try await keep(completion, wanted) }
        }
    }

    /// Stores a completion whose request wants that.
    private func keep(_ completion: ChatCompletion, _ request: ChatCompletionRequest) async throws {
        guard request.isStored else { return }
        try await store.insert(StoredChatCompletion(completion, request))
    }

    // MARK: Stored completions

    @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let parameters = request.uri.queryParameters
        let query = try ListQuery(isAscending: true) { name in parameters[Substring(name)].map(String.init) }
        var metadata: [String: String] = [:]
        for (key, value) in parameters {
            let name = key.removingPercentEncoding ?? String(key)
            guard name.hasPrefix("metadata["), name.hasSuffix("]") else { continue }
            metadata[String(name.dropFirst("metadata[".count).dropLast())] = String(value)
        }
        let page = try await store.list(query, model: parameters["model"].map(String.init), metadata: metadata)
        return .json(page.json)
    }

    @Sendable private func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store.completion(try id(context)))
    }

    @Sendable private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.json(maximumByteCount: services.settings.maximumBodyByteCount)
        let fields = try Fields(body)
        guard let metadata = try fields.metadata() else { throw fields.missing("metadata") }
        return .json(try await store.update(try id(context), metadata: metadata))
    }

    @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try id(context)
        try await store.delete(id)
        return .json(["object": "chat.completion.deleted", "id": .string(id), "deleted": true])
    }

    @Sendable private func listMessages(_ request: Request, _ context: APIContext) async throws -> Response {
        let parameters = request.uri.queryParameters
        let query = try ListQuery(isAscending: true) { name in parameters[Substring(name)].map(String.init) }
        return .json(try await store.messages(of: try id(context), query).json)
    }

    private func id(_ context: APIContext) throws -> String { try context.parameters.require("id") }
}
