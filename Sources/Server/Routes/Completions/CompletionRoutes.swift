import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/completions`: texts that are continued as they stand.
struct CompletionRoutes: Routes {
    private let services: Services

    init(_ services: Services) { self.services = services }

    func add(to group: RouterGroup<APIContext>) { group.post("completions", use: create) }

    var endpoints: [String: EndpointTable.Endpoint] {
        [
            "/v1/completions": { body, _, priority in
                try await CompletionAnswer(CompletionRequest(body), services, priority: priority).whole().json
            }
        ]
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await services.json(of: request)
        let wanted = try CompletionRequest(body)
        let answer = try await CompletionAnswer(wanted, services, priority: .interactive)
        guard wanted.streams else { return .json(try await answer.whole().json) }
        return .events { events in try await answer.send(to: &events) }
    }
}
