import TuttiTensors
public import TuttiText

/// A piece of an answer: text that can be shown now, and the tokens it came with.
public struct TextDelta: Sendable {
    /// Whole characters; may be empty, when a token completes none or what it says is held back.
    public var text: String
    /// What the model thinks before it answers, where that is told apart: a chat does.
    public var reasoning: String
    /// The tokens that were chosen since the last delta, with their log-probabilities where they were asked for.
    public var choices: [Choice]
    /// Set on the last delta alone.
    public var end: End?

    /// How an answer ended, and what it cost.
    public struct End: Sendable {
        public var reason: FinishReason
        /// The stop string that ended it, if one did; it is no part of the text.
        public var stopString: String?
        public var statistics: GenerationStatistics

        public init(reason: FinishReason, stopString: String? = nil, statistics: GenerationStatistics) {
            self.reason = reason
            self.stopString = stopString
            self.statistics = statistics
        }
    }

    public init(text: String = "", reasoning: String = "", choices: [Choice] = [], end: End? = nil) {
        self.text = text
        self.reasoning = reasoning
        self.choices = choices
        self.end = end
    }
}

/// An answer as text, as it is computed: an `AsyncSequence` for one reader.
///
/// Leaving its loop, or cancelling the task that reads it, stops the computation within one step.
public struct TextStream: AsyncSequence, Sendable {
    public typealias Failure = any Error

    private let events: Outlet<GenerationEvent>
    private let detokenizer: Detokenizer
    private let stops: StopSequences
    private let hidden: Set<Token>

    /// - Parameters:
    ///   - request: Its stop tokens are not shown.
    ///   - stops: Strings that end the answer wherever they occur in its text, also across tokens.
    ///   - showsSpecial: Whether special tokens are shown as they are written.
    /// - Throws: What `Engine.generate` throws, and `SamplingError` for a bad stop string.
    public init(
        _ engine: Engine, _ request: GenerationRequest, tokenizer: Tokenizer, stops: [String] = [],
        showsSpecial: Bool = false
    ) throws {
        self.stops = try StopSequences(stops)
        detokenizer = Detokenizer(tokenizer, showsSpecial: showsSpecial)
        hidden = request.stopTokens
        events = try engine.generate(request)
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(events: events.makeAsyncIterator(), detokenizer: detokenizer, stops: stops, hidden: hidden)
    }

    public struct Iterator: AsyncIteratorProtocol {
        var events: Outlet<GenerationEvent>.Iterator?
        var detokenizer: Detokenizer
        var stops: StopSequences
        let hidden: Set<Token>
        private var progress = AnswerProgress()

        init(
            events: Outlet<GenerationEvent>.Iterator, detokenizer: Detokenizer, stops: StopSequences, hidden: Set<Token>
        ) {
            self.events = events
            self.detokenizer = detokenizer
            self.stops = stops
            self.hidden = hidden
        }

        public mutating func next() async throws -> TextDelta? {
            while events != nil, let event = try await events?.next() {
                progress.note(event)
                switch event {
                case .started, .drafted: break
                case .token(let choice):
                    let emission = stops.append(hidden.contains(choice.token) ? "" : detokenizer.append(choice.token))
                    guard let stop = emission.stopped else {
                        return TextDelta(text: emission.text, choices: [choice])
                    }
                    events?.leave()
                    events = nil
                    let end = TextDelta.End(reason: .stop, stopString: stop, statistics: progress.statistics)
                    return TextDelta(text: emission.text, choices: [choice], end: end)
                case .finished(let reason, let statistics):
                    events = nil
                    let rest = stops.append(detokenizer.finish())
                    let end = TextDelta.End(reason: reason, stopString: rest.stopped, statistics: statistics)
                    return TextDelta(text: rest.text + stops.finish().text, end: end)
                }
            }
            return nil
        }
    }
}
