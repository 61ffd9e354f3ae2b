/// Keeps the fewest of the likeliest tokens whose probabilities together reach `p`; at least one ("nucleus sampling").
///
/// Range: 0 (the likeliest only) to 1 (keeps all). Typical: 0.8 to 0.95.
/// Probabilities are those among the tokens that earlier samplers left. Of equally likely tokens the lower id comes
/// first.
/// - Complexity: One pass over the vocabulary for the sum, then O(m log n) for m kept tokens; no pass after ``TopK``.
/// - SeeAlso: Holtzman, Buys, Du, Forbes and Choi 2020, arXiv:1904.09751, section 3.1.
public struct TopP: Sendable {
    let p: Double

    public init(_ p: Double) throws(SamplingError) {
        try check(p, "topP", in: 0...1, "from 0 to 1")
        self.p = p
    }

    var isOff: Bool { p == 1 }

    func keep(_ candidates: inout Candidates, _ scores: Span<Float>) {
        guard !isOff else { return }
        let enough = p * candidates.totalWeight(scores)
        var sum = 0.0, count = 0
        while let next = candidates.element(count, scores) {
            sum += candidates.weight(next)
            count += 1
            if sum >= enough { break }
        }
        candidates.truncate(to: count)
    }
}
