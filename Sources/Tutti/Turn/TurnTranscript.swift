import Foundation
import TuttiDialogue
import TuttiGeneration
import TuttiText

/// Makes a turn's events of an engine's: tokens become text, text is told apart, and each token finds its text.
struct TurnTranscript: Sendable {
    private var reader: AnswerReader
    private var detokenizer: Detokenizer
    private var stops: StopSequences
    private let start: TurnStream.Start
    private var progress = AnswerProgress()
    private var events: [TurnEvent] = []

    /// Bytes of the answer that came, markup included, and bytes of it that were told as text.
    private var byteCount = 0, textByteCount = 0
    /// Tokens whose text is not complete, those whose text was not told apart, and those of text that was not let out; each
    /// with the bytes that lie before its end.
    private var open: [Choice] = []
    private var untold: [(choice: Choice, end: Int)] = []
    private var unsaid: [(choice: Choice, end: Int)] = []
    private var releasedByteCount = 0

    private var calls: TurnCalls
    /// What an earlier attempt at the answer cost, if there was one: nobody is told of it twice.
    private let earlier: TurnUsage?
    private var reasoningTokens: Int
    private var ending: (reason: TurnEnd.Reason, stopString: String?)?

    init(_ start: TurnStream.Start, after earlier: TurnUsage? = nil) {
        self.start = start
        self.earlier = earlier
        calls = TurnCalls(answered: start.answeredCalls)
        reasoningTokens = earlier?.reasoningTokens ?? 0
        reader = start.reader
        detokenizer = start.detokenizer
        stops = start.stops
    }

    /// Whether the model called, and first what has its results: it has not answered yet.
    var isCircle: Bool { calls.isCircle }

    /// Takes the engine's next event. When the last of the events told is `finished`, nothing more is wanted.
    mutating func take(_ event: GenerationEvent) -> [TurnEvent] {
        progress.note(event)
        switch event {
        case .started(let prompt, let cached):
            if earlier == nil { events.append(.started(promptTokens: prompt, cachedTokens: cached)) }
        case .drafted: break
        case .token(let choice):
            let isEnd = start.endTokens.contains(choice.token)
            if !isEnd { open.append(choice) }
            append(isEnd ? "" : detokenizer.append(choice.token))
            if let ending { finish(ending.reason, ending.stopString, progress.statistics) }
        case .finished(let reason, let statistics):
            append(detokenizer.finish())
            tell(reader.finish())
            if ending == nil { release(stops.finish(), isLast: true) }
            let own: TurnEnd.Reason = reason == .length ? .length : calls.count > 0 ? .toolCalls : .stop
            finish(ending?.reason ?? own, ending?.stopString, statistics)
        }
        defer { events = [] }
        return events
    }

    private mutating func append(_ text: String) {
        guard !text.isEmpty else { return }
        byteCount += text.utf8.count
        untold += open.map { ($0, byteCount) }
        open = []
        tell(reader.append(text))
    }

    private mutating func tell(_ pieces: [AnswerPiece]) {
        for piece in pieces where ending == nil {
            switch piece.content {
            // A call that was cut off before its arguments is no text.
            case .text where start.isCallRequired: _ = takeTokens(end: piece.end)
            case .text(let text): say(text, end: piece.end)
            case .reasoning(let text):
                reasoningTokens += takeTokens(end: piece.end).count
                events.append(.reasoning(text))
            case .callBegan(let name):
                _ = takeTokens(end: piece.end)
                if calls.count < start.mostCalls {
                    events += calls.begin(name)
                } else {
                    ending = (.toolCalls, nil)
                }
            case .callArguments(let text):
                _ = takeTokens(end: piece.end)
                events += calls.append(text)
            case .callEnded:
                // A circle is told of only where no tokens are left for words.
                if let told = calls.end() { events += told } else { ending = (isCircle ? .length : .toolCalls, nil) }
            }
        }
    }

    /// The tokens that end before `end`, which are told of now.
    private mutating func takeTokens(end: Int) -> ArraySlice<(choice: Choice, end: Int)> {
        let count = untold.prefix { $0.end <= end }.count
        defer { untold.removeFirst(count) }
        return untold[..<count]
    }

    private mutating func say(_ text: String, end: Int) {
        let count = text.utf8.count, begin = end - count
        textByteCount += count
        for token in takeTokens(end: end) where token.end > begin {
            unsaid.append((token.choice, textByteCount - (end - token.end)))
        }
        release(stops.append(text), isLast: false)
    }

    /// Lets out text that no stop string can begin in, with the tokens that end in it.
    private mutating func release(_ emission: StopSequences.Emission, isLast: Bool) {
        let before = releasedByteCount
        releasedByteCount += emission.text.utf8.count
        var count = unsaid.prefix { $0.end <= releasedByteCount }.count
        if emission.stopped != nil, count < unsaid.count,
            (count == 0 ? before : unsaid[count - 1].end) < releasedByteCount
        {
            // The stop string begins inside of a token: the rest of that token's text is no part of the answer.
            count += 1
        }
        let choices = unsaid[..<count].map(\.choice)
        unsaid.removeFirst(count)
        if !emission.text.isEmpty || !choices.isEmpty { events.append(.text(emission.text, choices: choices)) }
        if let stop = emission.stopped { ending = (.stop, stop) }
    }

    private mutating func finish(_ reason: TurnEnd.Reason, _ stop: String?, _ statistics: GenerationStatistics) {
        var usage = TurnUsage()
        usage.promptTokens = earlier?.promptTokens ?? statistics.promptTokens
        usage.cachedTokens = earlier?.cachedTokens ?? statistics.cachedTokens
        usage.completionTokens = statistics.generatedTokens + (earlier?.completionTokens ?? 0)
        usage.reasoningTokens = reasoningTokens
        if start.isPredicted {
            usage.acceptedPredictionTokens = statistics.acceptedTokens
            usage.rejectedPredictionTokens = statistics.draftedTokens - statistics.acceptedTokens
        }
        events.append(.finished(TurnEnd(reason: reason, stopString: stop, usage: usage, statistics: statistics)))
    }
}
