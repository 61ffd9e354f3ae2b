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

    /// Logits of this many rows are held at once when every token is scored.
    private static let scoredRows = 64

    init(_ start: Start) {
        decoder = start.decoder
        context = start.context
        mailbox = start.mailbox
        step = Step(pool: start.pool, exact: start.isExact)
        scheduler = Scheduler(limits: start.limits)
        cache = SequenceCache(layout: start.layout, capacity: start.limits.cacheByteCount)
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
            reply(cache.usedByteCount)
        case .stop:
            for sequence in sequences.values { sequence.finish(throwing: EngineError.stopped) }
            return false
        }
        return true
    }

    private func enqueue(_ id: Scheduler.ID, _ sequence: Sequence, tokens: Int, rowLimit: Int) {
        sequences[id] = sequence
        let rows = min(rowLimit, scheduler.limits.prefillRows)
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
    private func regime(_ sequence: Sequence) -> Int {
        decoder.shape.lengthDependence.regime(length: sequence.tokens.count)
    }

    private func end(_ id: Scheduler.ID) {
        guard let sequence = sequences.removeValue(forKey: id) else { return }
        scheduler.remove(id)
        cache.end(sequence)
    }

    private func fail(_ id: Scheduler.ID, _ error: any Error) {
        sequences[id]?.finish(throwing: error)
        end(id)
    }

    private func send(_ event: GenerationEvent, _ id: Scheduler.ID, _ answer: Answer) {
        if !answer.source.send(event) { scheduler.pause(id, true) }
    }

    // MARK: Steps

    private func compute(_ shares: [Scheduler.Share]) {
        guard !shares.isEmpty else { return }
        var tokens: [Token] = [], rows: [SequenceRows] = [], outputs: [Int] = []
        var planned: [(id: Scheduler.ID, sequence: Sequence, rows: Int, firstOutput: Int)] = []
        for share in shares {
            guard let sequence = sequences[share.id] else { continue }
            cache.reserve(sequence, tokens: sequence.computed + share.rows)
            let first = tokens.count, end = sequence.computed + share.rows
            tokens.append(contentsOf: sequence.tokens[sequence.computed..<end])
            rows.append(
                SequenceRows(
                    rows: first..<tokens.count, start: sequence.computed, pages: sequence.pages,
                    length: sequence.tokens.count))
            planned.append((share.id, sequence, share.rows, outputs.count))
            switch sequence.task {
            // The last token's logits say nothing about a token that is there.
            case .score: outputs.append(contentsOf: first..<tokens.count - (end == sequence.tokens.count ? 1 : 0))
            case .answer: if end == sequence.tokens.count { outputs.append(tokens.count - 1) }
            }
        }
        step.reset()
        let batch = Batch(sequences: rows, outputs: outputs, layout: cache.layout)
        let logits = decoder(decoder.embed(tokens, step), batch, step)
        for part in planned {
            part.sequence.computed += part.rows
            let isReady = scheduler.advance(part.id, rows: part.rows)
            switch part.sequence.task {
            case .score(let source, let top):
                score(part.id, part.sequence, source, top, part.rows, logits, part.firstOutput)
            case .answer(let answer):
                cache.share(part.sequence)
                if isReady { choose(part.id, part.sequence, answer, logits, row: part.firstOutput) }
            }
        }
    }

    private func choose(_ id: Scheduler.ID, _ sequence: Sequence, _ answer: Answer, _ logits: Tensor, row: Int) {
        let scores = unsafe UnsafeBufferPointer(start: logits.row(row), count: logits.width)
        do {
            if answer.statistics.generatedTokens == 0 {
                answer.prefilled = .now
            }
            guard answer.limit > 0 else { return finish(id, answer, .length) }
            let choice = try answer.sampler.sample(unsafe scores.span)
            answer.sampler.accept(choice.token)
            answer.statistics.generatedTokens += 1
            sequence.tokens.append(choice.token)
            send(.token(choice), id, answer)
            if answer.stopTokens.contains(choice.token) { return finish(id, answer, .stop) }
            if answer.statistics.generatedTokens >= answer.limit { return finish(id, answer, .length) }
            if regime(sequence) == sequence.regime {
                scheduler.append(id)
            } else {
                cache.begin(sequence, again: regime(sequence))
                scheduler.restart(id, pending: sequence.tokens.count - sequence.computed)
            }
        } catch {
            fail(id, error)
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
