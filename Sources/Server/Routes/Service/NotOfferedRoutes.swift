import HTTPTypes
import Hummingbird
import TuttiOpenAI

/// What OpenAI's API has and this server has not: refused by name, so that nobody looks for a typing error.
///
/// With 404, not 501: clients take a 5xx for a passing trouble and try again.
struct NotOfferedRoutes: Routes {
    struct Endpoint: Sendable {
        let method: String
        /// Under `/v1`.
        let path: String
        let what: String
        let instead: String
    }

    init(_ services: Services) {}

    func add(to group: RouterGroup<APIContext>) {
        for endpoint in Self.endpoints {
            guard let method = HTTPRequest.Method(endpoint.method) else { continue }
            group.on(RouterPath(endpoint.path), method: method) { _, _ -> Response in
                throw APIError(
                    status: 404, message: "\(endpoint.what) is not offered by this server. \(endpoint.instead)",
                    type: "invalid_request_error", code: "endpoint_not_offered")
            }
        }
    }

    static let endpoints: [Endpoint] =
        [
            Endpoint(
                method: "POST", path: "moderations", what: "Moderation",
                instead: "There is no classifier here that would deserve the name.")
        ]
        + ["generations", "edits", "variations"].map {
            Endpoint(method: "POST", path: "images/\($0)", what: "Making images", instead: "No model here draws.")
        }
        + both("assistants", "Assistants", "Use /v1/responses with conversations.")
        + [
            Endpoint(
                method: "POST", path: "threads", what: "Threads", instead: "Use /v1/responses with conversations."),
            Endpoint(
                method: "POST", path: "threads/runs", what: "Threads", instead: "Use /v1/responses with conversations."),
        ]
        + both("vector_stores", "Vector stores", "Use /v1/embeddings and a store of your own.")
        + both("fine_tuning/jobs", "Fine-tuning", "It is not here yet.")
        + both("evals", "Evaluations", "Run them from outside, through this API.")
        + both("containers", "Containers", "Give the model a function that runs code.")
        + both("videos", "Making videos", "No model here films.")
        + [
            Endpoint(
                method: "POST", path: "realtime/client_secrets", what: "The realtime API",
                instead: "Use /v1/responses with `stream`.")
        ]

    private static func both(_ path: String, _ what: String, _ instead: String) -> [Endpoint] {
        ["GET", "POST"].map { Endpoint(method: $0, path: path, what: what, instead: instead) }
    }
}
