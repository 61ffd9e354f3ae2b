/// What becomes of a match where a text is split.
enum SplitBehavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    /// Neighbouring matches are one piece, and so is what lies between matches.
    case contiguous = "Contiguous"

    /// Calls `body` with the pieces of a text of `count` bytes.
    /// - Parameters:
    ///   - matches: From left to right.
    ///   - inverts: Whether what lies between matches counts as match, and the matches do not.
    func pieces(_ matches: [Range<Int>], count: Int, inverts: Bool = false, _ body: (Range<Int>) -> Void) {
        var parts: [(range: Range<Int>, isMatch: Bool)] = []
        parts.reserveCapacity(2 * matches.count + 1)
        var last = 0
        for match in matches {
            if match.lowerBound > last { parts.append((last..<match.lowerBound, inverts)) }
            parts.append((match, !inverts))
            last = match.upperBound
        }
        if last < count { parts.append((last..<count, inverts)) }
        switch self {
        case .removed: for part in parts where !part.isMatch { body(part.range) }
        case .isolated: for part in parts { body(part.range) }
        case .contiguous, .mergedWithPrevious:
            var current: Range<Int>?, previous = false
            for part in parts {
                let merges = self == .contiguous ? part.isMatch == previous : part.isMatch && !previous
                if let range = current, merges {
                    current = range.lowerBound..<part.range.upperBound
                } else {
                    if let current { body(current) }
                    current = part.range
                }
                previous = part.isMatch
            }
            if let current { body(current) }
        case .mergedWithNext:
            var pieces: [Range<Int>] = [], previous = false
            for part in parts.reversed() {
                if let range = pieces.last, part.isMatch, !previous {
                    pieces[pieces.count - 1] = part.range.lowerBound..<range.upperBound
                } else {
                    pieces.append(part.range)
                }
                previous = part.isMatch
            }
            for piece in pieces.reversed() { body(piece) }
        }
    }
}
