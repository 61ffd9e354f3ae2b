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
        let speculation: Speculation
        /// The layout and the bytes of a draft model's cache.
        let draftCache: (layout: KeyValueLayout, byteCount: Int)?
        let mailbox: Mailbox<Engine.Message>
    }

    private let decoder: any Decoder
    private let context: Int
    private let mailbox: Mailbox<Engine.Message>
    private let step: Step
    private var scheduler: Scheduler
    private var cache: SequenceCache
    private var sequences: [Scheduler.ID: Sequence] = [:]
    private var logProbabilities = LogProbabilities()
    private let speculator: Speculator?
    private let draftModel: DraftModel?

    /// Logits of this many rows are held at once when every token is scored.
    private static let scoredRows = 64

    init(_ start: Start) {
        decoder = start.decoder
        context = start.context
        mailbox = start.mailbox
        step = Step(pool: start.pool, exact: start.isExact)
        scheduler = Scheduler(limits: start.limits)
        cache = SequenceCache(layout: start.layout, capacity: start.limits.cacheByteCount)
        draftModel = start.speculation.decoder.flatMap { draft in
            start.draftCache.map { cache in
                DraftModel(
                    DraftModel.Start(
                        decoder: draft, pool: start.pool, layout: cache.layout, isExact: start.isExact,
                        cacheByteCount: cache.byteCount, prefillRows: start.limits.prefillRows,
                        target: start.decoder.shape))
            }
        }
        speculator =
            switch start.speculation {
            case .off: nil
            case .promptLookup: Speculator(PromptLookup())
            case .draft: draftModel.map { Speculator($0) }
            }
    }

    func run() {
        while true {
            for message in scheduler.isIdle ? mailbox.wait() : mailbox.take() {
                guard hear(message) else { return }
            }
            for id in scheduler.admit() { admit(id) }
            compute(scheduler.plan())
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
                let sequence = Sequence(
                    tokens: request.prompt,
                    task: .answer(Answer(source, sampler, limit: limit, request.stopTokens, arrived: arrived)))
                enqueue(id, sequence, tokens: request.prompt.count + max(0, limit), rowLimit: .max)
            } catch {
                source.finish(throwing: error)
            }
        case .score(let id, let tokens, let top, let source):
            let sequence = Sequence(tokens: tokens, task: .score(source, top: top))
            enqueue(id, sequence, tokens: tokens.count, rowLimit: EngineThread.scoredRows)
        case .drained(let id): scheduler.pause(id, false)
        case .abandoned(let id): end(id)
        case .cacheUse(let emptying, let reply):
            if emptying { cache.empty() }
            reply(cache.usedByteCount + (draftModel?.usedCacheByteCount(emptying: emptying) ?? 0))
        case .stop:
            for sequence in sequences.values { sequence.finish(throwing: EngineError.stopped) }
            return false
        }
        return true
    }

    private func enqueue(_ id: Scheduler.ID, _ sequence: Sequence, tokens: Int, rowLimit: Int) {
        sequences[id] = sequence
        let rows = max(min(rowLimit, scheduler.limits.prefillRows), speculator == nil ? 1 : 1 + Speculator.longestDraft)
        let byteCount = cache.layout.byteCount(running: tokens, rows: rows)
        scheduler.enqueue(id, byteCount: byteCount, rowLimit: rowLimit)
    }

    private func admit(_ id: Scheduler.ID) {
        guard let sequence = sequences[id] else { return }
        sequence.regime = regime(sequence)
        switch sequence.task {
        case .score:
            cache.beginAlone(sequence)
            scheduler.start(id, pending: sequence.tokens.count)
        case .answer(let answer):
            cache.begin(sequence)
            answer.statistics.promptTokens = sequence.tokens.count
            answer.statistics.cachedTokens = sequence.computed
            for token in sequence.tokens { answer.sampler.accept(prompt: token) }
            send(.started(prompt: sequence.tokens.count, cached: sequence.computed), id, answer)
            scheduler.start(id, pending: sequence.tokens.count - sequence.computed)
        }
    }

    /// What its length makes of a sequence's keys.
    private func regime(_ sequence: Sequence) -> Int { regime(length: sequence.tokens.count) }

    private func regime(length: Int) -> Int { decoder.shape.lengthDependence.regime(length: length) }

    private func end(_ id: Scheduler.ID) {
        guard let sequence = sequences.removeValue(forKey: id) else { return }
        scheduler.remove(id)
        cache.end(sequence)
        speculator?.end(id)
    }

    private func fail(_ id: Scheduler.ID, _ error: any Error) {
        sequences[id]?.finish(throwing: error)
        end(id)
    }

    private func send(_ event: GenerationEvent, _ id: Scheduler.ID, _ answer: Answer) {
        if !answer.source.send(event) { scheduler.pause(id, true) }
    }

    // MARK: Steps

    /// One sequence's part of a step under way.
    private struct Part {
        let id: Scheduler.ID
        let sequence: Sequence
        let rows: Int
        /// Guesses that are computed behind its own rows.
        let draft: [Token]
        let firstOutput: Int
    }

    private func compute(_ shares: [Scheduler.Share]) {
        guard !shares.isEmpty else { return }
        var tokens: [Token] = [], rows: [SequenceRows] = [], outputs: [Int] = []
        var parts: [Part] = []
        let drafts = drafts(shares)
        for share in shares {
            guard let sequence = sequences[share.id] else { continue }
            let draft = drafts[share.id] ?? []
            cache.reserve(sequence, tokens: sequence.computed + share.rows + draft.count)
            let first = tokens.count, end = sequence.computed + share.rows
            tokens.append(contentsOf: sequence.tokens[sequence.computed..<end])
            tokens.append(contentsOf: draft)
            rows.append(
                SequenceRows(
                    rows: first..<tokens.count, start: sequence.computed, pages: sequence.pages,
                    length: sequence.tokens.count + draft.count))
            parts.append(
                Part(
                    id: share.id, sequence: sequence, rows: share.rows, draft: draft, firstOutput: outputs.count))
            switch sequence.task {
            // The last token's logits say nothing about a token that is there.
            case .score: outputs.append(contentsOf: first..<tokens.count - (end == sequence.tokens.count ? 1 : 0))
            case .answer:
                if end == sequence.tokens.count {
                    outputs.append(contentsOf: tokens.count - 1 - draft.count..<tokens.count)
                }
            }
        }
        step.reset()
        let batch = Batch(sequences: rows, outputs: outputs, layout: cache.layout)
        let logits = decoder(decoder.embed(tokens, step), batch, step)
        for part in parts {
            part.sequence.computed += part.rows
            let isReady = scheduler.advance(part.id, rows: part.rows)
            switch part.sequence.task {
            case .score(let source, let top):
                score(part.id, part.sequence, source, top, part.rows, logits, part.firstOutput)
            case .answer(let answer):
                if isReady { choose(part, answer, logits) }
                guard sequences[part.id] != nil else { continue }
                cache.truncate(part.sequence, tokens: part.sequence.computed)
                cache.share(part.sequence)
            }
        }
    }

    /// What is guessed of the sequences in a step.
    private func drafts(_ shares: [Scheduler.Share]) -> [Scheduler.ID: [Token]] {
        guard let speculator else { return [:] }
        var parts: [Speculator.Part] = []
        for share in shares {
            guard let sequence = sequences[share.id], case .answer(let answer) = sequence.task else { continue }
            let end = sequence.computed + share.rows, count = sequence.tokens.count
            var limit = 0
            if share.rows == 1, end == count {
                // The last token of all needs no guess, and keys of another regime cannot be computed beside these.
                limit = max(0, min(Speculator.longestDraft, answer.tokensToCome - 1))
                while limit > 0, regime(length: count + limit) != sequence.regime { limit -= 1 }
            }
            parts.append(
                Speculator.Part(
                    id: share.id, tokens: sequence.tokens[..<end], longest: count + answer.tokensToCome, limit: limit))
        }
        return speculator.drafts(parts, rows: shares.reduce(0) { $0 + $1.rows })
    }

    /// Chooses the next token, and one more for each guess that was right.
    private func choose(_ part: Part, _ answer: Answer, _ logits: Tensor) {
        let id = part.id, sequence = part.sequence
        if answer.statistics.generatedTokens == 0 {
            answer.prefilled = .now
        }
        guard answer.limit > 0 else { return finish(id, answer, .length) }
        var chosen: [Token] = []
        answer.statistics.draftedTokens += part.draft.count
        do {
            for place in 0...part.draft.count {
                if place > 0 {
                    guard chosen.last == part.draft[place - 1] else { break }
                    sequence.computed += 1
                }
                let scores = unsafe UnsafeBufferPointer(
                    start: logits.row(part.firstOutput + place), count: logits.width)
                let choice = try answer.sampler.sample(unsafe scores.span)
                answer.sampler.accept(choice.token)
                answer.statistics.generatedTokens += 1
                if place < part.draft.count, choice.token == part.draft[place] {
                    answer.statistics.acceptedTokens += 1
                }
                sequence.tokens.append(choice.token)
                chosen.append(choice.token)
                send(.token(choice), id, answer)
                if answer.stopTokens.contains(choice.token) { return finish(id, answer, .stop) }
                if answer.tokensToCome == 0 { return finish(id, answer, .length) }
            }
        } catch {
            return fail(id, error)
        }
        if !part.draft.isEmpty {
            send(.drafted(part.draft.count, accepted: chosen.count - 1), id, answer)
        }
        speculator?.note(id, chosen: chosen)
        if regime(sequence) == sequence.regime {
            scheduler.append(id)
        } else {
            cache.begin(sequence, again: regime(sequence))
            scheduler.restart(id, pending: sequence.tokens.count - sequence.computed)
        }
    }

    private func finish(_ id: Scheduler.ID, _ answer: Answer, _ reason: FinishReason) {
        let prefilled = answer.prefilled ?? .now
        answer.statistics.prefillSeconds = (prefilled - answer.arrived) / .seconds(1)
        answer.statistics.decodeSeconds = (ContinuousClock.now - prefilled) / .seconds(1)
        _ = answer.source.send(.finished(reason, answer.statistics))
        answer.source.finish()
        end(id)
    }

    private func score(
        _ id: Scheduler.ID, _ sequence: Sequence, _ source: Outlet<Choice>.Source, _ top: Int, _ rows: Int,
        _ logits: Tensor, _ firstOutput: Int
    ) {
        let first = sequence.computed - rows
        do {
            for place in first..<min(sequence.computed, sequence.tokens.count - 1) {
                let scores = unsafe UnsafeBufferPointer(
                    start: logits.row(firstOutput + place - first), count: logits.width)
                let choice = try logProbabilities.measure(unsafe scores.span, of: sequence.tokens[place + 1], top: top)
                _ = source.send(choice)
            }
            if sequence.computed == sequence.tokens.count {
                source.finish()
                end(id)
            }
        } catch {
            fail(id, error)
        }
    }
}
