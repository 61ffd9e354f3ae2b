import Foundation
import TuttiTensors

/// The tokens that may still be drawn, while samplers narrow them down: a run of the descending order of scores.
///
/// Every truncation keeps such a run, so nothing is copied or sorted anew, and order is found only as far as it is
/// needed.
struct Candidates: Sendable {
    private var ranking = Ranking()
    /// Ranks that are left; the upper bound may lie past the last score above −∞.
    private var ranks = 0..<0
    private var scoreCount = 0
    /// Sums of blocks, for a draw from a whole vocabulary.
    private var sums: [Double] = []
    /// Weights of the candidates, for a draw from some.
    private var weights: [Double] = []

    /// Starts on new scores, all of them candidates.
    /// - Throws: ``SamplingError/notFinite(token:value:)``.
    mutating func begin(_ scores: Span<Float>) throws(SamplingError) {
        try ranking.begin(scores)
        scoreCount = scores.count
        ranks = 0..<scoreCount
    }

    /// The greatest of all scores.
    var maximum: Float { ranking.maximum }

    var isWhole: Bool { ranks == 0..<scoreCount }

    /// The candidate of rank `index` among those that are left, 0 the likeliest; nil past the last.
    mutating func element(_ index: Int, _ scores: Span<Float>) -> Candidate? {
        index < ranks.count ? ranking.element(ranks.lowerBound + index, scores) : nil
    }

    /// Keeps the likeliest `count`.
    mutating func truncate(to count: Int) { keep(0..<min(count, ranks.count)) }

    /// Keeps a run of those that are left.
    mutating func keep(_ run: Range<Int>) {
        ranks = ranks.lowerBound + run.lowerBound..<ranks.lowerBound + min(run.upperBound, ranks.count)
    }

    /// A candidate's weight, its probability times an unknown that is the same for all.
    func weight(_ candidate: Candidate) -> Double { exp(Double(candidate.score) - Double(maximum)) }

    /// The weights of all candidates together.
    mutating func totalWeight(_ scores: Span<Float>) -> Double {
        if isWhole {
            var none = MutableSpan<Double>()
            return Weights(maximum: maximum, scale: 1).total(
                scores, blockMaxima: ranking.blockMaxima.span, sums: &none)
        }
        var total = 0.0, index = 0
        while let next = element(index, scores) {
            total += weight(next)
            index += 1
        }
        return total
    }

    /// The weights of all candidates together, and the entropy of their distribution in nats.
    mutating func entropy(_ scores: Span<Float>) -> (total: Double, entropy: Double) {
        var total = 0.0, weighted = 0.0
        if isWhole {
            let weights = Weights(maximum: maximum, scale: 1)
            (total, weighted) = weights.moments(scores, blockMaxima: ranking.blockMaxima.span)
        } else {
            var index = 0
            while let next = element(index, scores) {
                total += weight(next)
                weighted += weight(next) * (Double(next.score) - Double(maximum))
                index += 1
            }
        }
        return (total, log(total) - weighted / total)
    }

    /// Draws a candidate by inverting the distribution function: over a whole vocabulary in the order of ids, over a
    /// part of it in the order of likelihood.
    /// - Parameters:
    ///   - uniform: A number in 0..<1.
    ///   - scale: What differences of scores are multiplied by, 1 / temperature.
    mutating func draw(_ uniform: Double, scale: Float, _ scores: Span<Float>) -> Token? {
        guard maximum > -.infinity else { return nil }
        if isWhole {
            let maxima = ranking.blockMaxima
            if sums.count != maxima.count { sums = Array(repeating: 0, count: maxima.count) }
            let weights = Weights(maximum: maximum, scale: scale)
            var blockSums = sums.mutableSpan
            let total = weights.total(scores, blockMaxima: maxima.span, sums: &blockSums)
            return Token(weights.token(at: uniform * total, scores, sums: sums.span))
        }
        guard let best = element(0, scores) else { return nil }
        weights.removeAll(keepingCapacity: true)
        var total = 0.0
        while let next = element(weights.count, scores) {
            let weight = exp((Double(next.score) - Double(best.score)) * Double(scale))
            weights.append(weight)
            total += weight
        }
        var rest = uniform * total, index = 0
        while index < weights.count - 1, rest >= weights[index] {
            rest -= weights[index]
            index += 1
        }
        return element(index, scores)?.token
    }
}
