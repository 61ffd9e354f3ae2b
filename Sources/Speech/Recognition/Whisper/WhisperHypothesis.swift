import TuttiTensors

/// A text that is being written: its tokens, and the pages that hold what the decoder keeps of them.
struct WhisperHypothesis: Sendable {
    var tokens: [Token] = []
    /// Natural logarithms of the tokens' probabilities.
    var logProbabilities: [Float] = []
    /// Their sum, the end's included where it was written.
    var sum: Float = 0
    /// Whether the model itself ended it.
    var hasEnded = false
    private var pages: PageTable = []
    /// Tokens that the pages hold, the prompt's included.
    private var count = 0

    /// The mean of the logarithms, the end counting as a token.
    var mean: Float { sum / Float(tokens.count + 1) }

    /// Rows that go on with this text.
    mutating func rows(_ range: Range<Int>, _ layout: KeyValueLayout) -> SequenceRows {
        let size = KeyValueLayout.pageTokens
        while pages.count * size < count + range.count { pages.append(KeyValuePage(layout, group: 0)) }
        defer { count += range.count }
        return SequenceRows(rows: range, start: count, pages: [pages])
    }

    /// The same text, to be written on in another way: what is complete is shared.
    func copy(_ layout: KeyValueLayout) -> WhisperHypothesis {
        var copy = self
        let shared = count / KeyValueLayout.pageTokens
        for place in shared..<max(shared, pages.count) {
            guard let page = pages[place] else { continue }
            let fresh = KeyValuePage(layout, group: 0)
            fresh.copy(from: page)
            copy.pages[place] = fresh
        }
        return copy
    }

    mutating func append(_ token: Token, _ logProbability: Float) {
        tokens.append(token)
        logProbabilities.append(logProbability)
        sum += logProbability
    }

    mutating func end(_ logProbability: Float) {
        sum += logProbability
        hasEnded = true
    }
}
