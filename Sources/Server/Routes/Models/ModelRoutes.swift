import Foundation
import Hummingbird
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/models`: what can be asked, under which names.
struct ModelRoutes: Routes {
    let models: ModelShelf

    init(_ services: Services) { models = services.models }

    func add(to group: RouterGroup<APIContext>) {
        group.get("models", use: list)
        // Names may have slashes in them, so the rest of the path is one.
        group.get("models/**", use: retrieve)
        group.delete("models/**", use: delete)
    }

    @Sendable func list(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(["object": "list", "data": .array(models.register.listings.map(\.json))])
    }

    @Sendable func retrieve(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(try models.register.listing(try name(request)).json)
    }

    /// Models belong to the machine's owner, not to its clients.
    @Sendable func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        let listing = try models.register.listing(try name(request))
        throw APIError(
            status: 403,
            message:
                "Models are not deleted over the API. On the machine itself: `tutti rm \(listing.aliasOf ?? listing.id)`.",
            type: "invalid_request_error", param: "model", code: "model_not_deletable")
    }

    /// What follows `/v1/models/`.
    private func name(_ request: Request) throws -> String {
        let path = request.uri.path.trimmingPrefix("/v1/models/")
        guard let name = String(path).removingPercentEncoding, !name.isEmpty else {
            throw APIError.invalid("The model's name in the path is not well encoded.", param: "model")
        }
        return name
    }
}
