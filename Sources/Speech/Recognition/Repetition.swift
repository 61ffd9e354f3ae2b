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

    /// How often bytes of a text were there before: its bytes over those that it takes as new bytes and references to
    /// earlier stretches, as a Lempel-Ziv coder without entropy coding has it (three bytes for a reference to at least
    /// four, at most 32,768 back). Prose has about 1; four times the same sentence about 4. It is not zlib's ratio, which
    /// is greater by what its entropy coding saves, about 1.3 times on short texts.
    public static func ratio(_ text: String) -> Float {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return 1 }
        var places: [UInt32: Int] = [:], cost = 0, at = 0
        func key(_ at: Int) -> UInt32? {
            at + 4 <= bytes.count ? bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) } : nil
        }
        while at < bytes.count {
            var length = 1
            if let key = key(at), let before = places[key], at - before <= 32_768 {
                length = 4
                while length < 258, at + length < bytes.count, bytes[before + length] == bytes[at + length] {
                    length += 1
                }
                cost += 3
            } else {
                cost += 1
            }
            for place in at..<at + length { if let key = key(place) { places[key] = place } }
            at += length
        }
        return Float(bytes.count) / Float(cost)
    }
}
