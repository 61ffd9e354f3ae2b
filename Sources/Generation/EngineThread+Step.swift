import TuttiModels
import TuttiTensors

/// One step: the rows of all shares through the decoder, and a token for every sequence that has none left to compute.
extension EngineThread {
    /// What of a step belongs to one sequence.
    private struct Part {
        let id: Scheduler.ID
        let sequence: Sequence
        let rows: Int
        let firstOutput: Int
    }

    func compute(_ planned: [Scheduler.Share]) {
        let start = ContinuousClock.now
        let shares = reserve(planned)
        guard !shares.isEmpty else { return }
        var tokens: [Token] = [], rows: [SequenceRows] = [], outputs: [Int] = [], parts: [Part] = []
        for share in shares {
            guard let sequence = sequences[share.id] else { continue }
            let first = tokens.count, end = sequence.computed + share.rows
            tokens.append(contentsOf: sequence.tokens[sequence.computed..<end])
            rows.append(
                SequenceRows(
                    rows: first..<tokens.count, start: sequence.computed, pages: sequence.pages,
                    length: sequence.tokens.count))
            parts.append(Part(id: share.id, sequence: sequence, rows: share.rows, firstOutput: outputs.count))
            switch sequence.task {
            // The last token's logits say nothing about a token that is there.
            case .score: outputs.append(contentsOf: first..<tokens.count - (end == sequence.tokens.count ? 1 : 0))
            case .answer: if end == sequence.tokens.count { outputs.append(tokens.count - 1) }
            }
            if share.isPrefill { counts.prefilled += share.rows }
        }
        step.reset()
        let batch = Batch(sequences: rows, outputs: outputs, layout: cache.layout)
        let logits = decoder(decoder.embed(tokens, step), batch, step)
        for part in parts {
            part.sequence.computed += part.rows
            let isReady = scheduler.advance(part.id, rows: part.rows)
            switch part.sequence.task {
            case .score(let source, let top): score(part, source, top, logits)
            case .answer(let answer):
                cache.share(part.sequence)
                if isReady { choose(part.id, part.sequence, answer, logits, row: part.firstOutput) }
            }
        }
        scheduler.note(shares, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    private func choose(_ id: Scheduler.ID, _ sequence: Sequence, _ answer: Answer, _ logits: Tensor, row: Int) {
        let scores = unsafe UnsafeBufferPointer(start: logits.row(row), count: logits.width)
        do {
            if answer.statistics.generatedTokens == 0 {
                answer.prefilled = .now
            }
            guard answer.limit > 0 else { return finish(id, sequence, answer, .length) }
            let choice = try answer.sampler.sample(unsafe scores.span)
            answer.sampler.accept(choice.token)
            answer.statistics.generatedTokens += 1
            counts.generated += 1
            if answer.statistics.generatedTokens == 1 {
                answer.statistics.firstTokenSeconds = (ContinuousClock.now - sequence.arrived) / .seconds(1)
            }
            sequence.tokens.append(choice.token)
            send(.token(choice), id, answer)
            if answer.stopTokens.contains(choice.token) { return finish(id, sequence, answer, .stop) }
            if answer.statistics.generatedTokens >= answer.limit { return finish(id, sequence, answer, .length) }
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

    private func finish(_ id: Scheduler.ID, _ sequence: Sequence, _ answer: Answer, _ reason: FinishReason) {
        let prefilled = answer.prefilled ?? .now
        answer.statistics.prefillSeconds = (prefilled - sequence.arrived) / .seconds(1)
        answer.statistics.decodeSeconds = (ContinuousClock.now - prefilled) / .seconds(1)
        _ = answer.source.send(.finished(reason, answer.statistics))
        answer.source.finish()
        end(id)
    }

    private func score(_ part: Part, _ source: Outlet<Choice>.Source, _ top: Int, _ logits: Tensor) {
        let sequence = part.sequence, first = sequence.computed - part.rows
        do {
            // A sequence that was put back computes again what it needs; its reader has those scores.
            for place in max(
                first, sequence.scored)..<max(
                    sequence.scored, min(sequence.computed, sequence.tokens.count - 1))
            {
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
