import Foundation
import Tutti
import TuttiOpenAI

/// A chat completion under way: a model that answers a request once or several times.
struct ChatAnswer: Sendable {
    let request: ChatCompletionRequest
    private let lease: ModelShelf.Lease<LanguageModel>
    private let answers: ParallelAnswers<TurnStream>
    private let paths: RequestPaths
    private let head: ChatCompletion.Head
    private let meter: AnswerMeter

    /// Loads the model and begins.
    /// - Throws: `APIError` for whatever is wrong with the request, all of it before anything was answered.
    init(_ request: ChatCompletionRequest, _ services: Services, priority: GenerationRequest.Priority) async throws {
        self.request = request
        let lease = try await services.models.language(request.model)
        self.lease = lease
        meter = services.meters.answer(model: lease.name)
        paths = RequestPaths(prompt: "messages", format: request.responseFormat, tools: request.tools)
        do {
            answers = try ParallelAnswers(choiceCount: request.choiceCount) { _, choice in
                try lease.model.turn(TurnRequest(request, index: choice, priority: priority))
            } isComputed: { event in
                if case .started = event { false } else { true }
            }
        } catch {
            throw paths.named(error)
        }
        head = ChatCompletion.Head(
            id: Identifier.make("chatcmpl-"), created: Int(Date().timeIntervalSince1970), model: lease.name,
            systemFingerprint: SystemFingerprint.of(lease.name))
    }

    /// Waits for the whole answer.
    func whole() async throws -> ChatCompletion {
        try await read { _, _, _ in }
    }

    /// Sends the answer as it comes.
    /// - Parameter finish: Called with the whole answer when it is there, before its stream ends.
    func send(
        to events: inout EventWriter, finish: (ChatCompletion) async throws -> Void
    ) async throws {
        let completion = try await read { choice, pieces, isOver in
            for (delta, logprobs) in pieces {
                let chunk = ChatCompletionChunk(
                    head: head, index: choice.index, delta, logprobs: logprobs, hasUsage: request.includesUsage)
                try await events.send(chunk.json)
            }
            guard isOver else { return }
            let chunk = ChatCompletionChunk(
                head: head, index: choice.index, .nothing, finishReason: choice.finishReason,
                hasUsage: request.includesUsage)
            try await events.send(chunk.json)
        }
        try await finish(completion)
        if request.includesUsage {
            try await events.send(ChatCompletionChunk(head: head, usage: completion.usage).json)
        }
        try await events.done()
    }

    /// Reads the turns to their ends.
    /// - Parameter tell: Is told what is new in a choice, and whether that was its last.
    private func read(
        _ tell: (ChatChoice, [ChatChoice.Piece], _ isOver: Bool) async throws -> Void
    ) async throws -> ChatCompletion {
        let tokenizer = try lease.model.tokenizer
        var choices = (0..<request.choiceCount).map { index in
            ChatChoice(
                index: index, hasLogprobs: request.topLogprobs != nil, usesFunctionCall: request.usesFunctions,
                meter: meter, tokenizer: tokenizer)
        }
        do {
            try await answers.read { index, event in
                let pieces = choices[index].take(event)
                try await tell(choices[index], pieces, choices[index].end != nil)
            }
        } catch {
            throw paths.named(error)
        }
        return ChatCompletion(
            head: head, choices: choices.map(\.whole),
            usage: CompletionUsage(choices.map { $0.end?.usage ?? TurnUsage() }), metadata: request.metadata)
    }
}
