import NIOCore
import NIOPosix
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// A response under way: what is asked, of which model, and what the answer begins as.
struct ResponseAnswer: Sendable {
    let response: ResponseObject
    /// The items of the request itself, which are stored with it.
    let input: [ResponseItem]
    private let lease: ModelShelf.Lease<LanguageModel>
    private let turn: TurnRequest
    private let paths: RequestPaths
    let store: ResponseStore
    /// Counts its tokens.
    let count: TurnCount

    /// Gathers what was said before and loads the model.
    /// - Parameters:
    ///   - project: Whose responses and conversations it follows and joins.
    ///   - id: The name of a response that was stored before; nil makes a new one.
    ///   - input: The items of such a response.
    /// - Throws: `APIError` for whatever is wrong with the request.
    init(
        _ request: ResponseRequest, _ services: Services, of project: Project,
        priority: GenerationRequest.Priority, id: String? = nil, createdAt: Int = Clock.now,
        input stored: [ResponseItem]? = nil
    ) async throws {
        store = services.responses(of: project)
        lease = try await services.models.language(request.model)
        count = TurnCount(services.meters.answer(model: lease.name))
        let senses = Senses(
            services: services, project: project, urgency: Urgency(priority), model: lease.model)
        input = if let stored { stored } else { try await senses.heard(try await Self.items(request.input, store)) }
        let before = try await Self.context(request, services, of: project)
        let items = before + input
        var prompt = try ResponsePrompt(
            instructions: request.instructions, items: items, perceived: try await senses.perceived(items))
        var turn = TurnRequest([])
        turn.tools = request.tools.map { ToolDefinition($0) }
        turn.toolChoice = ToolChoice(request.toolChoice)
        turn.allowsParallelToolCalls = request.allowsParallelToolCalls
        turn.format = OutputFormat(request.format)
        turn.sampling = SamplingOptions(
            request.sampling, topLogprobs: request.includesLogprobs ? request.topLogprobs ?? 0 : nil)
        turn.maximumTokens = request.maximumOutputTokens
        turn.templateVariables = Reasoning.templateVariables(effort: request.reasoningEffort)
        turn.priority = priority
        paths = RequestPaths(prompt: "input", format: request.format, tools: request.tools)
        var response = ResponseObject(
            id: id ?? Identifier.make("resp_"), createdAt: createdAt, request: request, model: lease.name)
        if request.truncates {
            let model = lease.model, bare = turn, whole = prompt
            let room = max(1, min(request.maximumOutputTokens ?? 1024, model.context / 4))
            let target = services.settings.truncatedTokens
            do {
                // Tokenizing a long conversation takes a while: not on the threads that tasks share.
                (prompt, response.truncation) = try await NIOThreadPool.singleton.runIfActive {
                    var prompt = whole
                    let truncation = try prompt.fit(bare, model, answerTokenCount: room, target: target)
                    return (prompt, truncation)
                }
            } catch {
                throw paths.named(error)
            }
        }
        turn.messages = prompt.messages
        self.turn = turn
        self.response = response
    }

    /// The request's items, with those that it only names looked up.
    static func items(_ inputs: [ResponseInput], _ store: ResponseStore) async throws -> [ResponseItem] {
        var items: [ResponseItem] = []
        for input in inputs {
            switch input {
            case .item(let item): items.append(item)
            case .reference(let id, let path):
                guard let item = try await store.item(id) else {
                    throw APIError.notFound(
                        "Item with id '\(id)' not found. Items are kept of responses that are stored.", param: path)
                }
                items.append(item)
            }
        }
        return items
    }

    /// What was said before.
    private static func context(
        _ request: ResponseRequest, _ services: Services, of project: Project
    ) async throws -> [ResponseItem] {
        if let id = request.previousResponseID {
            return try await services.responses(of: project).context(of: id)
        }
        if let id = request.conversationID {
            return try await services.conversations(of: project).items(id)
        }
        return []
    }

    /// How many tokens the model would read.
    func inputTokenCount() throws -> Int {
        do { return try lease.model.promptTokens(turn).count } catch { throw paths.named(error) }
    }

    /// - Throws: `APIError` 400 `context_length_exceeded` unless the input leaves room for an answer.
    func checkLength() throws {
        let count = try inputTokenCount(), context = lease.model.context
        guard count < context else {
            throw APIError.contextLengthExceeded(tokens: count, context: context, param: "input")
        }
    }

    /// Begins to compute.
    /// - Throws: `APIError` for what the model refuses, all of it before anything was said.
    func begin() throws -> TurnStream {
        do { return try lease.model.turn(turn) } catch { throw paths.named(error) }
    }

    func composer(_ response: ResponseObject? = nil, number: Int = 0) throws -> ResponseComposer {
        let tokenizer = try lease.model.tokenizer, ends = tokenizer.vocabulary.endTokens
        return ResponseComposer(response ?? self.response, number: number) { choices in
            choices.filter { !ends.contains($0.token) }.map { TokenLogprob($0, tokenizer) }
        }
    }

    /// Reads the answer to its end, and stores it before its end is told.
    /// - Parameter tell: Is given the events as they come.
    func read(_ stream: TurnStream, _ tell: (JSON) async throws -> Void) async throws -> ResponseObject {
        var composer = try composer(), count = count
        for event in composer.begin() { try await tell(event) }
        var last: [JSON] = []
        do {
            for try await event in stream {
                count.take(event)
                last = composer.take(event)
                guard !composer.response.status.isFinal else { break }
                for event in last { try await tell(event) }
                last = []
            }
            try Task.checkCancellation()
        } catch {
            guard !Task.isCancelled, !(error is ChannelError) else { throw error }
            last = composer.fail(ErrorMapping.apiError(paths.named(error)) ?? .internalError)
        }
        try await store.add(composer.response, input: input)
        for event in last { try await tell(event) }
        return composer.response
    }
}
