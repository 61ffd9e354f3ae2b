import Foundation
public import TuttiModels
public import TuttiTensors

/// How an engine computes.
public struct EngineOptions: Sendable {
    /// The longest sequence, in tokens; never more than the model was made for, which is what nil stands for.
    public var context: Int?
    public var keyValueKind: KeyValueKind = .f16
    /// Memory for cached keys and values, in bytes; nil for four full contexts or a quarter of the machine's memory,
    /// whichever is less, and never less than one context. Memory is taken as it is needed. A draft model's are among it.
    public var cacheByteCount: Int?
    /// Float32 activations on dequantised weights and float32 keys and values: slow, for checking.
    public var isExact = false
    /// Sequences that are computed at the same time; more wait.
    public var maximumSequences = 16
    /// Requests that may wait; more are refused with ``EngineError/queueFull(waiting:limit:)``.
    public var maximumWaiting = 256
    /// Memory for embeddings of pictures that were seen, in bytes: who asks about one of them again need not wait for it to
    /// be looked at again.
    public var embeddingByteCount = 256 << 20
    /// Whether, and how, tokens are guessed ahead. What is said stays the same.
    public var speculation = Speculation.off
    /// Whether a text that a grammar leaves no choice about is computed in one step, or a token at a time. What is said
    /// is the same.
    package var jumpsForward = true
    /// Tokens of prompts in one step.
    package var prefillRows = EngineOptions.defaultPrefillRows

    package static let defaultPrefillRows = 256
    /// Tokens that have to be computed in one step, be it longer.
    var spanRows = 0

    public init() {}
}

/// Computes for every request at once, on one thread of its own; tasks send messages and read streams.
///
/// It knows tokens, not text. Sequences whose beginnings are the same share the pages of that beginning, also with those
/// that came before, so the turns of a chat compute only what is new.
public final class Engine: Sendable {
    public let shape: DecoderShape
    /// The longest sequence that this engine computes, in tokens.
    public let context: Int
    /// What the cached keys and values may take, in bytes.
    public let cacheByteCount: Int
    private let mailbox = Mailbox<Message>()
    private let identifiers = Identifiers()
    private let door: Door

    /// What the engine does at present: as of its last step.
    public var statistics: EngineStatistics { door.statistics }

    enum Message: Sendable {
        case begin(Scheduler.ID, GenerationRequest, Outlet<GenerationEvent>.Source, arrived: ContinuousClock.Instant)
        case score(
            Scheduler.ID, [Token], top: Int, GenerationRequest.Priority, Outlet<Choice>.Source,
            arrived: ContinuousClock.Instant)
        case embed(
            Scheduler.ID, [Token], EncoderShape.Pooling, GenerationRequest.Priority, Outlet<[Float]>.Source,
            arrived: ContinuousClock.Instant)
        /// The rows of one of a request's pictures.
        case made(Scheduler.ID, run: Int, Result<[Float], any Error>)
        case drained(Scheduler.ID)
        case abandoned(Scheduler.ID)
        case cacheUse(emptying: Bool, reply: @Sendable (Int) -> Void)
        case stop

        /// Whether it brings something to compute.
        var isRequest: Bool {
            switch self {
            case .begin, .score, .embed: true
            default: false
            }
        }
    }

    /// - Parameter pool: The threads to compute on; one engine drives them at a time.
    public init(decoder: any Decoder, pool: ComputePool, options: EngineOptions = EngineOptions()) {
        shape = decoder.shape
        var options = options
        if case .eachPicture(let rows) = shape.sight { options.spanRows = rows }
        let context = min(options.context ?? decoder.shape.context, decoder.shape.context)
        self.context = context
        let layout = decoder.shape.layout(options.storedKind)
        let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        let cache = SpeculationCache(options, layout: layout, context: context, memory: memory)
        cacheByteCount = cache.byteCount + (cache.draft?.byteCount ?? 0)
        let places = max(1, options.maximumSequences)
        door = Door(limit: max(1, options.maximumWaiting), places: places, cacheByteCount: cache.byteCount)
        let start = EngineThread.Start(
            decoder: decoder, pool: pool, layout: layout, isExact: options.isExact, context: context,
            limits: Scheduler.Limits(prefillRows: options.prefillRows, sequences: places),
            jumpsForward: options.jumpsForward, embeddingByteCount: options.embeddingByteCount,
            cacheByteCount: cache.byteCount, speculation: options.speculation,
            draftCache: cache.draft,
            mailbox: mailbox, door: door)
        let thread = Thread {
            ComputePool.joinThread()
            EngineThread(start).run()
        }
        thread.name = "tutti engine"
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit { mailbox.send(.stop) }

    /// Continues a prompt; the answer comes as it is computed. While its reader is behind, a sequence sits out; when the
    /// reader leaves, it is gone before the next step.
    /// - Throws: ``EngineError`` for a prompt that cannot be continued, or when too many requests wait; `SamplingError`
    ///   for a bad option.
    public func generate(_ request: GenerationRequest) throws -> Outlet<GenerationEvent> {
        _ = try EmbeddingPlaces(request.prompt, request.embeddings, shape)
        try check(request.prompt, hasPlaces: true)
        guard request.prompt.count < context else {
            throw EngineError.promptTooLong(
                tokens: request.prompt.count, context: context, limit: shape.context)
        }
        try request.sampling.validate()
        if let grammar = request.grammar, grammar.tokens.tokenCount > shape.vocabulary {
            throw EngineError.foreignGrammar(tokens: grammar.tokens.tokenCount, vocabulary: shape.vocabulary)
        }
        _ = try Sampler(request.sampling, vocabularyCount: shape.vocabulary, tokenBytes: request.tokenBytes)
        var request = request
        let room = context - request.prompt.count
        request.maximumTokens = min(request.maximumTokens ?? room, room)
        try door.enter()
        let id = identifiers.next()
        // The stream keeps the engine: it ends when nobody holds it and nobody reads from it.
        let outlet = Outlet<GenerationEvent>(capacity: 64) { [self] notice in
            mailbox.send(notice == .drained ? .drained(id) : .abandoned(id))
        }
        mailbox.send(.begin(id, request, outlet.source, arrived: .now))
        return outlet
    }

    /// The log-probability of every token but the first, given those before it: an element for each, in order.
    /// - Parameter top: How many of the likeliest tokens to list at each place.
    /// - Throws: ``EngineError`` when there is nothing to score or more than the context holds, or when too many
    ///   requests wait.
    public func score(
        _ tokens: [Token], top: Int = 0, priority: GenerationRequest.Priority = .interactive
    ) throws -> Outlet<Choice> {
        try enter(tokens) { .score($0, tokens, top: top, priority, $1, arrived: .now) }
    }

    /// One vector of length one for a text: its tokens' last states, pooled.
    /// - Throws: As ``score(_:top:priority:)``.
    public func embed(
        _ tokens: [Token], pooling: EncoderShape.Pooling = .mean, priority: GenerationRequest.Priority = .interactive
    ) throws -> Outlet<[Float]> {
        try enter(tokens) { .embed($0, tokens, pooling, priority, $1, arrived: .now) }
    }

    /// Lets in a request about tokens that are all there: its results are few enough to be kept for its reader.
    private func enter<Element: Sendable>(
        _ tokens: [Token], _ message: (Scheduler.ID, Outlet<Element>.Source) -> Message
    ) throws -> Outlet<Element> {
        try check(tokens)
        guard tokens.count <= context else {
            throw EngineError.promptTooLong(tokens: tokens.count, context: context, limit: shape.context)
        }
        try door.enter()
        let id = identifiers.next()
        let outlet = Outlet<Element>(capacity: .max) { [self] notice in
            if notice == .abandoned { mailbox.send(.abandoned(id)) }
        }
        mailbox.send(message(id, outlet.source))
        return outlet
    }

    /// The bytes of cache that sequences use, running ones and what finished ones left for those to come.
    /// - Parameter emptying: Forget first what finished ones left.
    package func usedCacheByteCount(emptying: Bool = false) async -> Int {
        await withCheckedContinuation { continuation in
            mailbox.send(.cacheUse(emptying: emptying) { continuation.resume(returning: $0) })
        }
    }

    /// - Parameter hasPlaces: Whether places of embeddings were looked at already.
    private func check(_ tokens: [Token], hasPlaces: Bool = false) throws {
        guard !tokens.isEmpty else { throw EngineError.emptyPrompt }
        if let bad = tokens.first(where: { $0 < 0 && !hasPlaces || Int($0) >= shape.vocabulary }) {
            throw EngineError.unknownToken(bad, vocabulary: shape.vocabulary)
        }
    }
}
