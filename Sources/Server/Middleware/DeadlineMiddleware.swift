import Hummingbird

/// Ends requests that take too long. What is said after the head of an answer is timed by whoever says it.
struct DeadlineMiddleware: RouterMiddleware {
    let seconds: Int

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let deadline = Deadline(seconds: seconds)
        return try await withoutActuallyEscaping(next) { next in
            let next = UncheckedTransfer(next)
            return try await Deadline.$current.withValue(deadline) {
                try await Deadline.keeping(deadline) { try await next.value(request, context) }
            }
        }
    }
}
