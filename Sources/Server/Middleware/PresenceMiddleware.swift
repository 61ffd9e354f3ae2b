import Hummingbird

/// Ends the work for a client that has left, before the answer or in the middle of it.
struct PresenceMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let presence = context.presence else { return try await next(request, context) }
        var response = try await presence.cancelling { try await next(request, context) }
        if response.body.contentLength == nil {
            let body = response.body
            response.body = ResponseBody { writer in
                let writer = UncheckedTransfer(writer)
                try await presence.cancelling { try await body.write(writer.value) }
            }
        }
        return response
    }
}

/// Carries a value into a closure that runs before the present call returns, while nobody else uses it.
struct UncheckedTransfer<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
