import TuttiTensors

/// Who may begin, and who gives way when pages run out.
extension EngineThread {
    /// A sequence is admitted when there is room for so many tokens more than it has: it should not be put back at once.
    private static let headroom = 2 * KeyValueLayout.pageTokens

    /// Admits waiting sequences by rank, as long as there are places and pages for them.
    func admit() {
        while let id = scheduler.candidate, let sequence = sequences[id] {
            sequence.regime = regime(sequence)
            guard hasRows(sequence, id) else { continue }
            guard makeRoom(toBegin: id, sequence) else { return }
            begin(id, sequence)
        }
    }

    /// Puts back whom the sequence may push aside, if that is enough for it to begin.
    private func makeRoom(toBegin id: Scheduler.ID, _ sequence: Sequence) -> Bool {
        let tokens = min(sequence.tokens.count + EngineThread.headroom, sequence.tokenLimit)
        let rows = max(
            min(sequence.rowLimit, scheduler.limits.prefillRows), sequence.embeddings?.places.longestSpan ?? 0,
            speculator(for: sequence) == nil ? 1 : 1 + Speculator.longestDraft)
        // Alone it always fits: the cache holds at least one context.
        while scheduler.runningCount > 0 {
            // A page for each that runs already: they grow, too.
            let growth = scheduler.runningCount * cache.layout.byteCountOfPages
            let shortage = cache.shortage(sequence, tokens: tokens, rows: rows) + growth
            if scheduler.hasOpenPlace && shortage <= 0 { return true }
            let victims = scheduler.victims(for: id)
            let gain = victims.reduce(0) { $0 + (sequences[$1].map(cache.heldByteCount) ?? 0) }
            guard let victim = victims.first, shortage <= gain || victims.count == scheduler.runningCount
            else { return false }
            preempt(victim)
        }
        return true
    }

    private func begin(_ id: Scheduler.ID, _ sequence: Sequence) {
        switch sequence.task {
        case .score, .embed: cache.beginAlone(sequence)
        case .answer(let answer):
            cache.begin(sequence)
            // What was known when rows were not ordered may have gone since.
            if let embeddings = sequence.embeddings, !order(embeddings, behind: sequence.computed, id) {
                return cache.end(sequence)
            }
            guard !sequence.hasBegun else { break }
            answer.statistics.promptTokens = sequence.tokens.count
            answer.statistics.cachedTokens = sequence.computed
            answer.statistics.queueSeconds = (ContinuousClock.now - sequence.arrived) / .seconds(1)
            for token in sequence.tokens { answer.sampler.accept(prompt: token) }
            send(.started(prompt: sequence.tokens.count, cached: sequence.computed), id, answer)
        }
        sequence.hasBegun = true
        scheduler.admit(id, pending: sequence.tokens.count - sequence.computed)
    }

    /// Shares that end with no stretch of tokens cut in two that see each other both ways.
    func whole(_ shares: [Scheduler.Share]) -> [Scheduler.Share] {
        shares.map { share in
            guard let sequence = sequences[share.id], let places = sequence.embeddings?.places else { return share }
            var share = share
            share.rows =
                places.wholeEnd(from: sequence.computed, to: sequence.computed + share.rows) - sequence.computed
            return share
        }
    }

    /// Takes the pages that a step with these shares writes to. Who cannot have them is put back.
    /// - Returns: The shares of those that can be computed.
    func reserve(_ shares: [Scheduler.Share]) -> [Scheduler.Share] {
        var gone: Set<Scheduler.ID> = []
        // By rank: the first is served whatever it takes of others.
        for share in shares {
            guard let sequence = sequences[share.id] else { continue }
            while !gone.contains(share.id), !cache.reserve(sequence, tokens: sequence.computed + share.rows) {
                guard let victim = scheduler.victim(needing: share.id) else {
                    preconditionFailure("the cache does not hold one sequence")
                }
                preempt(victim)
                gone.insert(victim)
            }
        }
        return shares.filter { !gone.contains($0.id) }
    }

    /// Puts a sequence back. The tree keeps what it has computed as long as nobody needs the pages; its tokens stay.
    private func preempt(_ id: Scheduler.ID) {
        guard let sequence = sequences[id] else { return }
        cache.end(sequence)
        speculator(for: sequence)?.end(id)
        scheduler.preempt(id)
        counts.preemptions += 1
        if case .answer(let answer) = sequence.task { answer.statistics.preemptionCount += 1 }
    }
}
