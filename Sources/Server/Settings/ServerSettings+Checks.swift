extension ServerSettings {
    /// - Throws: ``SettingsError/wrongValue(key:problem:)`` for what no server can do.
    package func check() throws {
        try require(.port, port, in: 0...65_535)
        try require(.memory, memoryByteCount, in: 1 << 20...Int.max)
        try require(.maximumSequences, maximumSequences, in: 1...1024)
        try require(.maximumWaiting, maximumWaiting, in: 1...1_000_000)
        try require(.truncatedTokens, truncatedTokens, in: 1...1_000_000_000)
        try require(.maximumBody, maximumBodyByteCount, in: 1024...1 << 32)
        try require(.maximumUpload, maximumUploadByteCount, in: 1024...1 << 40)
        try require(.maximumConnections, maximumConnections, in: 1...1_000_000)
        try require(.requestsPerMinute, requestsPerMinute, in: 1...1_000_000_000)
        try require(.tokensPerMinute, tokensPerMinute, in: 1...1_000_000_000_000)
        for (key, seconds) in [
            (SettingKey.requestSeconds, requestSeconds), (.headSeconds, headSeconds), (.bodySeconds, bodySeconds),
            (.idleSeconds, idleSeconds), (.stallSeconds, stallSeconds),
        ] {
            try require(key, seconds, in: 1...86_400)
        }
        try require(.drainSeconds, drainSeconds, in: 0...86_400)
        try require(.idempotencyHours, idempotencyHours, in: 1...8760)
        try require(.maximumFetch, maximumFetchByteCount, in: 1...1 << 32)
        if let threads { try require(.threads, threads, in: 1...256) }
        if let context { try require(.context, context, in: 2...1 << 30) }
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw SettingsError.wrongValue(
                key: "tlsCertificate",
                problem: "TLS needs both a certificate and its key (--tls-certificate, --tls-key)")
        }
        if let apiKey, apiKey.utf8.count < 6 || apiKey.contains(where: \.isWhitespace) {
            throw SettingsError.wrongValue(
                key: "apiKey", problem: "a key has at least 6 characters and no white space among them")
        }
        if let odd = corsOrigins.first(where: { $0 != "*" && !$0.contains("://") }) {
            throw SettingsError.wrongValue(key: "cors", problem: "`\(odd)` is no origin such as https://app.example")
        }
    }

    private func require(_ key: SettingKey, _ value: Int, in range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            throw SettingsError.wrongValue(
                key: key.rawValue,
                problem: "it is \(value), but has to be from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
