public import TuttiTensors

/// Signs of a text that goes in circles, as recognisers write when nobody speaks.
public enum Repetition {
    /// How many of `tokens` are left when a circle at their end is cut back to one turn; nil where there is none.
    ///
    /// A circle is a run of up to sixteen tokens that comes at least four times in a row, and at least twelve tokens long
    /// in all: people say "no, no, no, no" and mean it.
    public static func circle(_ tokens: [Token]) -> Int? {
        for period in 1...16 {
            let length = max(12, 4 * period)
            guard tokens.count >= length else { continue }
            let tail = tokens.suffix(length)
            guard zip(tail, tail.dropFirst(period)).allSatisfy({ $0 == $1 }) else { continue }
            // Where the circle began.
            var first = tokens.count - length
            while first > 0, tokens[first - 1] == tokens[first - 1 + period] { first -= 1 }
            return first + period
        }
        return nil
    }
}
