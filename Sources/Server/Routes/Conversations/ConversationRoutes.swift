import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/conversations`: what was said, kept by the server.
struct ConversationRoutes: Routes {
    private let services: Services

    /// The most items that one request may add.
    static let maximumItemCount = 20

    init(_ services: Services) { self.services = services }

    func add(to group: RouterGroup<APIContext>) {
        let conversations = group.group("conversations")
        conversations.post("", use: create)
        conversations.get(":id", use: retrieve)
        conversations.post(":id", use: update)
        conversations.delete(":id", use: delete)
        conversations.post(":id/items", use: addItems)
        conversations.get(":id/items", use: listItems)
        conversations.get(":id/items/:item", use: retrieveItem)
        conversations.delete(":id/items/:item", use: deleteItem)
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = try Fields(try await services.json(of: request))
        let items = try await items(fields, context)
        return .json(try await store(context).create(metadata: try fields.metadata() ?? [:], items: items).json)
    }

    @Sendable private func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store(context).conversation(try context.id).json)
    }

    @Sendable private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        let metadata = try Fields(try await services.json(of: request)).requiredMetadata()
        return .json(try await store(context).update(try context.id, metadata: metadata).json)
    }

    @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id
        try await store(context).delete(id)
        return .deleted(id, object: "conversation.deleted")
    }

    @Sendable private func addItems(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = try Fields(try await services.json(of: request))
        guard fields["items"] != nil else { throw fields.missing("items") }
        let added = try await store(context).append(try await items(fields, context), to: try context.id)
        return .json(ListPage(items: added.map(\.json), hasMore: false).json)
    }

    @Sendable private func listItems(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try request.page()
        return .json(try await store(context).list(try context.id, query).json)
    }

    @Sendable private func retrieveItem(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store(context).item(try context.parameters.require("item"), in: try context.id))
    }

    @Sendable private func deleteItem(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store(context).delete(try context.parameters.require("item"), from: try context.id).json)
    }

    private func items(_ fields: Fields, _ context: APIContext) async throws -> [ResponseItem] {
        let inputs = try ResponseInput.list(fields, "items")
        guard inputs.count <= Self.maximumItemCount else {
            throw fields.wrongValue(
                "items", "there are \(inputs.count) of them, and \(Self.maximumItemCount) may be added at once")
        }
        let items = try await ResponseAnswer.items(inputs, services.responses(of: context.project))
        return try await Senses(services: services, project: context.project, urgency: .live).heard(items)
    }

    private func store(_ context: APIContext) -> ConversationStore { services.conversations(of: context.project) }
}
