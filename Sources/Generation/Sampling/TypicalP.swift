import Foundation

/// Keeps the tokens whose surprise, −log p, is nearest to the entropy of the distribution, as many as together reach
/// the probability `p`; at least one ("locally typical sampling").
///
/// Range: 0 (the most typical token only) to 1 (keeps all). Typical: 0.2 for stories, 0.95 for summaries.
/// Of two equally near tokens the likelier comes first.
///
/// In the order of likelihood surprise only grows, so the distance from the entropy falls and then rises: what is kept
/// is a run of that order, found from its middle outwards.
/// - SeeAlso: Meister, Pimentel, Wiher and Cotterell 2022, arXiv:2202.00666, section 4.
public struct TypicalP: Sendable {
    let p: Double

    public init(_ p: Double) throws(SamplingError) {
        try check(p, "typicalP", in: 0...1, "from 0 to 1")
        self.p = p
    }

    var isOff: Bool { p == 1 }

    func keep(_ candidates: inout Candidates, _ scores: Span<Float>) {
        guard !isOff else { return }
        let (total, entropy) = candidates.entropy(scores)
        let enough = p * total
        // Surprise is log(total) − (score − best), so both sides are compared as scores.
        let typical = Double(candidates.maximum) + log(total) - entropy
        var upper = 0
        while let next = candidates.element(upper, scores), Double(next.score) > typical { upper += 1 }
        var lower = upper, sum = 0.0
        repeat {
            let left = lower > 0 ? candidates.element(lower - 1, scores) : nil
            let right = candidates.element(upper, scores)
            if let left, right.map({ Double(left.score) - typical <= typical - Double($0.score) }) ?? true {
                sum += candidates.weight(left)
                lower -= 1
            } else if let right {
                sum += candidates.weight(right)
                upper += 1
            } else {
                break
            }
        } while sum < enough
        candidates.keep(lower..<upper)
    }
}
