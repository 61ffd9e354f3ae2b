/// What can be set: by a flag, in the environment (`TUTTI_` before the name in capitals), or in a JSON file.
package enum SettingKey: String, CaseIterable, Sendable {
    case host, port, model, defaultModel, embeddingModel, hearingModel, speakingModel, seeingModel, alias, data
    case memory, threads, context
    case maximumSequences = "maxSequences"
    case maximumWaiting = "maxWaiting"
    case truncatedTokens
    case apiKey, allowHost, cors, tlsCertificate, tlsKey
    case maximumBody = "maxBody"
    case maximumUpload = "maxUpload"
    case maximumConnections = "maxConnections"
    case requestsPerMinute, tokensPerMinute
    case requestSeconds, headSeconds, bodySeconds, idleSeconds, stallSeconds, drainSeconds, idempotencyHours
    case fetchUrls
    case maximumFetch = "maxFetch"
    case logFormat, logLevel

    /// The flag's name without its dashes: `max-body` for `maxBody`.
    package var flag: String { rawValue.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined() }

    /// The environment's variable: `TUTTI_MAX_BODY` for `maxBody`.
    package var variable: String { "TUTTI_" + flag.replacing("-", with: "_").uppercased() }
}

/// A value that was given on the command line.
package enum SettingValue: Sendable, Equatable {
    case string(String)
    case int(Int)
    case bool(Bool)
    case strings([String])
}
