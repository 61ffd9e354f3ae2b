import Foundation

/// Keeps the tokens that are at least `p` times as likely as the likeliest that is left.
///
/// Range: 0 (keeps all) to 1 (the likeliest only, and its equals). Typical: 0.05 to 0.1.
/// - SeeAlso: Nguyen, Baker, Kirsch and others 2024, arXiv:2407.01082.
public struct MinP: Sendable {
    let p: Double

    public init(_ p: Double) throws(SamplingError) {
        try check(p, "minP", in: 0...1, "from 0 to 1")
        self.p = p
    }

    var isOff: Bool { p == 0 }

    func keep(_ candidates: inout Candidates, _ scores: Span<Float>) {
        guard !isOff, let first = candidates.element(0, scores) else { return }
        // p(x) ≥ p · p(first), in logarithms.
        let floor = Double(first.score) + log(p)
        var count = 1
        while let next = candidates.element(count, scores), Double(next.score) >= floor { count += 1 }
        candidates.truncate(to: count)
    }
}
