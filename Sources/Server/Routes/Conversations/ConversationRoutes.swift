import Hummingbird
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/conversations`: what was said, kept by the server.
struct ConversationRoutes: Routes {
    private let services: Services
    private let store: ConversationStore

    /// The most items that one request may add.
    static let maximumItemCount = 20

    init(_ services: Services) {
        self.services = services
        store = ConversationStore(database: services.database)
    }

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
        let fields = try Fields(try await json(request))
        let items = try await items(fields)
        return .json(try await store.create(metadata: try fields.metadata() ?? [:], items: items).json)
    }

    @Sendable private func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store.conversation(try id(context)).json)
    }

    @Sendable private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = try Fields(try await json(request))
        guard let metadata = try fields.metadata() else { throw fields.missing("metadata") }
        return .json(try await store.update(try id(context), metadata: metadata).json)
    }

    @Sendable private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try id(context)
        try await store.delete(id)
        return .json(["id": .string(id), "object": "conversation.deleted", "deleted": true])
    }

    @Sendable private func addItems(_ request: Request, _ context: APIContext) async throws -> Response {
        let fields = try Fields(try await json(request))
        guard fields["items"] != nil else { throw fields.missing("items") }
        let added = try await store.append(try await items(fields), to: try id(context))
        return .json(ListPage(items: added.map(\.json), hasMore: false).json)
    }

    @Sendable private func listItems(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery { request.uri.queryParameters[Substring($0)].map(String.init) }
        return .json(try await store.list(try id(context), query).json)
    }

    @Sendable private func retrieveItem(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store.item(try context.parameters.require("item"), in: try id(context)))
    }

    @Sendable private func deleteItem(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try await store.delete(try context.parameters.require("item"), from: try id(context)).json)
    }

    private func json(_ request: Request) async throws -> JSON {
        try await request.json(maximumByteCount: services.settings.maximumBodyByteCount)
    }

    private func items(_ fields: Fields) async throws -> [ResponseItem] {
        let inputs = try ResponseInput.list(fields, "items")
        guard inputs.count <= Self.maximumItemCount else {
            throw fields.wrongValue(
                "items", "there are \(inputs.count) of them, and \(Self.maximumItemCount) may be added at once")
        }
        return try await ResponseAnswer.items(inputs, ResponseStore(database: services.database))
    }

    private func id(_ context: APIContext) throws -> String { try context.parameters.require("id") }
}
