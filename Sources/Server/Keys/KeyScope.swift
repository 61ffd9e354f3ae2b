/// What a key may do.
package enum KeyScope: String, Sendable, CaseIterable {
    /// Everything.
    case all
    /// Every GET, and nothing else.
    case read
    /// Answers: chat, responses, completions, embeddings, conversations, the list of models.
    case inference
    /// Files, uploads and batches.
    case files
    /// What the server tells of itself.
    case metrics

    /// Whether any of the scopes allows a request.
    package static func allows(_ scopes: Set<KeyScope>, method: String, path: String) -> Bool {
        if scopes.contains(.all) || (scopes.contains(.read) && (method == "GET" || method == "HEAD")) { return true }
        if path == "/v1/models" || path.hasPrefix("/v1/models/") {
            return method == "GET" && !scopes.isDisjoint(with: [.inference, .files])
        }
        let scope: KeyScope =
            if path == "/metrics" {
                .metrics
            } else if ["/v1/files", "/v1/uploads", "/v1/batches"].contains(where: { path.isUnder($0) }) {
                .files
            } else {
                .inference
            }
        return scopes.contains(scope)
    }
}

extension String {
    fileprivate func isUnder(_ path: String) -> Bool { self == path || hasPrefix(path + "/") }
}
