/// Lets a sequence rest from guesses that cost more than they bring, each time for longer.
package struct DraftPace {
    /// Tokens that a step's guesses brought beyond their cost, on average over the last ones.
    private var gain = 0.5
    /// Steps until the next try, and how many it will be the next time.
    private var rest = 0
    private var nextRest = DraftPace.shortestRest

    private static let shortestRest = 8, longestRest = 128

    package init() {}

    /// Whether this step goes without guesses.
    package mutating func rests() -> Bool {
        guard rest > 0 else { return false }
        rest -= 1
        return true
    }

    package mutating func note(gain latest: Double) {
        gain += (latest - gain) / 8
        if gain < 0 {
            rest = nextRest
            nextRest = min(2 * nextRest, DraftPace.longestRest)
            // A short trial decides the next time.
            gain = 0.1
        } else if gain > 0.3 {
            nextRest = DraftPace.shortestRest
        }
    }
}
