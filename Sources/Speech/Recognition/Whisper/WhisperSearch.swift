import Foundation
import TuttiModels
import TuttiTensors

/// The search for what was said in a window: texts that are written side by side, a token a step.
///
/// A value: pieces of work hand it on, and other work may come between them.
struct WhisperSearch: Sendable {
    /// How the next token is chosen.
    enum Way: Sendable, Hashable {
        /// The likeliest `width` texts are followed; 1 is greedy.
        case beam(width: Int)
        /// Tokens are drawn, for `count` texts, of which the likeliest is kept.
        case sample(temperature: Float, count: Int, seed: UInt64)
    }

    let way: Way
    let rules: WhisperRules
    /// The most tokens that are written.
    let limit: Int
    /// How likely nobody speaks, 0 to 1; known after `begin`.
    private(set) var noSpeech: Float = 0
    private var open: [WhisperHypothesis] = []
    private var done: [WhisperHypothesis] = []
    private var generators: [SplitMix] = []

    init(_ way: Way, _ rules: WhisperRules, limit: Int) {
        (self.way, self.rules, self.limit) = (way, rules, limit)
        if case .sample(_, let count, let seed) = way {
            generators = (0..<count).map { SplitMix(seed: seed &+ UInt64($0) &* 0x9E37_79B9) }
        }
    }

    var isFinished: Bool { open.isEmpty }

    /// The likeliest text, as likelihood is measured for each token.
    var best: WhisperHypothesis { done.max { $0.mean < $1.mean } ?? open.first ?? WhisperHypothesis() }

    /// Reads the prompt and chooses the first token.
    /// - Parameter start: The place in the prompt of the token after which silence would be told.
    mutating func begin(_ prompt: [Token], start: Int, _ whisper: Whisper, _ sound: HeardSound, _ step: Step) {
        var text = WhisperHypothesis()
        let layout = whisper.shape.layout, last = prompt.count - 1
        let batch = Batch(
            sequences: [text.rows(0..<prompt.count, layout)], outputs: start == last ? [last] : [start, last],
            layout: layout)
        let logits = whisper(prompt, batch, hearing: sound, step)
        let silence = logits.values(row: 0)
        noSpeech = probability(silence[Int(rules.vocabulary.noSpeech)] - silence.span.logSumExp)
        let first = logits.values(row: logits.rows - 1)
        switch way {
        case .beam:
            open = [text]
            chooseBest([first], layout)
        case .sample(_, let count, _):
            open = (0..<count).map { $0 == 0 ? text : text.copy(layout) }
            draw(Array(repeating: first, count: count))
        }
    }

    /// Writes up to `steps` tokens more of every text.
    mutating func advance(
        steps: Int, _ whisper: Whisper, _ sound: HeardSound, _ step: Step, isCancelled: () -> Bool
    ) {
        let layout = whisper.shape.layout
        for _ in 0..<steps where !open.isEmpty && !isCancelled() {
            step.frame {
                let rows = open.indices.map { open[$0].rows($0..<$0 + 1, layout) }
                let batch = Batch(sequences: rows, outputs: Array(open.indices), layout: layout)
                let logits = whisper(open.map { $0.tokens[$0.tokens.count - 1] }, batch, hearing: sound, step)
                let all = open.indices.map { logits.values(row: $0) }
                if case .beam = way { chooseBest(all, layout) } else { draw(all) }
            }
        }
    }

    private func probability(_ logarithm: Float) -> Float { exp(logarithm) }

    // MARK: Choosing

    /// A text and one more token.
    private struct Candidate {
        var text: Int
        var token: Token
        var logProbability: Float
        var sum: Float
    }

    /// Follows the likeliest texts; those that end among them are put aside until there are as many as are followed.
    private mutating func chooseBest(_ logits: [[Float]], _ layout: KeyValueLayout) {
        guard case .beam(let width) = way else { return }
        var candidates: [Candidate] = []
        for (text, row) in logits.enumerated() {
            var row = row
            rules.apply(to: &row, after: open[text].tokens)
            let all = row.span.logSumExp
            for token in likeliest(row, count: width == 1 ? 1 : 2 * width) {
                let logProbability = row[token] - all
                candidates.append(
                    Candidate(
                        text: text, token: Token(token), logProbability: logProbability,
                        sum: open[text].sum + logProbability))
            }
        }
        // Of equals, the first: the order does not depend on how sorting goes about it.
        let order = candidates.indices.sorted { (-candidates[$0].sum, $0) < (-candidates[$1].sum, $1) }
        var next: [WhisperHypothesis] = [], used = Set<Int>()
        for (rank, place) in order.enumerated() where next.count < width && candidates[place].sum > -.infinity {
            let candidate = candidates[place]
            if candidate.token == rules.vocabulary.end {
                guard rank < width else { continue }
                var text = open[candidate.text]
                text.end(candidate.logProbability)
                done.append(text)
            } else {
                // The first that goes on with a text takes over its pages.
                let isFirst = used.insert(candidate.text).inserted
                var text = isFirst ? open[candidate.text] : open[candidate.text].copy(layout)
                text.append(candidate.token, candidate.logProbability)
                next.append(text)
            }
        }
        open = next
        if done.count >= width { open = [] }
        endAtLimit()
    }

    private mutating func draw(_ logits: [[Float]]) {
        guard case .sample(let temperature, _, _) = way else { return }
        var next: [WhisperHypothesis] = [], nextGenerators: [SplitMix] = []
        for (place, row) in logits.enumerated() {
            var row = row, text = open[place], generator = generators[place]
            rules.apply(to: &row, after: text.tokens)
            let token = draw(row, temperature, &generator)
            let logProbability = row[token] - row.span.logSumExp
            if token == Int(rules.vocabulary.end) {
                text.end(logProbability)
                done.append(text)
            } else {
                text.append(Token(token), logProbability)
                next.append(text)
                nextGenerators.append(generator)
            }
        }
        (open, generators) = (next, nextGenerators)
        endAtLimit()
    }

    private mutating func endAtLimit() {
        guard let first = open.first, first.tokens.count >= limit else { return }
        done += open
        open = []
    }

    private func draw(_ row: [Float], _ temperature: Float, _ generator: inout SplitMix) -> Int {
        let scaled = row.map { $0 / temperature }
        let all = scaled.span.logSumExp
        var left = Float(generator.next() >> 40) / Float(1 << 24), last = 0
        for (token, value) in scaled.enumerated() where value > all - 20 {
            left -= probability(value - all)
            last = token
            if left < 0 { return token }
        }
        // What rounding, and what is too unlikely to be drawn, left over.
        return last
    }

    /// The places of the largest numbers, the largest first.
    private func likeliest(_ row: [Float], count: Int) -> [Int] {
        if count == 1 { return row.span.indexOfGreatest.map { [$0] } ?? [] }
        var places: [Int] = [], floor = -Float.infinity
        for (place, value) in row.enumerated() where value > floor {
            let at = places.firstIndex { row[$0] < value } ?? places.count
            places.insert(place, at: at)
            if places.count > count { places.removeLast() }
            if places.count == count { floor = row[places[count - 1]] }
        }
        return places
    }
}
