import Foundation
import HTTPTypes
import Hummingbird
import TuttiOpenAI

/// Keeps pages from elsewhere from using the server through somebody's browser.
///
/// A browser sends what a page asks for, also to 127.0.0.1. Without a key the server would do it: so it wants its own
/// name in `Host` (a page may have made its own name lead here) and no `Origin` but its own or a configured one.
struct OriginMiddleware: RouterMiddleware {
    let rules: OriginRules
    let demandsKey: @Sendable () -> Bool
    let meters: Meters

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let origin = request.headers[.origin]
        let isAllowed = origin.map(rules.allows) ?? false
        if !demandsKey() {
            let host = request.head.authority ?? ""
            try check(host: host)
            if let origin, !isAllowed, !rules.isSame(origin, host: host) { throw refusal(of: origin) }
            if origin == nil, request.headers[.secFetchSite] == "cross-site", request.uri.path.hasPrefix("/v1") {
                throw refusal(of: "another site")
            }
        }
        if let origin, isAllowed, request.method == .options,
            let method = request.headers[.accessControlRequestMethod]
        {
            return preflight(origin, method: method, wanted: request.headers[.accessControlRequestHeaders])
        }
        var response = try await next(request, context)
        if let origin, isAllowed {
            response.headers[.accessControlAllowOrigin] = origin
            response.headers[.accessControlExposeHeaders] =
                "x-request-id, openai-processing-ms, retry-after, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens"
        }
        if !rules.origins.isEmpty { response.headers[.vary] = "origin" }
        return response
    }

    private func check(host: String) throws {
        guard !rules.knows(host: host) else { return }
        meters.refused("host")
        throw APIError(
            status: 403,
            message:
                "The name `\(host.prefix(200))` is not one of this server's. Use http://127.0.0.1, allow the name with --allow-host, or set a key.",
            type: "invalid_request_error", code: "host_not_allowed")
    }

    private func refusal(of origin: String) -> APIError {
        meters.refused("origin")
        return APIError(
            status: 403,
            message:
                "Pages of \(origin.prefix(200)) may not use this server, which asks for no key. Allow them with --cors, or set a key.",
            type: "invalid_request_error", code: "origin_not_allowed")
    }

    private func preflight(_ origin: String, method: String, wanted: String?) -> Response {
        Response(
            status: .noContent,
            headers: [
                .accessControlAllowOrigin: origin, .accessControlAllowMethods: "GET, POST, DELETE, OPTIONS",
                .accessControlAllowHeaders: wanted ?? "authorization, content-type",
                .accessControlMaxAge: "600", .vary: "origin",
            ])
    }
}

/// Which names and origins are let in.
package struct OriginRules: Sendable {
    let origins: [String]
    private let hosts: Set<String>
    private let listensEverywhere: Bool

    package init(_ settings: ServerSettings) {
        origins = settings.corsOrigins.map { $0.lowercased() }
        hosts = Set(([settings.host] + settings.hosts).map { HostName($0).name })
        listensEverywhere = settings.hosts.contains("*")
    }

    /// Whether a `Host` header is one that leads here on purpose.
    package func knows(host: String) -> Bool {
        let name = HostName(host)
        return name.isLoopback || listensEverywhere || (!name.name.isEmpty && hosts.contains(name.name))
    }

    /// Whether pages of an origin may use the server by configuration.
    package func allows(_ origin: String) -> Bool {
        origins.contains("*") || origins.contains(origin.lowercased())
    }

    /// Whether a page came from this server itself, such as its own reference.
    package func isSame(_ origin: String, host: String) -> Bool {
        guard let scheme = origin.range(of: "://") else { return false }
        return origin[scheme.upperBound...].lowercased() == host.lowercased()
    }
}
