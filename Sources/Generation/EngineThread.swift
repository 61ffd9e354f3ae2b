import TuttiModels
import TuttiTensors

/// The loop of an engine: hears messages between steps, asks the scheduler what to compute, computes it, chooses tokens.
/// It lives on one thread and is never shared.
final class EngineThread {
    /// What the thread is started with.
    struct Start: Sendable {
        let decoder: any Decoder
        let pool: ComputePool
        let layout: KeyValueLayout
        let isExact: Bool
        /// The longest sequence, in tokens.
        let context: Int
        let limits: Scheduler.Limits
        let jumpsForward: Bool
        let embeddingByteCount: Int
        let cacheByteCount: Int
        let speculation: Speculation
        /// The layout and the bytes of a draft model's cache.
        let draftCache: (layout: KeyValueLayout, byteCount: Int)?
        let mailbox: Mailbox<Engine.Message>
        let door: Door
    }

    let decoder: any Decoder
    let step: Step
    var scheduler: Scheduler
    var cache: SequenceCache
    var sequences: [Scheduler.ID: Sequence] = [:]
    var logProbabilities = LogProbabilities()
    let speculator: Speculator?
    let jumpsForward: Bool
    /// Guesses from what requests predict.
    let predictions: (lookup: PromptLookup, speculator: Speculator)
    /// Since the thread began.
    var counts = (preemptions: 0, prefilled: 0, generated: 0)
    /// The pictures that prompts hold.
    var embeddingNames = EmbeddingNames()
    var promptNames = PromptNames()
    let maker: EmbeddingMaker
    let mailbox: Mailbox<Engine.Message>
    private let context: Int
    private let door: Door
    private let draftModel: DraftModel?

    /// Logits of this many rows are held at once when every token is scored.
    private static let scoredRows = 64

    init(_ start: Start) {
        decoder = start.decoder
        context = start.context
        jumpsForward = start.jumpsForward
        mailbox = start.mailbox
        door = start.door
        step = Step(pool: start.pool, exact: start.isExact)
        maker = EmbeddingMaker(pool: start.pool, byteCount: start.embeddingByteCount, isExact: start.isExact)
        scheduler = Scheduler(limits: start.limits)
        cache = SequenceCache(layout: start.layout, capacity: start.cacheByteCount)
        draftModel = start.speculation.decoder.flatMap { draft in
            start.draftCache.map { cache in
                DraftModel(
                    DraftModel.Start(
                        decoder: draft, pool: start.pool, layout: cache.layout, isExact: start.isExact,
                        cacheByteCount: cache.byteCount, prefillRows: start.limits.prefillRows,
                        target: start.decoder.shape))
            }
        }
        let lookup = PromptLookup()
        predictions = (lookup, Speculator(lookup))
        speculator =
            switch start.speculation {
            case .off: nil
            case .promptLookup: Speculator(PromptLookup())
            case .draft: draftModel.map { Speculator($0) }
            }
    }

    func run() {
        var shares: [Scheduler.Share] = []
        while true {
            // Nothing to compute: only a message can change that.
            let messages = shares.isEmpty ? mailbox.wait() : mailbox.take()
            for message in messages {
                guard hear(message) else { return }
            }
            admit()
            report(heard: messages.count { $0.isRequest })
            shares = scheduler.plan()
            compute(shares)
        }
    }

    private func report(heard: Int) {
        // Who waits now waits for memory, or for a place.
        let places = scheduler.waitingCount > 0 ? 0 : scheduler.limits.sequences - scheduler.runningCount
        door.update(heard: heard, openPlaces: places) { statistics in
            statistics.waiting = scheduler.waitingCount
            statistics.running = scheduler.runningCount
            statistics.heldPages = cache.heldPageCount
            statistics.keptPages = cache.usedPageCount - cache.heldPageCount
            statistics.heldByteCount = cache.heldByteCount
            statistics.keptByteCount = cache.usedByteCount - cache.heldByteCount
            statistics.preemptionCount = counts.preemptions
            statistics.prefilledTokens = counts.prefilled
            statistics.generatedTokens = counts.generated
        }
    }

    // MARK: Messages

    /// Returns false when the engine is to end.
    private func hear(_ message: Engine.Message) -> Bool {
        switch message {
        case .begin(let id, let request, let source, let arrived):
            do {
                let sampler = try Sampler(
                    request.sampling, vocabularyCount: decoder.shape.vocabulary, tokenBytes: request.tokenBytes)
                let room = context - request.prompt.count
                let limit = min(request.maximumTokens ?? room, room)
                let (tokens, embeddings) = try places(request)
                sequences[id] = Sequence(
                    tokens: tokens, tokenLimit: request.prompt.count + max(0, limit),
                    task: .answer(
                        Answer(
                            source, sampler, limit: limit, request.stopTokens,
                            request.grammar.map {
                                Constraint(
                                    $0, vocabularyCount: decoder.shape.vocabulary, stopTokens: request.stopTokens)
                            })),
                    arrived: arrived)
                sequences[id]?.embeddings = embeddings
                if decoder.shape.sight == .prompt { sequences[id]?.root = promptNames.name(of: tokens) }
                sequences[id]?.guesses = guesses(for: request)
                scheduler.enqueue(id, priority: request.priority)
            } catch {
                source.finish(throwing: error)
            }
        case .score(let id, let tokens, let top, let priority, let source, let arrived):
            sequences[id] = Sequence(
                tokens: tokens, tokenLimit: tokens.count, rowLimit: EngineThread.scoredRows,
                task: .score(source, top: top), arrived: arrived)
            scheduler.enqueue(id, priority: priority, rowLimit: EngineThread.scoredRows)
        case .embed(let id, let tokens, let pooling, let priority, let source, let arrived):
            let sequence = Sequence(tokens: tokens, tokenLimit: tokens.count, task: .embed(source), arrived: arrived)
            sequence.pool = StatePool(pooling, width: decoder.shape.hidden)
            sequences[id] = sequence
            scheduler.enqueue(id, priority: priority)
        case .made(let id, let run, let result): take(result, run: run, id)
        case .drained(let id): scheduler.pause(id, false)
        case .abandoned(let id): end(id)
        case .cacheUse(let emptying, let reply):
            if emptying {
                cache.empty()
                maker.empty()
            }
            reply(cache.usedByteCount + (draftModel?.usedCacheByteCount(emptying: emptying) ?? 0))
        case .stop:
            for sequence in sequences.values {
                sequence.embeddings?.order.cancel()
                sequence.finish(throwing: EngineError.stopped)
            }
            return false
        }
        return true
    }

    /// What keys go together with a sequence's: what its length makes of them, and what it begins with as a whole.
    func regime(_ sequence: Sequence) -> Int { regime(sequence, length: sequence.tokens.count) }

    func regime(_ sequence: Sequence, length: Int) -> Int {
        decoder.shape.lengthDependence.regime(length: length) + sequence.root
    }

    private func guesses(for request: GenerationRequest) -> Sequence.Guesses {
        guard request.speculates else { return .none }
        // A draft model has not seen the pictures.
        if draftModel != nil, !request.embeddings.isEmpty { return .none }
        if !request.prediction.isEmpty { return .predicted(request.prediction) }
        return speculator == nil ? .none : .standard
    }

    /// Who guesses for a sequence, if anybody does.
    func speculator(for sequence: Sequence) -> Speculator? {
        switch sequence.guesses {
        case .none: nil
        case .standard: speculator
        case .predicted: predictions.speculator
        }
    }

    func end(_ id: Scheduler.ID) {
        guard let sequence = sequences.removeValue(forKey: id) else { return }
        scheduler.remove(id)
        sequence.embeddings?.order.cancel()
        cache.end(sequence)
        speculator(for: sequence)?.end(id)
    }

    func fail(_ id: Scheduler.ID, _ error: any Error) {
        sequences[id]?.finish(throwing: error)
        end(id)
    }

    func send(_ event: GenerationEvent, _ id: Scheduler.ID, _ answer: Answer) {
        if !answer.source.send(event) { scheduler.pause(id, true) }
    }
}
