internal import Foundation

/// How the environment says to reach the hub; the variables are those of the hub's own client.
struct HubSettings: Sendable {
    /// Where the hub answers, without a slash at the end.
    let endpoint: String
    let token: String?
    /// Where the token was found, for messages.
    let tokenOrigin: String?
    /// The variable that forbids the network; nil if none does.
    let offlineVariable: String?
    let proxies: ProxyRules

    static let defaultEndpoint = "https://huggingface.co"

    /// - Throws: `HubError.badSetting` with the variable that cannot be used.
    init(_ environment: [String: String]) throws {
        endpoint = try Self.endpoint(environment)
        offlineVariable = Self.offlineVariable(environment, hubOnly: true)
        proxies = try ProxyRules(environment)
        let found = Self.token(environment)
        if let found, found.token.isEmpty || !found.token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
            throw StoreError.hub(.badSetting(found.origin, reason: "it does not hold a token"))
        }
        // A token that travels in the clear is everybody's on the way; this machine itself is no way.
        let isPrivate = Self.isSecure(endpoint)
        (token, tokenOrigin) = isPrivate ? (found?.token, found?.origin) : (nil, nil)
    }

    private static func endpoint(_ environment: [String: String]) throws -> String {
        guard let text = environment["HF_ENDPOINT"], !text.isEmpty else { return defaultEndpoint }
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(), !host.isEmpty, url.query() == nil, url.fragment() == nil, url.user() == nil
        else { throw StoreError.hub(.badSetting("HF_ENDPOINT", reason: "`\(text)` is not like `https://HOST`")) }
        return String(text.trimmingSuffix { $0 == "/" })
    }

    /// Whether what is sent to a URL can be read by nobody between.
    static func isSecure(_ url: String) -> Bool {
        guard let url = URL(string: url) else { return false }
        let isHere = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(url.host()?.lowercased())
        return url.scheme?.lowercased() == "https" || isHere
    }

    /// The variable that is set so that nothing may be fetched; nil if there is none.
    /// - Parameter hubOnly: Whether only the hub is meant; Python packages do not heed the hub's own variable.
    static func offlineVariable(_ environment: [String: String], hubOnly: Bool) -> String? {
        (["TUTTI_OFFLINE"] + (hubOnly ? ["HF_HUB_OFFLINE"] : [])).first { name in
            environment[name].map { ["1", "true", "yes", "on"].contains($0.lowercased()) } ?? false
        }
    }

    /// The token, and the variable or file it is from: variables first, then the file that the hub's own client writes.
    private static func token(_ environment: [String: String]) -> (token: String, origin: String)? {
        func isSet(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
        for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
            if let token = isSet(name) { return (trimmed(token), name) }
        }
        let home = isSet("HOME") ?? FileManager.default.homeDirectoryForCurrentUser.path
        func expanded(_ path: String) -> String { path.hasPrefix("~/") ? home + path.dropFirst() : path }
        let cache = isSet("XDG_CACHE_HOME") ?? home + "/.cache"
        let hubHome = isSet("HF_HOME") ?? cache + "/huggingface"
        let path = expanded(isSet("HF_TOKEN_PATH") ?? hubHome + "/token")
        guard let byteCount = SystemFile.byteCount(path), byteCount <= 4096,
            let text = try? String(contentsOfFile: path, encoding: .utf8), !trimmed(text).isEmpty
        else { return nil }
        return (trimmed(text), path)
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(_ isTrimmed: (Character) -> Bool) -> SubSequence {
        var end = endIndex
        while end > startIndex, isTrimmed(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
