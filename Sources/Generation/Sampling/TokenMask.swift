public import TuttiTensors

/// The tokens that are allowed next, a bit for each token of the vocabulary: what a constraint hands to a sampler.
public struct TokenMask: Sendable, Equatable {
    /// How many tokens the vocabulary has.
    public let count: Int
    /// 64 tokens a word, the lowest bit first; bits past `count` are 0.
    private(set) var words: [UInt64]

    /// - Parameters:
    ///   - count: How many tokens the vocabulary has.
    ///   - allowed: Whether every token is allowed at first, or none.
    public init(count: Int, allowed: Bool = false) {
        precondition(count >= 0, "a mask of \(count) tokens")
        self.count = count
        words = Array(repeating: allowed ? .max : 0, count: (count + 63) / 64)
        if allowed && count % 64 != 0 { words[words.count - 1] = (1 << UInt64(count % 64)) - 1 }
    }

    /// Whether a token is allowed.
    /// - Precondition: The token is in the vocabulary.
    public subscript(token: Token) -> Bool {
        get {
            precondition(token >= 0 && token < count, "token \(token) in a mask of \(count)")
            return words[Int(token) >> 6] & 1 << UInt64(token & 63) != 0
        }
        set {
            precondition(token >= 0 && token < count, "token \(token) in a mask of \(count)")
            if newValue {
                words[Int(token) >> 6] |= 1 << UInt64(token & 63)
            } else {
                words[Int(token) >> 6] &= ~(1 << UInt64(token & 63))
            }
        }
    }

    /// How many tokens are allowed.
    public var allowedCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Forbids every token that `other` forbids.
    /// - Precondition: Both masks are of one vocabulary.
    public mutating func formIntersection(_ other: TokenMask) {
        precondition(count == other.count, "masks of \(count) and \(other.count) tokens")
        for i in words.indices { words[i] &= other.words[i] }
    }

    /// Forbids every token.
    public mutating func forbidAll() {
        for i in words.indices { words[i] = 0 }
    }

    /// Hands over the bits to be written, of which there are at least so many words; those past `count` must stay 0.
    mutating func withWords(atLeast wordCount: Int, _ body: (inout [UInt64]) -> Void) {
        precondition(words.count >= wordCount, "a mask of \(count) tokens for a grammar over more")
        body(&words)
    }

    /// Sets the score of every token that is not allowed to −∞.
    func apply(to scores: inout MutableSpan<Float>) {
        for (index, word) in words.enumerated() where word != .max {
            let start = index * 64, end = min(start + 64, count)
            if word == 0 {
                for i in start..<end { scores[i] = -.infinity }
            } else {
                var forbidden = ~word
                while forbidden != 0 {
                    let i = start + forbidden.trailingZeroBitCount
                    guard i < end else { break }
                    scores[i] = -.infinity
                    forbidden &= forbidden &- 1
                }
            }
        }
    }
}
