/// How often a request is made again, and after how long.
package struct RetryPolicy: Sendable {
    /// Failures in a row without a byte between them before a transfer is given up.
    package var attempts = 6
    /// The same where there is no answer at all: who has no network should not wait long to hear it.
    package var connectionAttempts = 4
    /// All failures of one file; a server that gives a little each time ends here.
    package var attemptsInAll = 60
    /// The longest pause before the first repetition; it doubles with every one.
    package var firstPauseSeconds = 0.5
    package var longestPauseSeconds = 30.0
    /// A server that asks for more patience than this is told to the user instead.
    package var longestWishSeconds = 300.0
    /// How long a server may stay silent.
    package var silenceSeconds = 30.0
    /// Connections at once for one file.
    package var connections = 4
    /// The bytes of one range; nil for a size that goes with the file's.
    package var rangeByteCount: Int?

    package init() {}
}

/// The failures of one transfer: tells after each how long to wait, or that it is over.
package struct RetryBudget {
    package let policy: RetryPolicy
    private var inARow = 0
    private var inAll = 0

    package init(_ policy: RetryPolicy) { self.policy = policy }

    /// Takes in a failure.
    /// - Parameters:
    ///   - hasProgressed: Whether bytes came since the last one.
    ///   - wasAnswered: Whether the server answered at all.
    ///   - wishSeconds: What the server asked for (`Retry-After`).
    ///   - random: From 0 to 1; many clients that were cut off together must not come back together.
    /// - Returns: The seconds to wait; nil to give up.
    package mutating func pauseSeconds(
        hasProgressed: Bool, wasAnswered: Bool = true, wishSeconds: Double?, random: Double
    ) -> Double? {
        if hasProgressed { inARow = 0 }
        inARow += 1
        inAll += 1
        guard inARow < (wasAnswered ? policy.attempts : policy.connectionAttempts), inAll < policy.attemptsInAll else {
            return nil
        }
        let doubled = policy.firstPauseSeconds * Double(1 << min(inARow - 1, 20))
        let pause = min(doubled, policy.longestPauseSeconds) * (0.5 + 0.5 * random)
        guard let wishSeconds else { return pause }
        return wishSeconds <= policy.longestWishSeconds ? max(wishSeconds, 0) + pause * random : nil
    }
}
