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
        // A quarter of the context is kept for the answer, up to 1,024 tokens.
        let budget = Budget(contextTokenCount: model.context, answerTokenCount: min(1024, model.context / 4))
        state = Mutex(State(conversation: system.map { Conversation(system: $0) } ?? Conversation(), budget: budget))
    }

    /// Everything that was said; may be set, for a conversation that was loaded or edited.
    public var conversation: Conversation {
        get { state.withLock { $0.conversation } }
        set { state.withLock { $0.conversation = newValue } }
    }

    /// Says `text` to the model and streams its answer, which becomes part of the conversation, also when its reader
    /// leaves before the end.
    /// - Throws: ``ChatError/busy`` while an answer is being read; `BudgetError` when the text does not fit the context
    ///   by itself (nothing was said then); what the template or the engine refuses.
    public func send(_ text: String, _ options: AnswerOptions = AnswerOptions()) throws -> ChatAnswer {
        try answer(options) { $0.append(Message(.user, text)) }
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
            let fit = try budget.fit(conversation) { messages in
                try model.tokens(try model.prompt(messages)).count
            }
            let stream = try model.answer(fit.messages, options)
            state = State(conversation: conversation, budget: budget, isAnswering: true)
            return (fit, stream)
        }
        return ChatAnswer(stream: stream, departed: fit.departing, record: Record(self))
    }

    fileprivate func finish(_ text: String) {
        state.withLock { state in
            state.isAnswering = false
            if !text.isEmpty { state.conversation.append(Message(.assistant, text)) }
        }
    }

    /// Notes the answer in the conversation: once, when it ends or when nobody reads on.
    final class Record: Sendable {
        private let chat: Chat
        private let text = Mutex<String?>("")

        init(_ chat: Chat) { self.chat = chat }

        func append(_ piece: String) { text.withLock { $0?.append(piece) } }

        func finish() {
            let answer = text.withLock { text -> String? in
                defer { text = nil }
                return text
            }
            if let answer { chat.finish(answer) }
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

    let stream: TextStream
    /// The oldest turns that had to leave the context for this answer; tell the user.
    public let departed: [Turn]
    let record: Chat.Record

    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: stream.makeAsyncIterator(), reading: Chat.Reading(record))
    }

    public struct Iterator: AsyncIteratorProtocol {
        var stream: TextStream.Iterator
        let reading: Chat.Reading

        public mutating func next() async throws -> TextDelta? {
            guard let delta = try await stream.next() else { return nil }
            reading.record.append(delta.text)
            if delta.end != nil { reading.record.finish() }
            return delta
        }
    }
}
