package import Foundation

/// Which proxy a request goes through, by the variables that every program on Unix knows.
package struct ProxyRules: Sendable, Equatable {
    /// A proxy as its URL says it.
    package struct Proxy: Sendable, Hashable {
        package enum Kind: Sendable, Hashable { case http, socks }
        package let kind: Kind
        package let host: String
        package let port: Int
        /// `USER:PASSWORD`; nil where it wants none.
        package let credentials: String?
    }

    private let secure: Proxy?
    private let plain: Proxy?
    /// What `NO_PROXY` excludes, in lower case.
    private let exceptions: [String]

    /// Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, each in lower case too, which goes first.
    /// - Throws: `HubError.badSetting` with the variable that cannot be used.
    package init(_ environment: [String: String]) throws {
        func value(_ name: String) -> (name: String, text: String)? {
            for name in [name.lowercased(), name] {
                if let text = environment[name], !text.isEmpty { return (name, text) }
            }
            return nil
        }
        let all = value("ALL_PROXY")
        secure = try (value("HTTPS_PROXY") ?? all).map { try Self.proxy($0.text, of: $0.name) }
        plain = try (value("HTTP_PROXY") ?? all).map { try Self.proxy($0.text, of: $0.name) }
        exceptions = (value("NO_PROXY")?.text ?? "").lowercased().split(whereSeparator: { ", ".contains($0) })
            .map(String.init)
    }

    /// The proxy for a URL; nil for the straight way.
    package func proxy(for url: URL) -> Proxy? {
        guard let host = url.host()?.lowercased() else { return nil }
        let isSecure = url.scheme?.lowercased() == "https", port = url.port ?? (isSecure ? 443 : 80)
        guard !exceptions.contains(where: { Self.matches($0, host: host, port: port) }) else { return nil }
        return isSecure ? secure : plain
    }

    /// Whether an exception means a host: `*`, the host, a domain that it is in (with or without a dot before it), each
    /// with or without a port.
    private static func matches(_ exception: String, host: String, port: Int) -> Bool {
        if exception == "*" { return true }
        var domain = Substring(exception)
        if let match = exception.firstMatch(of: /^([^:\[\]]+):(\d+)$/) {
            guard Int(match.2) == port else { return false }
            domain = match.1
        }
        let bare = domain.trimmingPrefix("*").trimmingPrefix(".")
        let plainHost = host.trimmingPrefix("[").prefix { $0 != "]" }
        return !bare.isEmpty && (plainHost == bare || host.hasSuffix("." + bare))
    }

    private static func proxy(_ text: String, of variable: String) throws -> Proxy {
        func refuse(_ reason: String) -> StoreError { .hub(.badSetting(variable, reason: reason)) }
        guard let url = URL(string: text.contains("://") ? text : "http://" + text), let host = url.host(),
            !host.isEmpty
        else { throw refuse("it is not like `http://HOST:PORT`") }
        let credentials = url.user(percentEncoded: false).map { "\($0):\(url.password(percentEncoded: false) ?? "")" }
        switch url.scheme?.lowercased() {
        case "http":
            return Proxy(kind: .http, host: host, port: url.port ?? 80, credentials: credentials)
        case "socks5", "socks5h", "socks":
            guard credentials == nil else { throw refuse("SOCKS proxies that want a password are not spoken to") }
            return Proxy(kind: .socks, host: host, port: url.port ?? 1080, credentials: nil)
        case let scheme:
            throw refuse("proxies of the kind `\(scheme ?? "")` are not spoken to; `http` and `socks5` are")
        }
    }
}
