public import TuttiTensors

/// What can be wrong with sampling options or with the logits they are applied to.
public enum SamplingError: Error, Equatable, CustomStringConvertible {
    /// An option has a value outside its range.
    case outOfRange(option: String, value: Double, range: String)
    /// An option names a token that the vocabulary does not have.
    case noSuchToken(option: String, token: Token, vocabularyCount: Int)
    /// DRY has sequence breakers, which are text, and the sampler was not told the text of tokens.
    case breakersNeedText
    /// A stop string or a sequence breaker is empty: it would match everywhere.
    case emptyString(option: String)
    /// Stop strings or sequence breakers are longer than anyone needs.
    case stringsTooLong(option: String, byteCount: Int, limit: Int)
    /// There are not as many logits, or bits in the mask, as the vocabulary has tokens.
    case wrongCount(of: String, count: Int, vocabularyCount: Int)
    /// The model computed something that is not a number, or +∞.
    case notFinite(token: Token, value: String)
    /// Every token is ruled out, by the mask or because each logit is −∞.
    case nothingAllowed

    public var description: String {
        switch self {
        case .outOfRange(let option, let value, let range):
            "\(option) is \(value), but must be \(range)."
        case .noSuchToken(let option, let token, let vocabularyCount):
            "\(option) names token \(token), but this model's tokens are 0 to \(vocabularyCount - 1)."
        case .breakersNeedText:
            "dry.sequenceBreakers are text, and this sampler was not given the text of tokens: "
                + "pass `tokenBytes`, or set dry.sequenceBreakers to []."
        case .emptyString(let option):
            "\(option) holds an empty string, which would match everywhere: leave it out."
        case .stringsTooLong(let option, let byteCount, let limit):
            "\(option) holds \(byteCount) bytes in all, but may hold at most \(limit): use fewer or shorter strings."
        case .wrongCount(let name, let count, let vocabularyCount):
            "There are \(count) \(name) for a vocabulary of \(vocabularyCount) tokens: model and sampler do not match."
        case .notFinite(let token, let value):
            "The model's logit of token \(token) is \(value): its weights are damaged or its numbers overflowed. "
                + "Check the file with `tutti pull`, or try another quantisation."
        case .nothingAllowed:
            "No token is allowed at this place: the mask, or the model itself, rules out the whole vocabulary."
        }
    }
}

extension SamplingError {
    /// Names the first of `scores` that is not a number, or +∞.
    static func notFinite(among scores: Span<Float>) -> SamplingError {
        for i in scores.indices where !(scores[i] < .infinity) {
            return .notFinite(token: Token(i), value: "\(scores[i])")
        }
        return .nothingAllowed
    }
}

/// Throws unless `value` is a number in `range`.
func check(_ value: Double, _ option: String, in range: ClosedRange<Double>, _ words: String) throws(SamplingError) {
    guard range.contains(value) else { throw .outOfRange(option: option, value: value, range: words) }
}
