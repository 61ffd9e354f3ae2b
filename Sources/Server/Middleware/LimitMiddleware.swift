import HTTPTypes
import Hummingbird
import TuttiOpenAI

/// Keeps requests within their size and their owner's rate, and counts tokens against the owner.
struct LimitMiddleware: RouterMiddleware {
    let settings: ServerSettings
    let limiter: RateLimiter
    let meters: Meters

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard path.hasPrefix("/v1") else { return try await next(request, context) }
        if let refused = tooLarge(request, path) { return refused }
        let owner = context.key?.id ?? ""
        if let seconds = limiter.enter(owner) { return tooMany(owner, seconds) }
        let account = RequestAccount { [limiter] in limiter.spend($0, of: owner) }
        var response = try await RequestAccount.$current.withValue(account) { try await next(request, context) }
        response.headers.append(contentsOf: limiter.headers(owner))
        if response.body.contentLength == nil {
            let body = response.body
            response.body = ResponseBody { writer in
                let writer = UncheckedTransfer(writer)
                try await RequestAccount.$current.withValue(account) { try await body.write(writer.value) }
            }
        }
        return response
    }

    /// A refusal before the body has been read, for one that says itself that it is too long.
    private func tooLarge(_ request: Request, _ path: String) -> Response? {
        let carriesFile = path.hasPrefix("/v1/files") || path.hasPrefix("/v1/uploads")
        let limit = carriesFile ? settings.maximumUploadByteCount : settings.maximumBodyByteCount
        guard let text = request.headers[.contentLength], Int(text).map({ $0 > limit }) ?? true else { return nil }
        var response = Response.error(.bodyTooLarge(limit: limit))
        // The rest of the body need not come.
        response.headers[.connection] = "close"
        return response
    }

    private func tooMany(_ owner: String, _ seconds: Double) -> Response {
        meters.refused("rate_limit")
        var response = Response.error(
            APIError(
                status: 429,
                message:
                    "Rate limit reached: \(settings.requestsPerMinute) requests and \(settings.tokensPerMinute) tokens a minute. Try again in \(RateLimiter.duration(seconds)).",
                type: "requests", code: "rate_limit_exceeded",
                retryAfterSeconds: max(1, Int(seconds.rounded(.up)))))
        response.headers.append(contentsOf: limiter.headers(owner))
        return response
    }
}
