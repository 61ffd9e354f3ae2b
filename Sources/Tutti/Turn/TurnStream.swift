import Synchronization
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

    /// An answer that has begun, and what tells its parts apart.
    struct Start: Sendable {
        let events: Outlet<GenerationEvent>
        let reader: AnswerReader
        let detokenizer: Detokenizer
        let stops: StopSequences
        /// Tokens that end the answer and are not shown.
        let endTokens: Set<Token>
        let isCallRequired: Bool
        let mostCalls: Int
        let isPredicted: Bool
        /// Calls made earlier in the turn that have their results.
        let answeredCalls: [ToolCall]
        /// Begins anew, without calls, after so many tokens; nil if none may come.
        let inWords: @Sendable (_ usedTokens: Int) throws -> Start?
    }

    private let start: Start
    private let source: Source

    init(_ start: Start) {
        self.start = start
        source = Source(start.events)
    }

    public func makeAsyncIterator() -> Iterator { Iterator(start, source) }

    /// Nobody will read any more: the engine stops within one step, also while somebody holds the stream.
    public func leave() { source.leave() }

    /// What is computed at the moment, for whoever wants it to stop.
    final class Source: Sendable {
        /// Nil when nobody reads any more.
        private let current: Mutex<Outlet<GenerationEvent>?>

        init(_ events: Outlet<GenerationEvent>) { current = Mutex(events) }

        func leave() {
            let events = current.withLock { current in
                defer { current = nil }
                return current
            }
            events?.leave()
        }

        func go(on events: Outlet<GenerationEvent>) {
            let isRead = current.withLock { current in
                defer { if current != nil { current = events } }
                return current != nil
            }
            if !isRead { events.leave() }
        }
    }

    public struct Iterator: AsyncIteratorProtocol {
        private var start: Start
        private let source: Source
        private var events: Outlet<GenerationEvent>.Iterator?
        private var transcript: TurnTranscript
        private var waiting: ArraySlice<TurnEvent> = []

        init(_ start: Start, _ source: Source) {
            self.start = start
            self.source = source
            events = start.events.makeAsyncIterator()
            transcript = TurnTranscript(start)
        }

        public mutating func next() async throws -> TurnEvent? {
            while waiting.isEmpty {
                guard events != nil, let event = try await events?.next() else { return nil }
                let told = transcript.take(event)
                waiting = told[...]
                if case .finished(let end) = told.last {
                    events?.leave()
                    events = nil
                    if transcript.isCircle, let next = try start.inWords(end.usage.completionTokens) {
                        waiting.removeLast()
                        go(on: next, after: end.usage)
                    }
                }
            }
            return waiting.popFirst()
        }

        private mutating func go(on next: Start, after usage: TurnUsage) {
            source.go(on: next.events)
            start = next
            events = next.events.makeAsyncIterator()
            transcript = TurnTranscript(next, after: usage)
        }
    }
}
