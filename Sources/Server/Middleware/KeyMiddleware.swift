import HTTPTypes
import Hummingbird
import TuttiOpenAI

/// Asks for a key, and whether it may do what is asked.
struct KeyMiddleware: RouterMiddleware {
    let keys: KeyRing
    let meters: Meters

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard !Self.isOpen(path), keys.demandsKey else { return try await next(request, context) }
        var context = context
        let key = try record(request)
        guard KeyScope.allows(key.scopes, method: request.method.rawValue, path: path) else {
            meters.refused("scope")
            throw APIError(
                status: 403,
                message:
                    "This key may not do \(request.method) here: its scopes are \(key.scopes.map(\.rawValue).sorted().joined(separator: ", ")).",
                type: "invalid_request_error", code: "missing_scope")
        }
        context.key = key
        keys.noteUse(of: key)
        return try await next(request, context)
    }

    /// What anybody may see: whether the server is well, and how it is used.
    static func isOpen(_ path: String) -> Bool {
        path == "/health" || path.hasPrefix("/health/") || path == "/docs" || path == "/openapi.json" || path == "/"
    }

    private func record(_ request: Request) throws -> KeyRecord {
        guard let header = request.headers[.authorization] else {
            throw refusal(
                "You didn't provide an API key. Send it in the header `Authorization: Bearer YOUR_KEY`.")
        }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw refusal("The `Authorization` header has to be of the form `Bearer YOUR_KEY`.")
        }
        switch keys.record(of: String(parts[1])) {
        case .valid(let record): return record
        case .expired: throw refusal("This API key has expired. Ask for a new one.", code: "expired_api_key")
        case .unknown: throw refusal("Incorrect API key provided: \(Self.hint(parts[1])).")
        }
    }

    /// Enough of a key to tell which it was, too little to use it.
    private static func hint(_ key: Substring) -> String {
        key.count > 12 ? "\(key.prefix(3))***\(key.suffix(3))" : "***"
    }

    private func refusal(_ message: String, code: String = "invalid_api_key") -> APIError {
        meters.refused("key")
        return APIError(status: 401, message: message, type: "invalid_request_error", code: code)
    }
}
