public import TuttiTensors

/// Adds to the logits of chosen tokens.
///
/// Range: −1000 to 1000 a token. Typical: 1 to 5 for a nudge; −100 rules a token out in practice, 100 forces it.
/// - SeeAlso: <https://platform.openai.com/docs/api-reference/chat/create>, `logit_bias`.
public struct LogitBias: Sendable {
    private let biases: [(token: Token, bias: Float)]

    public init(_ biases: [Token: Double]) throws(SamplingError) {
        for (token, bias) in biases {
            try check(bias, "logitBias of token \(token)", in: -1000...1000, "from -1000 to 1000")
        }
        self.biases = biases.map { ($0.key, Float($0.value)) }
    }

    var isOff: Bool { biases.isEmpty }

    /// Throws unless all tokens are in a vocabulary.
    func validate(vocabularyCount: Int) throws(SamplingError) {
        for (token, _) in biases where token < 0 || token >= vocabularyCount {
            throw .noSuchToken(option: "logitBias", token: token, vocabularyCount: vocabularyCount)
        }
    }

    func apply(to scores: inout MutableSpan<Float>) {
        for (token, bias) in biases { scores[Int(token)] += bias }
    }
}
