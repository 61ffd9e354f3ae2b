/// A limit on how fast something is used up: it holds a minute's worth and fills evenly.
package struct TokenBucket: Sendable, Equatable {
    /// What it holds when full, and what comes back in a minute.
    package let perMinute: Int
    private var level: Double
    private var seconds: Double

    /// - Parameter seconds: The time by some clock that only goes forward.
    package init(perMinute: Int, seconds: Double) {
        self.perMinute = perMinute
        level = Double(perMinute)
        self.seconds = seconds
    }

    private mutating func fill(_ now: Double) {
        level = min(Double(perMinute), level + max(0, now - seconds) * Double(perMinute) / 60)
        seconds = max(seconds, now)
    }

    /// Takes so much if it is there.
    /// - Returns: nil where it was, else the seconds until it will be.
    package mutating func take(_ amount: Int, at now: Double) -> Double? {
        fill(now)
        guard level >= Double(amount) else { return (Double(amount) - level) * 60 / Double(perMinute) }
        level -= Double(amount)
        return nil
    }

    /// Takes so much even if it is not there: what was used is known only afterwards.
    package mutating func spend(_ amount: Int, at now: Double) {
        fill(now)
        level -= Double(amount)
    }

    /// What is there; never less than nothing.
    package mutating func remaining(at now: Double) -> Int {
        fill(now)
        return max(0, Int(level))
    }

    /// Seconds until it is full again.
    package mutating func secondsUntilFull(at now: Double) -> Double {
        fill(now)
        return (Double(perMinute) - level) * 60 / Double(perMinute)
    }
}
