import TuttiGeneration
import TuttiDialogue
import TuttiTensors
import TuttiText

/// A model's answer as it is computed: an `AsyncSequence` of ``TurnEvent`` for one reader.
///
/// Leaving its loop, or cancelling the task that reads it, stops the computation within one step.
public struct TurnStream: AsyncSequence, Sendable {
    public typealias Element = TurnEvent
    public typealias Failure = any Error

    /// What tells the parts of an answer apart, before the first token.
    struct Start: Sendable {
        let reader: AnswerReader
        let detokenizer: Detokenizer
        let stops: StopSequences
        /// Tokens that end the answer and are not shown.
        let endTokens: Set<Token>
        let mostCalls: Int
        let isPredicted: Bool
    }

    private let events: Outlet<GenerationEvent>
    private let start: Start

    init(_ events: Outlet<GenerationEvent>, _ start: Start) {
        self.events = events
        self.start = start
    }

    public func makeAsyncIterator() -> Iterator { Iterator(events.makeAsyncIterator(), start) }

    /// Nobody will read any more: the engine stops within one step, also while somebody holds the stream.
    public func leave() { events.leave() }

    public struct Iterator: AsyncIteratorProtocol {
        private var events: Outlet<GenerationEvent>.Iterator?
        private var transcript: TurnTranscript
        private var waiting: ArraySlice<TurnEvent> = []

        init(_ events: Outlet<GenerationEvent>.Iterator, _ start: Start) {
            self.events = events
            transcript = TurnTranscript(start)
        }

        public mutating func next() async throws -> TurnEvent? {
            while waiting.isEmpty {
                guard events != nil, let event = try await events?.next() else { return nil }
                let told = transcript.take(event)
                waiting = told[...]
                if case .finished = told.last {
                    events?.leave()
                    events = nil
                }
            }
            return waiting.popFirst()
        }
    }
}
