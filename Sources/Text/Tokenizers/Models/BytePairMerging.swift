import TuttiTensors

/// A run of text that is one token so far, or, with token -1, a character that the vocabulary does not have.
struct Symbol {
    var token: Token
    var start: UInt32
    var byteCount: UInt32
}

/// Says whether two neighbours merge.
protocol MergeRanking {
    /// Rank (upper half; the lowest goes first) and merged token (lower half); all ones for neighbours that do not merge.
    func merge(_ left: Symbol, _ right: Symbol, in text: Span<UInt8>) -> UInt64
}

/// Merges the symbols of a word, always the pair of lowest rank and of those the leftmost, until none is left to merge.
///
/// - Complexity: n log n in the number of symbols: short words by looking through all pairs, long ones by a queue.
/// - SeeAlso: Sennrich, Haddow and Birch 2016, arXiv:1508.07909, section 3.2.
struct BytePairMerging: Sendable {
    /// The word: filled by the caller, merged in place.
    var symbols: [Symbol] = []
    private var pairs: [UInt64] = []
    private var following: [Int32] = []
    private var preceding: [Int32] = []
    private var queue = MergeQueue()
    private static let shortWord = 24

    /// Lets go of memory that an unusually long word took.
    mutating func trim() {
        if symbols.capacity > 1 << 16 || pairs.capacity > 1 << 16 { self = BytePairMerging() }
    }

    mutating func merge(_ ranking: some MergeRanking, in text: Span<UInt8>) {
        if symbols.count < 2 { return }
        if symbols.count <= Self.shortWord { mergeShort(ranking, text) } else { mergeLong(ranking, text) }
    }

    private mutating func mergeShort(_ ranking: some MergeRanking, _ text: Span<UInt8>) {
        pairs.removeAll(keepingCapacity: true)
        for i in 1..<symbols.count { pairs.append(ranking.merge(symbols[i - 1], symbols[i], in: text)) }
        while true {
            var best = UInt64.max, place = -1
            for i in pairs.indices where pairs[i] >> 32 < best >> 32 { (best, place) = (pairs[i], i) }
            if place < 0 { return }
            symbols[place].token = Token(truncatingIfNeeded: best)
            symbols[place].byteCount += symbols[place + 1].byteCount
            symbols.remove(at: place + 1)
            pairs.remove(at: place)
            if place < pairs.count { pairs[place] = ranking.merge(symbols[place], symbols[place + 1], in: text) }
            if place > 0 { pairs[place - 1] = ranking.merge(symbols[place - 1], symbols[place], in: text) }
        }
    }

    private mutating func mergeLong(_ ranking: some MergeRanking, _ text: Span<UInt8>) {
        let count = symbols.count
        pairs.removeAll(keepingCapacity: true)
        queue.reset(count: count)
        following.removeAll(keepingCapacity: true)
        preceding.removeAll(keepingCapacity: true)
        for i in 0..<count {
            following.append(i + 1 < count ? Int32(i + 1) : -1)
            preceding.append(Int32(i - 1))
            pairs.append(i + 1 < count ? ranking.merge(symbols[i], symbols[i + 1], in: text) : .max)
            if pairs[i] != .max { queue.push(rank: pairs[i] >> 32, place: i) }
        }
        while let (rank, place) = queue.pop() {
            let pair = pairs[place]
            // Entries are not taken out when a neighbour merges: what no longer agrees with its pair is stale.
            guard pair != .max, pair >> 32 == rank else { continue }
            let right = Int(following[place])
            symbols[place].token = Token(truncatingIfNeeded: pair)
            symbols[place].byteCount += symbols[right].byteCount
            symbols[right].byteCount = 0
            pairs[right] = .max
            let next = Int(following[right])
            following[place] = Int32(next)
            if next >= 0 { preceding[next] = Int32(place) }
            update(place, next, ranking, text)
            let previous = Int(preceding[place])
            if previous >= 0 { update(previous, place, ranking, text) }
        }
        symbols.removeAll { $0.byteCount == 0 }
    }

    @inline(__always)
    private mutating func update(_ left: Int, _ right: Int, _ ranking: some MergeRanking, _ text: Span<UInt8>) {
        let pair = right >= 0 ? ranking.merge(symbols[left], symbols[right], in: text) : .max
        pairs[left] = pair
        if pair != .max { queue.push(rank: pair >> 32, place: left) }
    }
}
