import TuttiModels
import TuttiTensors

/// One step: the rows of all shares through the decoder, and a token for every sequence that has none left to compute.
extension EngineThread {
    /// What of a step belongs to one sequence.
    private struct Part {
        let id: Scheduler.ID
        let sequence: Sequence
        let rows: Int
        /// Guesses that are computed behind its own rows.
        let draft: [Token]
        /// Its first row among the logits; of a sequence that is embedded, among the states.
        let firstOutput: Int
    }

    func compute(_ planned: [Scheduler.Share]) {
        let start = ContinuousClock.now
        let shares = reserve(whole(planned))
        guard !shares.isEmpty else { return }
        var tokens: [Token] = [], rows: [SequenceRows] = [], outputs: [Int] = [], parts: [Part] = []
        var embedded: [Sequence] = []
        // Which of the outputs are about a next token. The others' states are wanted, not their logits.
        var asked: [Int] = []
        let drafts = drafts(shares)
        for share in shares {
            guard let sequence = sequences[share.id] else { continue }
            let first = tokens.count, end = sequence.computed + share.rows
            var draft = drafts[share.id] ?? []
            // Nobody is put back for the sake of guesses.
            if !draft.isEmpty, !cache.reserve(sequence, tokens: end + draft.count) { draft = [] }
            tokens.append(contentsOf: sequence.tokens[sequence.computed..<end])
            tokens.append(contentsOf: draft)
            let places = sequence.embeddings?.places
            embedded.append(sequence)
            rows.append(
                SequenceRows(
                    rows: first..<tokens.count, start: sequence.computed, pages: sequence.pages,
                    length: sequence.tokens.count + draft.count,
                    spans: places?.spans(in: sequence.computed..<end) ?? [],
                    positions: places?.positions))
            var wanted = first..<tokens.count, firstOutput = asked.count
            switch sequence.task {
            // The last token's logits say nothing about a token that is there.
            case .score: wanted = first..<tokens.count - (end == sequence.tokens.count ? 1 : 0)
            case .answer:
                wanted = (end == sequence.tokens.count ? tokens.count - 1 - draft.count : tokens.count)..<tokens.count
            case .embed: firstOutput = outputs.count
            }
            parts.append(
                Part(id: share.id, sequence: sequence, rows: share.rows, draft: draft, firstOutput: firstOutput))
            if sequence.pool == nil { asked.append(contentsOf: outputs.count..<outputs.count + wanted.count) }
            outputs.append(contentsOf: wanted)
            if share.isPrefill { counts.prefilled += share.rows }
        }
        step.reset()
        let batch = Batch(sequences: rows, outputs: outputs, layout: cache.layout)
        let states = decoder.states(embed(tokens, rows, of: embedded), batch, step)
        let about = asked.count == outputs.count ? states : step.gather(states, rows: asked)
        let logits = decoder.logits(about, step)
        for part in parts {
            part.sequence.computed += part.rows
            let isReady = scheduler.advance(part.id, rows: part.rows)
            switch part.sequence.task {
            case .score(let source, let top): score(part, source, top, logits)
            case .embed(let source): embed(part, source, states)
            case .answer(let answer):
                if isReady { choose(part, answer, logits) }
                guard sequences[part.id] != nil else { continue }
                cache.truncate(part.sequence, tokens: part.sequence.computed)
                cache.share(part.sequence)
            }
        }
        // Guesses are part of what decoding costs.
        scheduler.note(shares, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// What is guessed of the sequences in a step.
    private func drafts(_ shares: [Scheduler.Share]) -> [Scheduler.ID: [Token]] {
        let rows = shares.reduce(0) { $0 + $1.rows }
        var standard: [Speculator.Part] = [], predicted: [Speculator.Part] = []
        for share in shares {
            guard let sequence = sequences[share.id], case .answer(let answer) = sequence.task else { continue }
            switch sequence.guesses {
            case .none: continue
            case .standard: standard.append(part(share, sequence, answer))
            case .predicted(let tokens):
                predictions.lookup.expect(tokens, of: share.id, after: sequence.tokens)
                predicted.append(part(share, sequence, answer))
            }
        }
        var drafts = standard.isEmpty ? [:] : speculator?.drafts(standard, rows: rows) ?? [:]
        if !predicted.isEmpty {
            drafts.merge(predictions.speculator.drafts(predicted, rows: rows)) { $1 }
        }
        return drafts
    }

    /// A sequence as a speculator sees it.
    private func part(_ share: Scheduler.Share, _ sequence: Sequence, _ answer: Answer) -> Speculator.Part {
        let end = sequence.computed + share.rows, count = sequence.tokens.count
        var limit = 0
        if share.rows == 1, end == count {
            // The last token of all needs no guess, and keys of another regime cannot be computed beside these.
            limit = max(0, min(Speculator.longestDraft, answer.tokensToCome - 1))
            while limit > 0, regime(sequence, length: count + limit) != sequence.regime { limit -= 1 }
        }
        return Speculator.Part(
            id: share.id, tokens: sequence.tokens[..<end], longest: count + answer.tokensToCome, limit: limit)
    }

    /// Chooses the next token, and one more for each guess that was right.
    private func choose(_ part: Part, _ answer: Answer, _ logits: Tensor) {
        let id = part.id, sequence = part.sequence
        if answer.statistics.generatedTokens == 0 {
            answer.prefilled = .now
        }
        guard answer.limit > 0 else { return finish(id, sequence, answer, .length) }
        if answer.constraint?.hasEnded == true { return finish(id, sequence, answer, .stop) }
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
                let choice = try choose(unsafe scores.span, answer)
                if place < part.draft.count, choice.token == part.draft[place] {
                    answer.statistics.acceptedTokens += 1
                }
                chosen.append(choice.token)
                if let end = try take(choice, id, sequence, answer) { return finish(id, sequence, answer, end) }
            }
        } catch {
            return fail(id, error)
        }
        if !part.draft.isEmpty {
            send(.drafted(part.draft.count, accepted: chosen.count - 1), id, answer)
        }
        speculator(for: sequence)?.note(id, chosen: chosen)
        var forcedCount = 0
        do {
            // What must follow is computed like a prompt, in the next step, together with the token before it.
            while jumpsForward, answer.needsNoLogits, forcedCount < scheduler.limits.prefillRows - 1,
                let token = answer.constraint?.forcedToken()
            {
                forcedCount += 1
                answer.statistics.forcedTokens += 1
                if let end = try take(Choice(token: token), id, sequence, answer) {
                    return finish(id, sequence, answer, end)
                }
            }
        } catch {
            return fail(id, error)
        }
        if regime(sequence) == sequence.regime {
            scheduler.append(id, count: 1 + forcedCount)
        } else {
            cache.begin(sequence, again: regime(sequence))
            scheduler.restart(id, pending: sequence.tokens.count - sequence.computed)
        }
    }

    /// The next token of an answer: the grammar's where that leaves no choice, or else the sampler's.
    private func choose(_ scores: Span<Float>, _ answer: Answer) throws -> Choice {
        guard let token = answer.constraint?.forcedToken() else {
            return try answer.sampler.sample(scores, mask: answer.constraint?.mask())
        }
        guard let top = answer.sampler.options.logProbabilities else { return Choice(token: token) }
        return try logProbabilities.measure(scores, of: token, top: top)
    }

    /// Appends a token to an answer.
    /// - Returns: Why the answer ends with it, if it does.
    private func take(
        _ choice: Choice, _ id: Scheduler.ID, _ sequence: Sequence, _ answer: Answer
    ) throws -> FinishReason? {
        answer.sampler.accept(choice.token)
        answer.statistics.generatedTokens += 1
        counts.generated += 1
        if answer.statistics.generatedTokens == 1 {
            answer.statistics.firstTokenSeconds = (ContinuousClock.now - sequence.arrived) / .seconds(1)
        }
        sequence.tokens.append(choice.token)
        send(.token(choice), id, answer)
        if answer.stopTokens.contains(choice.token) { return .stop }
        if try answer.constraint?.accept(choice.token) == .ended { return .stop }
        return answer.tokensToCome == 0 ? .length : nil
    }

    private func finish(_ id: Scheduler.ID, _ sequence: Sequence, _ answer: Answer, _ reason: FinishReason) {
        let prefilled = answer.prefilled ?? .now
        answer.statistics.prefillSeconds = (prefilled - sequence.arrived) / .seconds(1)
        answer.statistics.decodeSeconds = (ContinuousClock.now - prefilled) / .seconds(1)
        _ = answer.source.send(.finished(reason, answer.statistics))
        answer.source.finish()
        end(id)
    }

    private func embed(_ part: Part, _ source: Outlet<[Float]>.Source, _ states: Tensor) {
        let sequence = part.sequence, first = sequence.computed - part.rows
        // A sequence that was put back computes again what was gathered already.
        let known = min(part.rows, max(0, (sequence.pool?.count ?? 0) - first))
        sequence.pool?.add(states, rows: part.firstOutput + known..<part.firstOutput + part.rows)
        guard sequence.computed == sequence.tokens.count, let pool = sequence.pool else { return }
        _ = source.send(pool.vector(normalizes: true))
        source.finish()
        end(part.id)
    }

    private func score(_ part: Part, _ source: Outlet<Choice>.Source, _ top: Int, _ logits: Tensor) {
        let sequence = part.sequence, first = sequence.computed - part.rows
        do {
            // A sequence that was put back computes again what it needs; its reader has those scores.
            let from = max(first, sequence.scored), to = min(sequence.computed, sequence.tokens.count - 1)
            for place in from..<max(from, to) {
                let scores = unsafe UnsafeBufferPointer(
                    start: logits.row(part.firstOutput + place - first), count: logits.width)
                let choice = try logProbabilities.measure(unsafe scores.span, of: sequence.tokens[place + 1], top: top)
                _ = source.send(choice)
                sequence.scored = place + 1
            }
            if sequence.computed == sequence.tokens.count {
                source.finish()
                end(part.id)
            }
        } catch {
            fail(part.id, error)
        }
    }
}
