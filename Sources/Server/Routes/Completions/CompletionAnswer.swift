import Foundation
import Tutti
import TuttiOpenAI

/// A text completion under way: a model that continues one or more prompts, each once or several times.
struct CompletionAnswer: Sendable {
    private let request: CompletionRequest
    private let lease: ModelShelf.Lease<LanguageModel>
    private let prompts: [TextPrompt]
    /// Of each prompt, how likely its tokens were; empty unless that is to be told.
    private let scores: [[Choice]]
    /// nil where nothing is to be written.
    private let answers: ParallelAnswers<TextStream>?
    private let ends: Set<Token>
    private let head: ChatCompletion.Head
    private let meter: AnswerMeter
    private static let paths = RequestPaths(prompt: "prompt")

    /// Loads the model and begins.
    /// - Throws: `APIError` for whatever is wrong with the request, all of it before anything was answered.
    init(_ request: CompletionRequest, _ services: Services, priority: GenerationRequest.Priority) async throws {
        self.request = request
        let lease = try await services.models.language(request.model), model = lease.model
        self.lease = lease
        meter = services.meters.answer(model: lease.name)
        let isAlone = request.prompts.count == 1
        let prompts = try request.prompts.enumerated().map { index, input in
            try TextPrompt(input, model, name: isAlone ? "prompt" : "prompt[\(index)]")
        }
        self.prompts = prompts
        let marks = try request.suffix.map { _ in
            guard let marks = model.fillMarks else {
                throw APIError.invalid(
                    "Invalid 'suffix': \(lease.name) was not made to fill in the middle of a text. Leave it out, or take a model that was, such as qwen2.5-coder-0.5b.",
                    param: "suffix", code: "unsupported_parameter")
            }
            return marks
        }
        let behind = try model.tokenizer.encode(request.suffix ?? "")
        let inputs = prompts.map { prompt in
            marks?.prompt(before: Array(prompt.tokens.dropFirst(prompt.openingCount)), behind: behind) ?? prompt.tokens
        }
        let ends = marks?.ends ?? []
        self.ends = try model.vocabulary.endTokens.union(ends)
        // All of them, before the first one begins.
        let room = request.maximumTokens == 0 ? model.context : model.context - 1
        for tokens in inputs where tokens.count > room {
            throw APIError.contextLengthExceeded(tokens: tokens.count, context: model.context, param: "prompt")
        }
        do {
            // Before anything is written: the answers then find their prompts computed.
            scores = try await Self.scores(of: prompts, request, model, priority: priority)
        } catch {
            throw Self.paths.named(error)
        }
        let measured = request.bestOf > request.choiceCount ? request.topLogprobs ?? 0 : request.topLogprobs
        do {
            answers =
                request.maximumTokens == 0
                ? nil
                : try ParallelAnswers(promptCount: inputs.count, choiceCount: request.bestOf) { prompt, choice in
                    let options = AnswerOptions(
                        sampling: SamplingOptions(request.sampling, index: choice, topLogprobs: measured),
                        maximumTokens: request.maximumTokens, stops: request.stops, priority: priority)
                    return try model.complete(inputs[prompt], options, ends: ends)
                } isComputed: { _ in
                    true
                }
        } catch {
            throw Self.paths.named(error)
        }
        head = ChatCompletion.Head(
            id: Identifier.make("cmpl-"), created: Int(Date().timeIntervalSince1970), model: lease.name,
            systemFingerprint: SystemFingerprint.of(lease.name))
    }

    private static func scores(
        of prompts: [TextPrompt], _ request: CompletionRequest, _ model: LanguageModel,
        priority: GenerationRequest.Priority
    ) async throws -> [[Choice]] {
        guard request.echoes, let count = request.topLogprobs else { return [] }
        var scores: [[Choice]] = []
        for prompt in prompts { scores.append(try await model.score(prompt.tokens, top: count, priority: priority)) }
        return scores
    }

    /// Waits for the whole answer.
    func whole() async throws -> TextCompletion {
        var choices = try await begun { _ in }
        try await read(&choices) { _ in }
        var kept: [TextCompletion.Choice] = []
        for prompt in prompts.indices {
            let made = choices[prompt * request.bestOf..<(prompt + 1) * request.bestOf]
            let best =
                request.bestOf == request.choiceCount
                ? Array(made) : Array(made.sorted { $0.likelihood > $1.likelihood }.prefix(request.choiceCount))
            for choice in best { kept.append(choice.whole(index: kept.count)) }
        }
        return TextCompletion(head: head, choices: kept, usage: usage(choices))
    }

    /// Sends the answer as it comes.
    func send(to events: inout EventWriter) async throws {
        func send(_ choice: TextCompletion.Choice) async throws {
            let piece = TextCompletion(head: head, choices: [choice], usage: nil, tellsUsage: request.includesUsage)
            try await events.send(piece.json)
        }
        var choices = try await begun(send)
        try await read(&choices, send)
        if request.includesUsage {
            try await events.send(TextCompletion(head: head, choices: [], usage: usage(choices)).json)
        }
        try await events.done()
    }

    /// The choices, each with the echo of its prompt.
    private func begun(
        _ tell: (TextCompletion.Choice) async throws -> Void
    ) async throws -> [TextChoice] {
        let tokenizer = try lease.model.tokenizer
        var choices = (0..<prompts.count * request.bestOf).map { index in
            TextChoice(
                index: index, isFirst: index % request.bestOf == 0, topCount: request.topLogprobs, ends: ends,
                meter: meter, tokenizer: tokenizer)
        }
        for (number, prompt) in prompts.enumerated() where request.echoes {
            let scored = scores.isEmpty ? [] : prompt.scored(scores[number], tokenizer)
            for index in number * request.bestOf..<(number + 1) * request.bestOf {
                if let piece = choices[index].echo(prompt, scored: scored) { try await tell(piece) }
            }
        }
        return choices
    }

    private func read(
        _ choices: inout [TextChoice], _ tell: (TextCompletion.Choice) async throws -> Void
    ) async throws {
        guard let answers else {
            for index in choices.indices {
                let count = prompts[index / request.bestOf].tokens.count
                if let piece = choices[index].endAtOnce(promptTokens: count) { try await tell(piece) }
            }
            return
        }
        do {
            try await answers.read { index, delta in
                if let piece = choices[index].take(delta) { try await tell(piece) }
            }
        } catch {
            throw Self.paths.named(error)
        }
    }

    private func usage(_ choices: [TextChoice]) -> CompletionUsage {
        // A prompt counts once, however often it is answered.
        let first = stride(from: 0, to: choices.count, by: request.bestOf).map { choices[$0].statistics }
        return CompletionUsage(
            promptTokens: first.reduce(0) { $0 + $1.promptTokens },
            completionTokens: choices.reduce(0) { $0 + $1.statistics.generatedTokens },
            // What this request itself computed a moment before was no saving.
            cachedTokens: scores.isEmpty ? first.reduce(0) { $0 + $1.cachedTokens } : 0)
    }
}
