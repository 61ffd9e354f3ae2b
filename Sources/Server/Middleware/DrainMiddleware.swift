import HTTPTypes
import Hummingbird
import TuttiOpenAI

/// Turns new requests away while the server is about to stop; those that run go on.
struct DrainMiddleware: RouterMiddleware {
    let stopping: Milestone
    let meters: Meters

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard stopping.isReached, request.uri.path.hasPrefix("/v1") else { return try await next(request, context) }
        meters.refused("draining")
        var response = Response.error(.overloaded("The server is about to stop.", retryAfterSeconds: 5))
        response.headers[.connection] = "close"
        return response
    }
}
