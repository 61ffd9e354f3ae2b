import AsyncAlgorithms
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
    /// What speaks the answers; nil where nobody asked.
    private let voice: AnswerVoice?
    /// Tokens of the words that were heard, and of what stands for pictures and for files.
    private let heardTokens: Int
    private let seenTokens: Int
    private let fileTokens: Int
    private let spokenAnswers: SpokenAnswerStore
    private let meters: Meters

    /// Loads the model, hears and looks at what is sound and picture in the request, and begins.
    /// - Throws: `APIError` for whatever is wrong with the request, all of it before anything was answered.
    init(
        _ request: ChatCompletionRequest, _ services: Services, project: Project,
        priority: GenerationRequest.Priority
    ) async throws {
        self.request = request
        spokenAnswers = services.spokenAnswers(of: project)
        meters = services.meters
        let lease = try await services.models.language(request.model)
        self.lease = lease
        meter = services.meters.answer(model: lease.name)
        let urgency = Urgency(priority)
        if let spoken = request.spoken {
            voice = try await AnswerVoice(spoken, services.models, urgency: urgency)
        } else {
            voice = nil
        }
        let perceived = try await Senses(
            services: services, project: project, urgency: urgency, model: lease.model
        ).perceived(request.messages)
        func tokenCount(of parts: [Part]) throws -> Int {
            try parts.reduce(0) { count, part in
                switch part {
                case .text(let text): count + (try lease.model.tokens(text)).count
                case .picture(let picture): count + (try lease.model.tokenCount(of: picture))
                }
            }
        }
        heardTokens = try tokenCount(of: perceived.heard.map { .text($0) })
        seenTokens = try tokenCount(of: perceived.seen)
        fileTokens = try tokenCount(of: perceived.read)
        paths = RequestPaths(prompt: "messages", format: request.responseFormat, tools: request.tools)
        do {
            answers = try ParallelAnswers(choiceCount: request.choiceCount) { _, choice in
                try lease.model.turn(
                    TurnRequest(request, messages: perceived.messages, index: choice, priority: priority))
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

    /// Reads the turns, and the sound of what they say, to their ends.
    /// - Parameter tell: Is told what is new in a choice, and whether that was its last.
    private func read(
        _ tell: (ChatChoice, [ChatChoice.Piece], _ isOver: Bool) async throws -> Void
    ) async throws -> ChatCompletion {
        let tokenizer = try lease.model.tokenizer
        var choices = (0..<request.choiceCount).map { index in
            ChatChoice(
                index: index, hasLogprobs: request.topLogprobs != nil, usesFunctionCall: request.usesFunctions,
                spoken: voice.map { SpokenChoice($0) }, meter: meter, tokenizer: tokenizer)
        }
        do {
            try await eachEvent(choices.map(\.spoken)) { index, event in
                let pieces = choices[index].take(event)
                try await tell(choices[index], pieces, choices[index].isOver)
            }
        } catch {
            throw paths.named(error)
        }
        for audio in choices.compactMap(\.message.audio) { try await spokenAnswers.insert(audio) }
        var usage = CompletionUsage(choices.map { $0.end?.usage ?? TurnUsage() })
        usage.heardTokens = heardTokens
        usage.seenTokens = seenTokens
        usage.fileTokens = fileTokens
        usage.spokenTokens = try choices.reduce(0) { count, choice in
            try choice.message.audio.map { count + (try lease.model.tokens($0.transcript)).count } ?? count
        }
        return ChatCompletion(
            head: head, choices: choices.map(\.whole), usage: usage, metadata: request.metadata)
    }

    /// What the turns tell, and between it the pieces of their sound, in one line.
    private func eachEvent(
        _ spoken: [SpokenChoice?], _ take: (_ choice: Int, ChatChoice.Event) async throws -> Void
    ) async throws {
        guard let voice else {
            return try await answers.read { try await take($0, .turn($1)) }
        }
        typealias Channel = AsyncThrowingChannel<(choice: Int, event: ChatChoice.Event), any Error>
        let channel = Channel()
        let answers = answers, meters = meters
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await withThrowingTaskGroup(of: Void.self) { parts in
                        for (index, spoken) in spoken.enumerated() {
                            parts.addTask {
                                let seconds = try await spoken?.read { await channel.send((index, .sound($0))) }
                                meters.spoke(voice.lease.name, seconds: seconds ?? 0)
                                await channel.send((index, .soundEnded))
                            }
                        }
                        parts.addTask {
                            defer { for spoken in spoken { spoken?.end() } }
                            try await answers.read { index, event in
                                if case .text(let text, _) = event { spoken[index]?.say(text) }
                                if case .finished = event { spoken[index]?.end() }
                                await channel.send((index, .turn(event)))
                            }
                        }
                        try await parts.waitForAll()
                    }
                    channel.finish()
                } catch {
                    channel.fail(error)
                }
            }
            for try await (choice, event) in channel { try await take(choice, event) }
        }
    }
}
