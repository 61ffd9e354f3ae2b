import Foundation
import TuttiModels
import TuttiTensors

/// Drafts what a smaller model finds likeliest, token by token, for all sequences of a step at once.
///
/// Its cache follows the settled tokens of every sequence, a chunk at a time, prompts included. Guesses are computed
/// behind them and taken back before the next draft; only settled tokens are shared through its prefix tree. A sequence
/// that its cache has no room for is not drafted.
final class DraftModel: Drafter {
    /// What the model thinks of its guess, in six grades: below 0.3, 0.5, 0.7, 0.85, 0.95, and above.
    private static let gradeBounds = [0.3, 0.5, 0.7, 0.85, 0.95]
    let priorRates = [0.2, 0.4, 0.55, 0.7, 0.85, 0.95]
    let tokenCost: Double

    struct Start {
        let decoder: any Decoder
        let pool: ComputePool
        let layout: KeyValueLayout
        let isExact: Bool
        /// The most bytes that its cache may take.
        let cacheByteCount: Int
        /// The most rows of a prompt in one step.
        let prefillRows: Int
        /// The shape of the model that it drafts for.
        let target: DecoderShape
    }

    /// A sequence as the draft model has computed it.
    private struct Followed {
        let sequence: CachedSequence
        let byteCount: Int
        /// How many of its tokens are settled.
        var settledCount = 0
    }

    private let decoder: any Decoder
    private let step: Step
    private let capacity: Int
    private let prefillRows: Int
    private let vocabularyCount: Int
    private var cache: SequenceCache
    private var followed: [Scheduler.ID: Followed] = [:]
    private var logProbabilities = LogProbabilities()

    /// Rows of prompts that it computes while other sequences wait for their next tokens.
    private static let rowsBesideDrafts = 64
    /// Tokens of a sequence that are worth a step though none is guessed behind them.
    private static let leastFollowed = 8

    init(_ start: Start) {
        decoder = start.decoder
        step = Step(pool: start.pool, exact: start.isExact)
        capacity = start.cacheByteCount
        prefillRows = start.prefillRows
        vocabularyCount = start.target.vocabulary
        cache = SequenceCache(layout: start.layout, capacity: capacity)
        // A smaller model's step takes more than its share of the weights: 0.43 of the time for 0.32 of them, measured.
        tokenCost = min(1, pow(start.decoder.shape.weightCount / start.target.weightCount, 0.75))
    }

    /// Bytes of the pages that its cache holds.
    func usedCacheByteCount(emptying: Bool) -> Int {
        if emptying { cache.empty() }
        return cache.usedByteCount
    }

    func draft(_ requests: [DraftRequest]) -> [Draft] {
        for request in requests { follow(request) }
        var room = requests.contains { $0.limit > 0 } ? DraftModel.rowsBesideDrafts : prefillRows
        var rows: [Row] = []
        for (index, request) in requests.enumerated() {
            guard let sequence = followed[request.id]?.sequence else { continue }
            let pending = sequence.tokens.count - sequence.computed, count = min(pending, room)
            // Where nothing is to be guessed, a step for a token or two would be wasted: they wait for more.
            if count > 0, request.limit > 0 || pending >= DraftModel.leastFollowed {
                room -= count
                rows.append(Row(request: index, sequence: sequence, count: count, isLast: count == pending))
            }
        }
        var drafts = Array(repeating: Draft(), count: requests.count)
        var chances = Array(repeating: 1.0, count: requests.count)
        while !rows.isEmpty {
            let guesses = compute(rows) { requests[$0].limit > 0 }
            rows = []
            for (index, guess) in guesses {
                let request = requests[index]
                guard let guess, let sequence = followed[request.id]?.sequence else { continue }
                drafts[index].tokens.append(guess.token)
                drafts[index].grades.append(guess.grade)
                chances[index] *= request.rates[guess.grade]
                // The next guess can be no likelier than this one.
                guard drafts[index].tokens.count < request.limit, chances[index] > request.leastChance,
                    hasRoom(sequence, tokens: sequence.tokens.count + 1)
                else { continue }
                sequence.tokens.append(guess.token)
                rows.append(Row(request: index, sequence: sequence, count: 1, isLast: true))
            }
        }
        return drafts
    }

    func end(_ id: Scheduler.ID) {
        guard let ended = followed.removeValue(forKey: id) else { return }
        settle(ended.sequence, ended.sequence.tokens.prefix(ended.settledCount), known: ended.settledCount)
        cache.end(ended.sequence)
    }

    // MARK: Following

    /// Takes back what was guessed, and notes what was settled since.
    private func follow(_ request: DraftRequest) {
        let tokens = request.tokens
        guard var entry = followed[request.id] else { return begin(request) }
        settle(entry.sequence, tokens, known: entry.settledCount)
        entry.settledCount = tokens.count
        followed[request.id] = entry
        let now = regime(tokens.count)
        if entry.sequence.regime != now { cache.begin(entry.sequence, again: now) }
    }

    /// Makes `tokens` the sequence's, of which the first `known` are, and computed what of its rows agrees with them.
    private func settle(_ sequence: CachedSequence, _ tokens: ArraySlice<Token>, known: Int) {
        var agreed = min(known, sequence.computed)
        let most = min(sequence.computed, tokens.count)
        while agreed < most, sequence.tokens[agreed] == tokens[agreed] { agreed += 1 }
        sequence.computed = agreed
        sequence.tokens.replaceSubrange(known..., with: tokens[known...])
        cache.truncate(sequence, tokens: agreed)
        cache.share(sequence)
    }

    private func begin(_ request: DraftRequest) {
        let layout = cache.layout, used = followed.values.reduce(0) { $0 + $1.byteCount }
        let longest = min(request.longest, decoder.shape.context)
        let byteCount = layout.byteCount(running: longest, rows: max(prefillRows, Speculator.longestDraft + 1))
        guard hasRoom(tokens: request.tokens.count), used + byteCount <= capacity else { return }
        let sequence = CachedSequence(tokens: Array(request.tokens), isShared: true)
        sequence.regime = regime(sequence.tokens.count)
        cache.begin(sequence)
        followed[request.id] = Followed(
            sequence: sequence, byteCount: byteCount, settledCount: sequence.tokens.count)
    }

    private func regime(_ length: Int) -> Int { decoder.shape.lengthDependence.regime(length: length) }

    private func hasRoom(tokens: Int) -> Bool { tokens <= decoder.shape.context }

    /// Whether the model can go on to `tokens` tokens with the keys that it has.
    private func hasRoom(_ sequence: CachedSequence, tokens: Int) -> Bool {
        hasRoom(tokens: tokens) && regime(tokens) == sequence.regime
    }

    // MARK: Computing

    private struct Row {
        let request: Int
        let sequence: CachedSequence
        let count: Int
        /// Whether these rows reach the end of what is known.
        let isLast: Bool
    }

    private typealias Guess = (token: Token, grade: Int)

    /// One step; a guess for each of the sequences that reach their end and are `wanted`.
    private func compute(_ rows: [Row], wanted: (Int) -> Bool) -> [(request: Int, guess: Guess?)] {
        var tokens: [Token] = [], parts: [SequenceRows] = [], outputs: [Int] = [], asked: [Int] = []
        for row in rows where hasRoom(tokens: row.sequence.computed + row.count) {
            let sequence = row.sequence, end = sequence.computed + row.count, first = tokens.count
            guard cache.reserve(sequence, tokens: end) else { continue }
            tokens.append(contentsOf: sequence.tokens[sequence.computed..<end])
            parts.append(
                SequenceRows(
                    rows: first..<tokens.count, start: sequence.computed, pages: sequence.pages,
                    length: sequence.tokens.count))
            sequence.computed = end
            if row.isLast && wanted(row.request) {
                outputs.append(tokens.count - 1)
                asked.append(row.request)
            }
        }
        guard !tokens.isEmpty else { return [] }
        step.reset()
        let logits = decoder(
            decoder.embed(tokens, step), Batch(sequences: parts, outputs: outputs, layout: cache.layout), step)
        return asked.enumerated().map { (request: $1, guess: guess(logits, row: $0)) }
    }

    /// The likeliest token; nil when the logits are no numbers, or the other model has no such token.
    private func guess(_ logits: Tensor, row: Int) -> Guess? {
        let scores = unsafe UnsafeBufferPointer(start: logits.row(row), count: logits.width)
        guard let best = try? unsafe logProbabilities.measure(scores.span, of: 0, top: 1).top.first,
            Int(best.token) < vocabularyCount
        else { return nil }
        let probability = exp(best.logProbability)
        return (best.token, DraftModel.gradeBounds.count { $0 <= probability })
    }
}

extension DecoderShape {
    /// About how many weights one token's step reads.
    fileprivate var weightCount: Double {
        let attention = 2 * hidden * headWidth * (heads + keyValueHeads)
        return Double(layers * (attention + 3 * hidden * feedForward) + hidden * vocabulary)
    }
}
