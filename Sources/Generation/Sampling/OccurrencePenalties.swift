/// Lowers the logits of tokens that the answer holds already: by `presence` once, and by `frequency` for each time.
///
/// Range of both: −2 to 2; 0 leaves logits as they are, below 0 invites repetition. Typical: 0.1 to 1.
/// As in OpenAI's API, the prompt does not count.
/// - SeeAlso: <https://platform.openai.com/docs/api-reference/chat/create>, `presence_penalty`, `frequency_penalty`.
public struct OccurrencePenalties: Sendable {
    let presence: Float, frequency: Float

    public init(presence: Double, frequency: Double) throws(SamplingError) {
        try check(presence, "presencePenalty", in: -2...2, "from -2 to 2")
        try check(frequency, "frequencyPenalty", in: -2...2, "from -2 to 2")
        self.presence = Float(presence)
        self.frequency = Float(frequency)
    }

    var isOff: Bool { presence == 0 && frequency == 0 }

    func apply(to scores: inout MutableSpan<Float>, _ answer: TokenCounts) {
        for (token, count) in answer.counts where scores.indices.contains(Int(token)) {
            scores[Int(token)] -= presence + Float(count) * frequency
        }
    }
}
