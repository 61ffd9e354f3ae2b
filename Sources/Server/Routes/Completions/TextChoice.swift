import Tutti
import TuttiOpenAI

/// One choice of a text completion, as it grows.
struct TextChoice {
    let index: Int
    private(set) var text = ""
    private(set) var statistics = GenerationStatistics()
    private var finishReason: FinishReason?
    /// Whether a stop string ended it: tokens of what it took away are not told.
    private var isStopped = false
    private var tokens: [TextLogprobs.Token] = []
    /// Tokens whose text was not told yet: a stop string may take it away.
    private var waiting: [TextLogprobs.Token] = []
    /// Where the waiting tokens begin, in Unicode scalars.
    private var offset = 0
    private var length = 0
    /// The sum of the log-probabilities of the tokens that were chosen, and their number.
    private var score = (sum: 0.0, count: 0)
    private var pieces: TokenPieces
    private let topCount: Int?
    private let ends: Set<Token>
    private var meter: AnswerMeter
    private let isFirst: Bool

    /// - Parameters:
    ///   - isFirst: Whether it is the first of its prompt, whose tokens count once.
    ///   - topCount: How many alternatives were asked for; nil for no log-probabilities.
    ///   - ends: Tokens that end the text and are no part of it.
    init(
        index: Int, isFirst: Bool, topCount: Int?, ends: Set<Token>, meter: AnswerMeter, tokenizer: Tokenizer
    ) {
        self.index = index
        self.isFirst = isFirst
        self.meter = meter
        self.topCount = topCount
        self.ends = ends
        pieces = TokenPieces(tokenizer, showsSpecial: false)
    }

    /// How likely the answer was, for each of its tokens: the mean of their log-probabilities.
    var likelihood: Double { score.count > 0 ? score.sum / Double(score.count) : -.infinity }

    /// Begins with the prompt itself.
    mutating func echo(_ prompt: TextPrompt, scored: [TextLogprobs.Token]) -> TextCompletion.Choice? {
        waiting += scored
        return piece(prompt.text)
    }

    /// Takes what came next.
    /// - Returns: What a stream tells of it, if there is something to tell.
    mutating func take(_ delta: TextDelta) -> TextCompletion.Choice? {
        for choice in delta.choices {
            if let logprob = choice.logProbability { score = (score.sum + logprob, score.count + 1) }
            guard topCount != nil else { continue }
            // What ends the text has a probability too, but no text: clients count on a token for each that was chosen.
            waiting.append(pieces.measured(choice, isShown: !ends.contains(choice.token)))
        }
        meter.came(delta.choices.count)
        if let end = delta.end {
            if isFirst {
                meter.began(promptTokens: end.statistics.promptTokens, cachedTokens: end.statistics.cachedTokens)
            }
            finishReason = end.reason
            statistics = end.statistics
            isStopped = end.stopString != nil
            if !isStopped, !waiting.isEmpty { waiting[waiting.count - 1].text += pieces.finish() }
        }
        return piece(delta.text)
    }

    /// Ends without an answer: only the prompt, of so many tokens, was wanted.
    mutating func endAtOnce(promptTokens: Int) -> TextCompletion.Choice? {
        finishReason = .length
        statistics.promptTokens = promptTokens
        if isFirst { meter.began(promptTokens: promptTokens, cachedTokens: 0) }
        return piece("")
    }

    /// The choice as a whole answer tells it.
    func whole(index: Int) -> TextCompletion.Choice {
        TextCompletion.Choice(
            index: index, text: text,
            logprobs: topCount.map { TextLogprobs(tokens: tokens, hasTop: $0 > 0) },
            finishReason: finishReason?.rawValue)
    }

    private mutating func piece(_ text: String) -> TextCompletion.Choice? {
        self.text += text
        length += text.unicodeScalars.count
        let start = offset
        var told: [TextLogprobs.Token] = []
        while let token = waiting.first {
            let next = offset + token.text.unicodeScalars.count
            // A token that completes no character goes with what it begins.
            guard next <= length, !token.text.isEmpty || next < length || !isStopped else { break }
            told.append(token)
            waiting.removeFirst()
            offset = next
        }
        tokens += told
        guard !text.isEmpty || !told.isEmpty || finishReason != nil else { return nil }
        return TextCompletion.Choice(
            index: index, text: text,
            logprobs: topCount.map { TextLogprobs(tokens: told, offset: start, hasTop: $0 > 0) },
            finishReason: finishReason?.rawValue)
    }
}
