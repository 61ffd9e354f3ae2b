public import TuttiTensors

/// The token that a sampler chose, and what the model thought of it.
public struct Choice: Sendable, Equatable {
    public var token: Token
    /// Natural logarithm of the token's probability under the model's own logits, before penalties, bias, mask and
    /// temperature; nil unless ``SamplingOptions/logProbabilities`` is set.
    public var logProbability: Double?
    /// The likeliest tokens under the same distribution, likeliest first; equal ones by id. The chosen token need not
    /// be among them.
    public var top: [TokenLogProbability]

    public init(token: Token, logProbability: Double? = nil, top: [TokenLogProbability] = []) {
        self.token = token
        self.logProbability = logProbability
        self.top = top
    }
}

/// A token with the natural logarithm of its probability.
public struct TokenLogProbability: Sendable, Equatable {
    public var token: Token
    public var logProbability: Double

    public init(token: Token, logProbability: Double) {
        self.token = token
        self.logProbability = logProbability
    }
}
