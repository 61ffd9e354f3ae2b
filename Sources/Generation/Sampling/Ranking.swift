import TuttiTensors

/// How many scores share a maximum in a ``Ranking`` and a sum in ``Weights``; a whole number of rows of 16.
let blockLength = 64

/// The scores of a vocabulary in descending order (equal ones by id), found only as far as somebody asks.
///
/// One pass takes the maximum of each block of 64; a heap holds the blocks by the greatest score that was not given out
/// yet. The next score is the top block's, which is then searched for the one after it. The first k of n scores cost
/// O(n), at memory speed, and k times 64 steps and a heap's: the vocabulary is never sorted.
struct Ranking: Sendable {
    private(set) var blockMaxima: [Float] = []
    /// The greatest score; −∞ if nothing is allowed.
    private(set) var maximum: Float = -.infinity
    /// For each block that is not used up, its greatest score left, with a token that is not above the first that has
    /// it.
    private var blocks = RankHeap()
    private var sorted: [Candidate] = []
    /// Whether `blocks` was filled for these scores.
    private var isBegun = false

    /// Starts on new scores.
    /// - Throws: ``SamplingError/notFinite(token:value:)`` if one is not a number, or +∞.
    mutating func begin(_ scores: Span<Float>) throws(SamplingError) {
        sorted.removeAll(keepingCapacity: true)
        isBegun = false
        let blockCount = (scores.count + blockLength - 1) / blockLength
        if blockMaxima.count != blockCount { blockMaxima = Array(repeating: 0, count: blockCount) }
        var maxima = blockMaxima.mutableSpan
        let isSound = Self.measure(scores, &maxima)
        maximum = blockMaxima.max() ?? -.infinity
        guard isSound, maximum < .infinity else { throw SamplingError.notFinite(among: scores) }
    }

    /// Fills in each block's maximum; false if a score is not a number. Lanes are independent, so that it becomes SIMD.
    private static func measure(_ scores: Span<Float>, _ maxima: inout MutableSpan<Float>) -> Bool {
        var notNumbers: InlineArray<16, Int32> = .init(repeating: 0)
        let wholeCount = scores.count / blockLength
        for block in 0..<wholeCount {
            let scores = scores.extracting(block * blockLength..<(block + 1) * blockLength)
            var lanes: InlineArray<16, Float> = .init(repeating: -.infinity)
            for row in 0..<4 {
                for lane in 0..<16 {
                    let score = scores[row * 16 + lane]
                    lanes[lane] = score > lanes[lane] ? score : lanes[lane]
                    notNumbers[lane] &+= score != score ? 1 : 0
                }
            }
            var maximum = lanes[0]
            for lane in 1..<16 { maximum = lanes[lane] > maximum ? lanes[lane] : maximum }
            maxima[block] = maximum
        }
        if wholeCount < maxima.count {
            var maximum = -Float.infinity
            for i in wholeCount * blockLength..<scores.count {
                maximum = scores[i] > maximum ? scores[i] : maximum
                notNumbers[0] &+= scores[i] != scores[i] ? 1 : 0
            }
            maxima[wholeCount] = maximum
        }
        for lane in 0..<16 where notNumbers[lane] != 0 { return false }
        return true
    }

    /// The score of rank `index`, 0 the greatest; nil if fewer scores are above −∞. `scores` are those of
    /// ``begin(_:)``.
    mutating func element(_ index: Int, _ scores: Span<Float>) -> Candidate? {
        while sorted.count <= index {
            guard let next = next(scores) else { return nil }
            sorted.append(next)
        }
        return sorted[index]
    }

    private mutating func next(_ scores: Span<Float>) -> Candidate? {
        if !isBegun {
            isBegun = true
            let maxima = blockMaxima
            blocks.removeAll()
            for block in maxima.indices where maxima[block] > -.infinity {
                blocks.append(Candidate(token: Token(block * blockLength), score: maxima[block]))
            }
            blocks.order()
        }
        guard let top = blocks.top else { return nil }
        let score = top.score, start = Int(top.token) / blockLength * blockLength
        let end = min(start + blockLength, scores.count)
        var place = Int(top.token)
        while place < end - 1, scores[place] != score { place += 1 }
        if let equal = (place + 1..<end).first(where: { scores[$0] == score }) {
            blocks.replaceTop(Candidate(token: Token(equal), score: score))
        } else {
            let below = Self.maximum(below: score, scores.extracting(start..<end))
            blocks.replaceTop(below > -.infinity ? Candidate(token: Token(start), score: below) : nil)
        }
        return Candidate(token: Token(place), score: score)
    }

    private static func maximum(below limit: Float, _ scores: Span<Float>) -> Float {
        var lanes: InlineArray<16, Float> = .init(repeating: -.infinity)
        for row in 0..<scores.count / 16 {
            for lane in 0..<16 {
                let score = scores[row * 16 + lane]
                lanes[lane] = score < limit && score > lanes[lane] ? score : lanes[lane]
            }
        }
        for i in scores.count / 16 * 16..<scores.count where scores[i] < limit && scores[i] > lanes[0] {
            lanes[0] = scores[i]
        }
        var maximum = lanes[0]
        for lane in 1..<16 { maximum = lanes[lane] > maximum ? lanes[lane] : maximum }
        return maximum
    }
}
