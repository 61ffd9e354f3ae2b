import Foundation
import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/chat/completions`: answers to conversations, and the answers that were stored.
struct ChatRoutes: Routes {
    private let services: Services

    init(_ services: Services) {
        self.services = services
        let spoken = services.spokenAnswers(of: .standard)
        services.jobs.everyMinute { try await spoken.expire() }
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

    var endpoints: [String: EndpointTable.Endpoint] {
        [
            "/v1/chat/completions": { body, project, priority in
                let request = try ChatCompletionRequest(body)
                let completion = try await ChatAnswer(
                    request, services, project: project, priority: priority
                ).whole()
                try await keep(completion, request, project)
                return completion.json
            }
        ]
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await services.json(of: request)
        let wanted = try ChatCompletionRequest(body)
        let answer = try await ChatAnswer(wanted, services, project: context.project, priority: .interactive)
        guard wanted.streams else {
            let completion = try await answer.whole()
            try await keep(completion, wanted, context.project)
            return .json(completion.json)
        }
        return .events { events in
            try await answer.send(to: &events) { completion in
                try await keep(completion, wanted, context.project)
            }
        }
    }

    /// Stores a completion whose request wants that.
    private func keep(
        _ completion: ChatCompletion, _ request: ChatCompletionRequest, _ project: Project
    ) async throws {
        guard request.isStored else { return }
        try await services.chatCompletions(of: project).insert(StoredChatCompletion(completion, request))
    }

    // MARK: Stored completions

    @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try request.page(isAscending: true)
        var metadata: [String: String] = [:]
        for (name, value) in request.parameters where name.hasPrefix("metadata[") && name.hasSuffix("]") {
            metadata[String(name.dropFirst("metadata[".count).dropLast())] = value
        }
        // They are stored under the names of the models themselves.
        let model = request.parameter("model").map { (try? services.models.register.listing($0))?.aliasOf ?? $0 }
        return .json(
            try await store(context).list(query, model: model, metadata: metadata).json)
    }

    @Sendable private func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store(context).completion(try context.id))
    }

    @Sendable private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        let metadata = try Fields(try await services.json(of: request)).requiredMetadata()
        return .json(try await store(context).update(try context.id, metadata: metadata))
    }

    @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id
        try await store(context).delete(id)
        return .deleted(id, object: "chat.completion.deleted")
    }

    @Sendable private func listMessages(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try request.page(isAscending: true)
        return .json(try await store(context).messages(of: try context.id, query).json)
    }

    private func store(_ context: APIContext) -> ChatCompletionStore { services.chatCompletions(of: context.project) }
}
