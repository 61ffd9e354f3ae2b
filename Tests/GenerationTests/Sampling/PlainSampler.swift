import Foundation
import Testing
import TuttiGeneration
import TuttiTensors

/// The samplers' definitions written out plainly, in double precision with full sorts: what the fast ones must equal.
struct PlainSampler {
    var options: SamplingOptions
    var seed: UInt64
    var prompt: [Token] = [], answer: [Token] = []

    /// The logits after penalties, bias and mask. DRY is not here: its tests give logits by hand.
    func edited(_ logits: [Float], mask: TokenMask? = nil) -> [Float] {
        var scores = logits
        var recent = prompt + answer
        if let window = options.repetitionWindow { recent = recent.suffix(window) }
        for token in Set(recent) {
            let penalty = Float(options.repetitionPenalty)
            scores[Int(token)] = scores[Int(token)] > 0 ? scores[Int(token)] / penalty : scores[Int(token)] * penalty
        }
        for token in Set(answer) {
            let count = Float(answer.count { $0 == token })
            scores[Int(token)] -= Float(options.presencePenalty) + count * Float(options.frequencyPenalty)
        }
        for (token, bias) in options.logitBias { scores[Int(token)] += Float(bias) }
        if let mask { for i in scores.indices where !mask[Token(i)] { scores[i] = -.infinity } }
        return scores
    }

    /// The tokens that truncation keeps, in the order of likelihood.
    func kept(_ scores: [Float]) -> [Int] {
        var kept = scores.indices.filter { scores[$0] > -.infinity }
            .sorted { (scores[$0], $1) > (scores[$1], $0) }
        guard let best = kept.first.map({ Double(scores[$0]) }) else { return [] }
        func weight(_ i: Int) -> Double { exp(Double(scores[i]) - best) }
        func total() -> Double { kept.reduce(0) { $0 + weight($1) } }
        /// The first of `order` that reach the share `p`.
        func nucleus(_ order: [Int], _ p: Double) -> Set<Int> {
            let enough = p * total()
            var sum = 0.0, chosen: Set<Int> = []
            for i in order where chosen.isEmpty || sum < enough {
                chosen.insert(i)
                sum += weight(i)
            }
            return chosen
        }
        if options.topK > 0 { kept = Array(kept.prefix(options.topK)) }
        if options.typicalP < 1 {
            let total = total()
            // −Σ p log p, put so that it has no rounding error when all scores are equal.
            let entropy = log(total) - kept.reduce(0.0) { $0 + weight($1) * (Double(scores[$1]) - best) } / total
            let typical = best + log(total) - entropy
            func distance(_ i: Int) -> Double { abs(Double(scores[i]) - typical) }
            let order = kept.sorted { a, b in
                if distance(a) != distance(b) { return distance(a) < distance(b) }
                if scores[a] != scores[b] { return scores[a] > scores[b] }
                return Double(scores[a]) > typical ? a > b : a < b
            }
            let chosen = nucleus(order, options.typicalP)
            kept = kept.filter(chosen.contains)
        }
        if options.topP < 1 {
            let chosen = nucleus(kept, options.topP)
            kept = kept.filter(chosen.contains)
        }
        if options.minP > 0 {
            let floor = Double(scores[kept[0]]) + log(options.minP)
            kept = kept.filter { Double(scores[$0]) >= floor }
        }
        return kept
    }

    /// The token of one step.
    func sample(_ logits: [Float], mask: TokenMask? = nil, step: UInt64) -> Token? {
        let scores = edited(logits, mask: mask)
        var kept = kept(scores)
        guard let first = kept.first else { return nil }
        if options.temperature == 0 {
            let best = scores.max()
            return scores.firstIndex { $0 == best }.map { Token($0) }
        }
        // Where nothing was cut off, the draw goes by id.
        let cutsNothing =
            (options.topK == 0 || options.topK >= scores.count) && options.typicalP == 1 && options.topP == 1
            && options.minP == 0
        let isWhole = cutsNothing || kept.count == scores.count
        if isWhole { kept.sort() }
        let weights = kept.map { exp((Double(scores[$0]) - Double(scores[first])) / options.temperature) }
        var rest = Philox(seed: seed).uniform(step: step) * weights.reduce(0, +)
        for (i, weight) in zip(kept, weights) {
            if rest < weight { return Token(i) }
            rest -= weight
        }
        return kept.last.map { Token($0) }
    }
}

/// Logits of several kinds, the same in each run.
enum Logits: String, CaseIterable, CustomTestStringConvertible {
    case model, flat, tied, holed, peaked, equal, huge

    func make(_ count: Int, seed: UInt64) -> [Float] {
        let random = Philox(seed: seed)
        return (0..<count).map { i in
            let u = random.uniform(step: UInt64(2 * i)), v = random.uniform(step: UInt64(2 * i + 1))
            let normal = Float((-2 * log(1 - u)).squareRoot() * cos(2 * .pi * v))
            return switch self {
            case .model: normal * 3 + (v > 0.995 ? 8 : 0)
            case .flat: normal * 0.1
            case .tied: (normal * 2).rounded()
            case .holed: u < 0.7 ? -.infinity : normal * 3
            case .peaked: i == count / 2 ? 60 : normal
            case .equal: i % 2 == 0 ? 0 : -0.0
            case .huge: normal * 1e30
            }
        }
    }

    var testDescription: String { rawValue }
}
