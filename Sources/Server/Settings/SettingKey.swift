/// What can be set: by a flag, in the environment (`TUTTI_` before the name in capitals), or in a JSON file.
package enum SettingKey: String, CaseIterable, Sendable {
    case host, port, model, defaultModel, embeddingModel, alias, data
    case memory, threads, context, maximumSequences, maximumWaiting
    case apiKey, allowHost, cors, tlsCertificate, tlsKey
    case maximumBody, maximumUpload, maximumDepth, maximumConnections, requestsPerMinute, tokensPerMinute
    case headSeconds, idleSeconds, stallSeconds, drainSeconds, idempotencyHours
    case fetchUrls, maximumFetch
    case logFormat, logLevel

    /// The flag's name without its dashes: `max-body` in place of `maximumBody`, as people type it.
    package var flag: String {
        switch self {
        case .maximumSequences: "max-sequences"
        case .maximumWaiting: "max-waiting"
        case .maximumBody: "max-body"
        case .maximumUpload: "max-upload"
        case .maximumDepth: "max-depth"
        case .maximumConnections: "max-connections"
        case .maximumFetch: "max-fetch"
        default:
            rawValue.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
        }
    }
}

/// A value that was given on the command line.
package enum SettingValue: Sendable, Equatable {
    case string(String)
    case int(Int)
    case bool(Bool)
    case strings([String])
}
