import Foundation
import Synchronization
public import TuttiDialogue
public import TuttiGeneration

/// A conversation with a model that remembers what was said, as far as the context holds it.
///
///     let chat = Chat(model, system: "Answer in one sentence.")
///     for try await delta in try chat.send("What is a fugue?") { print(delta.text, terminator: "") }
public final class Chat: Sendable {
    public let model: LanguageModel
    private let state: Mutex<State>

    private struct State {
        var conversation: Conversation
        var budget: Budget
        var isAnswering = false
    }

    /// - Parameter system: What the model is told before everything else; it never leaves the context.
    public init(_ model: LanguageModel, system: String? = nil) {
        self.model = model
        state = Mutex(
            State(conversation: system.map { Conversation(system: $0) } ?? Conversation(), budget: model.budget()))
    }

    /// Everything that was said; may be set, for a conversation that was loaded or edited.
    public var conversation: Conversation {
        get { state.withLock { $0.conversation } }
        set { state.withLock { $0.conversation = newValue } }
    }

    /// Says `text` to the model and streams its answer, which becomes part of the conversation, also when its reader
    /// leaves before the end.
    /// - Parameter pictures: What it is shown before that, if it has eyes.
    /// - Throws: ``ChatError/busy`` while an answer is being read; `BudgetError` when the text does not fit the context
    ///   by itself (nothing was said then); what the template or the engine refuses.
    public func send(
        _ text: String, seeing pictures: [PicturePart] = [], _ options: AnswerOptions = AnswerOptions()
    ) throws -> ChatAnswer {
        try send(pictures.map { .picture($0) } + [.text(text)], options)
    }

    /// Says what has parts, such as a question and the document that it is about: see ``Document``.
    /// - Throws: As ``send(_:seeing:_:)``.
    public func send(_ parts: [Part], _ options: AnswerOptions = AnswerOptions()) throws -> ChatAnswer {
        try answer(options) { $0.append(Message(.user, parts: parts)) }
    }

    /// Takes the last answer back and gives another one.
    /// - Throws: `ConversationError.nothingToAnswer` when nothing was asked; otherwise as ``send(_:_:)``.
    public func regenerate(_ options: AnswerOptions = AnswerOptions()) throws -> ChatAnswer {
        try answer(options) { try $0.regenerate() }
    }

    private func answer(_ options: AnswerOptions, _ change: (inout Conversation) throws -> Void) throws -> ChatAnswer {
        let (fit, stream) = try state.withLock { state in
            guard !state.isAnswering else { throw ChatError.busy }
            var conversation = state.conversation, budget = state.budget
            try change(&conversation)
            var request = TurnRequest(conversation.messages, options)
            let fit = try model.fit(&request, in: &budget)
            let stream = try model.turn(request)
            state = State(conversation: conversation, budget: budget, isAnswering: true)
            return (fit, stream)
        }
        return ChatAnswer(stream: stream, departed: fit.departing, record: Record(self))
    }

    /// Says `text` to the model, which may call tools before it answers; all of it becomes part of the conversation.
    /// - Parameters:
    ///   - tools: What it may call: see ``Tool``.
    ///   - maximumRounds: How many times it may call before it answers.
    ///   - onEvent: Is told what happens, of each round.
    /// - Returns: The answer.
    /// - Throws: ``ToolLoopError``; otherwise as ``send(_:_:)``. Nothing was said then.
    public func send(
        _ text: String, using tools: [Tool], maximumRounds: Int = 8, _ options: AnswerOptions = AnswerOptions(),
        onEvent: @Sendable (TurnEvent) async throws -> Void = { _ in }
    ) async throws -> String {
        var (conversation, budget) = try state.withLock { state in
            guard !state.isAnswering else { throw ChatError.busy }
            state.isAnswering = true
            return (state.conversation, state.budget)
        }
        defer { state.withLock { $0.isAnswering = false } }
        conversation.append(Message(.user, text))
        var loop = ToolLoop(TurnRequest(conversation.messages, options), tools, maximumRounds: maximumRounds)
        while var next = loop.next {
            _ = try model.fit(&next, in: &budget)
            try await loop.append(try model.turn(next), onEvent)
        }
        conversation.messages += loop.messages
        state.withLock { state in
            state.conversation = conversation
            state.budget = budget
        }
        return loop.messages.last?.text ?? ""
    }

    fileprivate func finish(_ answer: Message) {
        state.withLock { state in
            state.isAnswering = false
            if !answer.text.isEmpty { state.conversation.append(answer) }
        }
    }

    /// Notes the answer in the conversation: once, when it ends or when nobody reads on.
    final class Record: Sendable {
        private let chat: Chat
        private let answer = Mutex<TurnAnswer?>(TurnAnswer())

        init(_ chat: Chat) { self.chat = chat }

        func append(_ event: TurnEvent) { answer.withLock { $0?.append(event) } }

        func finish() {
            let whole = answer.withLock { answer -> TurnAnswer? in
                defer { answer = nil }
                return answer
            }
            if let whole { chat.finish(whole.message) }
        }

        deinit { finish() }
    }

    /// Ends the record when its iterator is gone, though the answer itself may still be held.
    final class Reading: Sendable {
        let record: Record

        init(_ record: Record) { self.record = record }

        deinit { record.finish() }
    }
}

/// What a chat refuses.
public enum ChatError: Error, Equatable, CustomStringConvertible {
    case busy

    public var description: String {
        "This chat is still answering: read its answer to the end, or leave the loop that reads it, before the next turn."
    }
}

/// A chat's answer as it is computed: an `AsyncSequence` of ``TextDelta`` for one reader.
public struct ChatAnswer: AsyncSequence, Sendable {
    public typealias Failure = any Error

    let stream: TurnStream
    /// The oldest turns that had to leave the context for this answer; tell the user.
    public let departed: [Turn]
    let record: Chat.Record

    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: stream.makeAsyncIterator(), reading: Chat.Reading(record))
    }

    public struct Iterator: AsyncIteratorProtocol {
        var stream: TurnStream.Iterator
        let reading: Chat.Reading

        public mutating func next() async throws -> TextDelta? {
            while let event = try await stream.next() {
                reading.record.append(event)
                switch event {
                case .text(let text, let choices): return TextDelta(text: text, choices: choices)
                case .reasoning(let text): return TextDelta(reasoning: text)
                case .finished(let end):
                    reading.record.finish()
                    let reason: FinishReason = end.reason == .length ? .length : .stop
                    return TextDelta(
                        end: TextDelta.End(reason: reason, stopString: end.stopString, statistics: end.statistics))
                case .started, .toolCallBegan, .toolCallArguments: continue
                }
            }
            return nil
        }
    }
}
