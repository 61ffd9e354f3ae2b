internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Asks the hub, and the hosts that it sends us on to; the token goes to the hub alone.
final class HubClient: Sendable {
    let settings: HubSettings
    let policy: RetryPolicy
    private let endpoint: URL
    private let clients = Mutex<[ProxyRules.Proxy?: HTTPClient]>([:])

    /// An answer, redirects followed, its body yet to be read.
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: HTTPClientResponse.Body
        /// Where it came from in the end.
        let url: URL
        /// The `X-Linked-ETag` of whoever sent us there: the tag of the content, whichever host holds it.
        let linkedTag: String?

        var host: String { url.host() ?? "" }
        var retryAfterSeconds: Double? { RetryAfter.seconds(headers.first(name: "Retry-After"), now: Date()) }
    }

    private static let mostRedirects = 10

    private init(_ settings: HubSettings, _ policy: RetryPolicy) throws {
        guard let endpoint = URL(string: settings.endpoint) else {
            throw StoreError.hub(.badSetting("HF_ENDPOINT", reason: "it is no URL"))
        }
        (self.settings, self.policy, self.endpoint) = (settings, policy, endpoint)
    }

    /// Runs `work` with a client, whose connections are closed after it.
    static func with<Value: Sendable>(
        _ settings: HubSettings, _ policy: RetryPolicy, _ work: (HubClient) async throws -> Value
    ) async throws -> Value {
        let client = try HubClient(settings, policy)
        let result: Result<Value, any Error>
        do { result = .success(try await work(client)) } catch { result = .failure(error) }
        for connection in client.clients.withLock({ Array($0.values) }) { try? await connection.shutdown() }
        return try result.get()
    }

    /// The URL of a path of the hub, its parts escaped.
    func url(_ parts: [String], query: String? = nil) throws -> URL {
        let escaped = parts.map { part in
            part.split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.addingPercentEncoding(withAllowedCharacters: Self.plainCharacters) ?? "" }
                .joined(separator: "/")
        }
        let text = settings.endpoint + "/" + escaped.joined(separator: "/") + (query.map { "?\($0)" } ?? "")
        guard let url = URL(string: text) else {
            throw StoreError.hub(.badSetting("HF_ENDPOINT", reason: "`\(text)` is no URL"))
        }
        return url
    }

    private static let plainCharacters = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    /// One `GET`, with redirects followed by hand.
    /// - Throws: `TransferFailure` when there is no whole head of an answer; `StoreError` for redirects that lead astray.
    func get(_ url: URL, range: Range<Int>? = nil) async throws -> Answer {
        var url = url, linkedTag: String?
        for _ in 0...Self.mostRedirects {
            var request = HTTPClientRequest(url: url.absoluteString)
            request.headers.add(name: "User-Agent", value: "tutti")
            request.headers.add(name: "Accept-Encoding", value: "identity")
            if let range {
                request.headers.add(name: "Range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
            }
            if let token = settings.token, Self.isSameOrigin(url, endpoint) {
                request.headers.add(name: "Authorization", value: "Bearer \(token)")
            }
            let response: HTTPClientResponse
            do {
                response = try await client(for: url).execute(
                    request, timeout: .nanoseconds(Int64(policy.silenceSeconds * 1e9)))
            } catch {
                throw try TransferFailure.connection(error, host: url.host() ?? "")
            }
            linkedTag = response.headers.first(name: "X-Linked-ETag").map(Self.bareTag) ?? linkedTag
            guard [301, 302, 303, 307, 308].contains(response.status.code) else {
                return Answer(
                    status: Int(response.status.code), headers: response.headers, body: response.body, url: url,
                    linkedTag: linkedTag)
            }
            // A short body is read so that the connection can be used again.
            _ = try? await response.body.collect(upTo: 1 << 16)
            url = try Self.target(of: response.headers.first(name: "Location"), from: url)
        }
        throw StoreError.hub(.badAnswer(host: url.host() ?? "", reason: "it sends us on again and again"))
    }

    private static func target(of location: String?, from url: URL) throws -> URL {
        func refuse(_ reason: String) -> StoreError { .hub(.badAnswer(host: url.host() ?? "", reason: reason)) }
        guard let location, let next = URL(string: location, relativeTo: url)?.absoluteURL, next.host() != nil,
            let scheme = next.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else { throw refuse("it sends us on to nowhere") }
        if url.scheme?.lowercased() == "https", scheme != "https" {
            throw refuse("it sends us on from a secure connection to an open one")
        }
        return next
    }

    static func isSameOrigin(_ a: URL, _ b: URL) -> Bool {
        func port(_ url: URL) -> Int { url.port ?? (url.scheme?.lowercased() == "https" ? 443 : 80) }
        return a.scheme?.lowercased() == b.scheme?.lowercased() && a.host()?.lowercased() == b.host()?.lowercased()
            && port(a) == port(b)
    }

    /// A tag without its quotes and the mark of a weak one.
    static func bareTag(_ tag: String) -> String {
        String(tag.trimmingPrefix("W/")).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    }

    private func client(for url: URL) -> HTTPClient {
        let proxy = settings.proxies.proxy(for: url)
        return clients.withLock { clients in
            if let client = clients[proxy] { return client }
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            // Ranges gain from connections of their own, not from streams of one.
            configuration.httpVersion = .http1Only
            configuration.timeout = .init(
                connect: .seconds(10), read: .nanoseconds(Int64(policy.silenceSeconds * 1e9)))
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.proxy = proxy.map { proxy in
                switch proxy.kind {
                case .socks: .socksServer(host: proxy.host, port: proxy.port)
                case .http:
                    .server(
                        host: proxy.host, port: proxy.port,
                        authorization: proxy.credentials.map {
                            .basic(credentials: Data($0.utf8).base64EncodedString())
                        })
                }
            }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients[proxy] = client
            return client
        }
    }
}

extension HubClient {
    /// Makes a transfer again while its failures can be waited out.
    /// - Parameters:
    ///   - note: Told when a server asked for a pause that a user would notice.
    ///   - attempt: Makes it once. Throws `TransferFailure` for what may pass, any other error for what will not.
    func repeating<Value: Sendable>(
        note: (String) -> Void, _ attempt: () async throws -> Value
    ) async throws -> Value {
        var budget = RetryBudget(policy)
        while true {
            try Task.checkCancellation()
            do {
                return try await attempt()
            } catch let failure as TransferFailure {
                let pause = budget.pauseSeconds(
                    hasProgressed: failure.hasProgressed, wasAnswered: failure.wasAnswered,
                    wishSeconds: failure.wishSeconds,
                    random: .random(in: 0...1))
                guard let pause else { throw StoreError.hub(failure.lasting) }
                if pause >= 5 { note("waiting \(Int(pause.rounded())) s, then again: \(failure.lasting)") }
                try await Task.sleep(for: .seconds(pause))
            }
        }
    }

    /// What a status that is no success means. Throws `TransferFailure` for what may pass.
    /// - Parameters:
    ///   - repository: Whose file or list was asked for.
    ///   - file: The file; nil for the list.
    func refusal(_ answer: Answer, repository: String, revision: String, file: String?) -> any Error {
        let code = answer.headers.first(name: "X-Error-Code")?.lowercased(), endpoint = settings.endpoint
        let hasToken = settings.token != nil
        switch answer.status {
        case 401, 403:
            if code == "gatedrepo" {
                return StoreError.hub(.gated(repository, endpoint: endpoint, hasToken: hasToken))
            }
            if code == "reponotfound" || answer.status == 401 && !hasToken {
                return StoreError.hub(.noRepository(repository, endpoint: endpoint, hasToken: hasToken))
            }
            if answer.status == 401, let origin = settings.tokenOrigin {
                return StoreError.hub(.tokenRefused(origin: origin, endpoint: endpoint))
            }
            return StoreError.hub(.gated(repository, endpoint: endpoint, hasToken: hasToken))
        case 404, 410:
            switch (code, file) {
            case ("revisionnotfound", _): return StoreError.hub(.noRevision(repository, revision: revision))
            case (_, let file?): return StoreError.hub(.noFile(repository, file: file))
            default:
                // The hub says which; a mirror may not.
                let isRevision = revision != HubReference.mainRevision && code != "reponotfound"
                return StoreError.hub(
                    isRevision
                        ? .noRevision(repository, revision: revision)
                        : .noRepository(repository, endpoint: endpoint, hasToken: hasToken))
            }
        case 429:
            let seconds = answer.retryAfterSeconds
            return TransferFailure(
                lasting: .rateLimited(
                    host: answer.host, seconds: seconds.map { Int($0.rounded(.up)) }, hasToken: hasToken),
                wishSeconds: seconds)
        case 408, 500...599:
            return TransferFailure(
                lasting: .refused(host: answer.host, status: answer.status), wishSeconds: answer.retryAfterSeconds)
        default:
            return StoreError.hub(.refused(host: answer.host, status: answer.status))
        }
    }
}
