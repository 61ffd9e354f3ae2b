import TuttiTensors

/// Divides logits by a temperature before the draw: below 1 the likely grows likelier, above 1 chances level out.
///
/// Range: 0 (the likeliest token, without a draw) to 100. Typical: 0.2 for code and facts, 0.7 for talk, 1 for the
/// model's own distribution, above 1.2 for wild prose together with ``MinP``.
/// - SeeAlso: Ackley, Hinton and Sejnowski 1985, "A learning algorithm for Boltzmann machines".
public struct Temperature: Sendable {
    let value: Double

    public init(_ value: Double) throws(SamplingError) {
        try check(value, "temperature", in: 0...100, "from 0 to 100")
        self.value = value
    }

    var isGreedy: Bool { value == 0 }
    /// What differences of logits are multiplied by; finite, so that a difference of 0 stays 0.
    var scale: Float { Float(min(1 / value, 1e30)) }

    /// What is chosen without a draw: the token with the greatest score, of equals the lowest; nil if all are −∞.
    /// - Throws: ``SamplingError/notFinite(token:value:)``.
    static func greatest(of scores: Span<Float>) throws(SamplingError) -> Token? {
        guard let index = scores.indexOfGreatest, scores[index] < .infinity else { throw .notFinite(among: scores) }
        return scores[index] > -.infinity ? Token(index) : nil
    }
}
