import AsyncHTTPClient
package import Foundation
import HTTPTypes
package import NIOCore
import NIOHTTP1
import NIOPosix
import TuttiOpenAI

/// Fetches what a URL in a request points to, where that is allowed at all.
///
/// A stranger's URL must not reach what only this machine can see. So a name is resolved first, every address that it
/// has must be public, and the connection goes to an address that was checked, not to the name, which might mean
/// something else the next moment. Redirects are followed one by one by the same rule.
package struct RemoteFetch: Sendable {
    /// What was fetched.
    package struct Content: Sendable {
        package let bytes: Data
        package let contentType: String?
    }

    private let isEnabled: Bool
    private let maximumByteCount: Int
    private let seconds: Int64 = 20
    private let maximumRedirectCount = 4
    /// The addresses of a name, so that tests need no network.
    private let resolve: @Sendable (_ host: String, _ port: Int) async throws -> [SocketAddress]
    private let isPublic: @Sendable (String) -> Bool

    package init(_ settings: ServerSettings) {
        self.init(settings, isPublic: AddressRange.isPublic) { host, port in
            try await NIOThreadPool.singleton.runIfActive { try Self.addresses(host, port) }
        }
    }

    package init(
        _ settings: ServerSettings, isPublic: @escaping @Sendable (String) -> Bool,
        resolve: @escaping @Sendable (_ host: String, _ port: Int) async throws -> [SocketAddress]
    ) {
        isEnabled = settings.fetchesURLs
        maximumByteCount = settings.maximumFetchByteCount
        self.isPublic = isPublic
        self.resolve = resolve
    }

    /// - Parameter param: The field that the URL stands in.
    /// - Throws: `APIError` with status 400 for what is not fetched, and why.
    package func content(of url: String, param: String) async throws -> Content {
        guard isEnabled else {
            throw APIError.invalid(
                "This server fetches no URLs (it would with --fetch-urls). Send the content itself, as a `data:` URL.",
                param: param, code: "url_fetch_disabled")
        }
        let deadline = NIODeadline.now() + .seconds(seconds)
        var place = url
        for _ in 0...maximumRedirectCount {
            switch try await step(place, param, deadline) {
            case .content(let content): return content
            case .redirect(let target): place = target
            }
        }
        throw refusal("it redirects more than \(maximumRedirectCount) times", param)
    }

    private enum Step {
        case content(Content)
        case redirect(String)
    }

    private func step(_ text: String, _ param: String, _ deadline: NIODeadline) async throws -> Step {
        guard var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty
        else { throw refusal("it is no http or https URL", param) }
        guard parts.user == nil, parts.password == nil else { throw refusal("it carries a password", param) }
        let name = HostName(host).name
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        let address = try await address(of: name, port, param)
        // The client looks the override up by the host as it is written, so it is written in one way.
        parts.host = name.contains(":") ? "[\(name)]" : name
        guard let url = parts.url, let written = url.host(), HostName(written).name == name else {
            throw refusal("its host is not written plainly", param)
        }
        // One client for one place: the name leads to the address that was checked, and to no other.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.dnsOverride = [written: address]
        configuration.dnsOverride[name] = address
        configuration.timeout = .init(connect: .seconds(10), read: .seconds(10))
        configuration.httpVersion = .http1Only
        let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        do {
            let step = try await get(url, client, param, deadline)
            try await client.shutdown()
            return step
        } catch {
            try? await client.shutdown()
            if let error = error as? APIError { throw error }
            try Task.checkCancellation()
            throw refusal("it could not be fetched", param)
        }
    }

    private func get(
        _ url: URL, _ client: HTTPClient, _ param: String, _ deadline: NIODeadline
    ) async throws -> Step {
        var request = HTTPClientRequest(url: url.absoluteString)
        request.headers.add(name: "user-agent", value: "tutti")
        let response = try await client.execute(request, deadline: deadline)
        if (300..<400).contains(Int(response.status.code)), let target = response.headers.first(name: "location") {
            guard let next = URL(string: target, relativeTo: url)?.absoluteURL.absoluteString else {
                throw refusal("it redirects to what is no URL", param)
            }
            return .redirect(next)
        }
        guard response.status == .ok else { throw refusal("its server answers \(response.status.code)", param) }
        if let length = response.headers.first(name: "content-length").flatMap({ Int($0) }), length > maximumByteCount {
            throw tooLong(param)
        }
        do {
            let body = try await response.body.collect(upTo: maximumByteCount)
            return .content(
                Content(bytes: Data(body.readableBytesView), contentType: response.headers.first(name: "content-type")))
        } catch is NIOTooManyBytesError {
            throw tooLong(param)
        }
    }

    /// An address that may be fetched from; one bad address of a name spoils the others.
    private func address(of name: String, _ port: Int, _ param: String) async throws -> String {
        let addresses: [String]
        do {
            addresses = try await resolve(name, port).compactMap(\.ipAddress)
        } catch {
            throw refusal("its host is not known", param)
        }
        guard let first = addresses.first else { throw refusal("its host is not known", param) }
        guard addresses.allSatisfy(isPublic) else {
            throw refusal("its host is not a place on the public internet", param, code: "url_not_allowed")
        }
        return first
    }

    private static func addresses(_ host: String, _ port: Int) throws -> [SocketAddress] {
        // `getaddrinfo`, which waits: not on the threads that tasks share.
        [try SocketAddress.makeAddressResolvingHost(host, port: port)]
    }

    private func tooLong(_ param: String) -> APIError {
        refusal("it has more than \(maximumByteCount) bytes", param)
    }

    private func refusal(_ why: String, _ param: String, code: String = "invalid_url") -> APIError {
        .invalid("The URL in '\(param)' is not fetched: \(why).", param: param, code: code)
    }
}
