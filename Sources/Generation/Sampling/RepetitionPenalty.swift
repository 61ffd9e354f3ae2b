/// Makes tokens that stand in the prompt or the answer less likely: a positive logit is divided by the penalty, any
/// other multiplied.
///
/// Range: above 0 to 10; 1 leaves logits as they are, below 1 invites repetition. Typical: 1.05 to 1.2.
/// A token counts once, however often it stands in the window, which holds the last tokens of prompt and answer
/// together.
/// - SeeAlso: Keskar, McCann, Varshney, Xiong and Socher 2019, arXiv:1909.05858, section 4.1.
public struct RepetitionPenalty: Sendable {
    let penalty: Float
    /// How many of the last tokens count; nil is all.
    let window: Int?

    public init(_ penalty: Double, window: Int?) throws(SamplingError) {
        try check(penalty, "repetitionPenalty", in: 0.01...10, "from 0.01 to 10")
        if let window, window < 0 {
            throw .outOfRange(option: "repetitionWindow", value: Double(window), range: "0 or more, or absent for all")
        }
        self.penalty = Float(penalty)
        self.window = window
    }

    var isOff: Bool { penalty == 1 || window == 0 }

    func apply(to scores: inout MutableSpan<Float>, _ recent: TokenCounts) {
        for token in recent.counts.keys where scores.indices.contains(Int(token)) {
            let score = scores[Int(token)]
            scores[Int(token)] = score > 0 ? score / penalty : score * penalty
        }
    }
}
