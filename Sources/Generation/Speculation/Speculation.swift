public import TuttiModels

/// How an engine guesses tokens ahead, so that one step can confirm several of them.
///
/// A step over a few rows of one sequence takes little longer than over one, because the weights are read once. So the
/// tokens that a *drafter* guesses are computed together, each place's token is chosen by the sampler as always, and
/// places are taken for as long as what was chosen is what was guessed. No token is chosen otherwise than without
/// guesses, whatever the options: only the time changes.
/// - SeeAlso: Leviathan, Kalman and Matias 2023, arXiv:2211.17192; Chen et al. 2023, arXiv:2302.01318. Choosing first
///   and comparing then is their rule for a draft that is certain of its tokens, with a random number for each place.
public enum Speculation: Sendable {
    case off
    /// What followed the last tokens where they stood before, in the prompt or in the answer: for edited texts, code and
    /// quotations. Costs no memory and next to no time.
    /// - SeeAlso: Saxena 2023, <https://github.com/apoorvumang/prompt-lookup-decoding>.
    case promptLookup
    /// What a smaller model would say, which must have the same vocabulary. It computes every prompt too, and has a
    /// cache of its own, which is a part of ``EngineOptions/cacheByteCount``.
    case draft(any Decoder)

    /// The model that drafts, if one does.
    var decoder: (any Decoder)? {
        if case .draft(let decoder) = self { decoder } else { nil }
    }
}
