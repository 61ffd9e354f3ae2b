import Foundation
public import TuttiTensors

/// Log-probabilities of tokens under the logits as a model gives them: a log-softmax over the whole vocabulary.
///
/// log p(x) = (x − m) − log Σ e^(y − m), m the greatest logit: no exponent is above 0, so nothing overflows; sums are
/// in double precision. Natural logarithms; the error is below 10⁻⁶. A value keeps its memory from one measurement to
/// the next.
///
///     var logProbabilities = LogProbabilities()
///     let scored = try logProbabilities.measure(logits.span, of: token, top: 5)
public struct LogProbabilities: Sendable {
    private var candidates = Candidates()

    public init() {}

    /// Measures one token and the likeliest ones.
    /// - Parameters:
    ///   - logits: One for each token of the vocabulary.
    ///   - token: A token of the vocabulary.
    ///   - count: How many of the likeliest tokens to list.
    /// - Throws: ``SamplingError`` if a logit is not a number or +∞, all are −∞, or the token is not in the vocabulary.
    public mutating func measure(
        _ logits: Span<Float>, of token: Token, top count: Int = 0
    ) throws(SamplingError) -> Choice {
        try candidates.begin(logits)
        guard candidates.maximum > -.infinity else { throw .nothingAllowed }
        guard logits.indices.contains(Int(token)) else {
            throw .noSuchToken(option: "The text", token: token, vocabularyCount: logits.count)
        }
        let normaliser = candidates.logTotal(logits)
        return Choice(
            token: token, logProbability: Double(logits[Int(token)]) - normaliser,
            top: candidates.top(count, normaliser: normaliser, logits))
    }
}

extension Candidates {
    /// log Σ e^score over all scores.
    mutating func logTotal(_ scores: Span<Float>) -> Double { Double(maximum) + log(totalWeight(scores)) }

    /// The likeliest candidates with their log-probabilities.
    mutating func top(_ count: Int, normaliser: Double, _ scores: Span<Float>) -> [TokenLogProbability] {
        var top: [TokenLogProbability] = []
        top.reserveCapacity(min(count, 1024))
        while top.count < count, let next = element(top.count, scores) {
            top.append(TokenLogProbability(token: next.token, logProbability: Double(next.score) - normaliser))
        }
        return top
    }
}
