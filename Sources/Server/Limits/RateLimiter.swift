import HTTPTypes
import Synchronization

/// How much each key may ask for in a minute.
final class RateLimiter: Sendable {
    private struct Account {
        var requests: TokenBucket
        var tokens: TokenBucket
    }

    /// How an account stands, for the `x-ratelimit-` headers.
    struct Standing: Sendable, Equatable {
        var limit = 0
        var remaining = 0
        var resetSeconds = 0.0
    }

    private let requestsPerMinute: Int
    private let tokensPerMinute: Int
    private let start = ContinuousClock.now
    private let accounts = Mutex<[String: Account]>([:])

    init(requestsPerMinute: Int, tokensPerMinute: Int) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
    }

    private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Lets a request in, unless its owner has used up the minute's requests or tokens.
    /// - Returns: Seconds to wait; nil for a request that is let in.
    func enter(_ owner: String) -> Double? {
        let now = seconds
        return with(owner) { account in
            // One token stands for all that it will take, which nobody knows yet.
            if let wait = account.tokens.take(1, at: now) { return wait }
            account.tokens.spend(-1, at: now)
            return account.requests.take(1, at: now)
        }
    }

    func spend(_ tokens: Int, of owner: String) {
        let now = seconds
        with(owner) { $0.tokens.spend(tokens, at: now) }
    }

    func standing(_ owner: String) -> (requests: Standing, tokens: Standing) {
        let now = seconds
        func standing(_ bucket: inout TokenBucket) -> Standing {
            Standing(
                limit: bucket.perMinute, remaining: bucket.remaining(at: now),
                resetSeconds: bucket.secondsUntilFull(at: now))
        }
        return with(owner) { (standing(&$0.requests), standing(&$0.tokens)) }
    }

    private func with<Value>(_ owner: String, _ work: (inout Account) -> Value) -> Value {
        let now = seconds
        return accounts.withLock { accounts in
            var account =
                accounts[owner]
                ?? Account(
                    requests: TokenBucket(perMinute: requestsPerMinute, seconds: now),
                    tokens: TokenBucket(perMinute: tokensPerMinute, seconds: now))
            defer { accounts[owner] = account }
            return work(&account)
        }
    }

    /// How an account stands, as OpenAI's headers tell it.
    func headers(_ owner: String) -> HTTPFields {
        let (requests, tokens) = standing(owner)
        var fields = HTTPFields()
        for (name, standing) in [("requests", requests), ("tokens", tokens)] {
            for (kind, value) in [
                ("limit", String(standing.limit)), ("remaining", String(standing.remaining)),
                ("reset", Self.duration(standing.resetSeconds)),
            ] {
                if let field = HTTPField.Name("x-ratelimit-\(kind)-\(name)") { fields[field] = value }
            }
        }
        return fields
    }

    /// A duration as these headers write it: `0s`, `12ms`, `8.64s`, `6m0s`.
    static func duration(_ seconds: Double) -> String {
        if seconds <= 0 { return "0s" }
        if seconds < 1 { return "\(max(1, Int((seconds * 1000).rounded())))ms" }
        let hundredths = Int((seconds * 100).rounded())
        if hundredths < 6000 {
            let rest = hundredths % 100
            return rest == 0 ? "\(hundredths / 100)s" : "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)s"
        }
        return "\(hundredths / 6000)m\(hundredths % 6000 / 100)s"
    }
}
