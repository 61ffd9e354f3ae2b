public import TuttiTensors

/// Chooses the tokens of one sequence: holds its options, its seed and what was said so far.
///
///     var sampler = try Sampler(.greedy, vocabularyCount: 151_936)
///     for token in prompt { sampler.accept(prompt: token) }
///     let choice = try sampler.sample(logits.span)
///     sampler.accept(choice.token)
///
/// The order of the steps stands at ``SamplingOptions``. A step allocates nothing once the buffers of the first steps
/// are there, except the list of a choice's alternatives when log-probabilities are asked for, and the growth of the
/// history. What is chosen depends on options, seed, the number of earlier calls of ``sample(_:mask:)``, the accepted
/// tokens and the logits, and on nothing else.
public struct Sampler: Sendable {
    public let options: SamplingOptions
    public let vocabularyCount: Int
    /// The options' seed, or the one taken by chance: with it the same tokens come again.
    public let seed: UInt64
    /// How many tokens were sampled.
    public private(set) var step: UInt64 = 0

    private let random: Philox
    private let temperature: Temperature, topK: TopK, typicalP: TypicalP, topP: TopP, minP: MinP
    private let repetition: RepetitionPenalty, occurrence: OccurrencePenalties, bias: LogitBias
    private var dry: DRY
    private let tokenBytes: (@Sendable (Token) -> [UInt8])?
    /// What the repetition penalty looks at.
    private var recent: TokenCounts
    /// What presence and frequency penalties look at.
    private var answer = TokenCounts(window: nil)

    private var candidates = Candidates()
    /// The logits after penalties, bias and mask; empty until there are any.
    private var edited: [Float] = []

    /// - Parameters:
    ///   - options: What to do with the logits.
    ///   - vocabularyCount: How many logits the model gives.
    ///   - tokenBytes: The bytes of a token in UTF-8, be they no whole characters. Needed only by DRY's breakers.
    /// - Throws: ``SamplingError`` that names the first bad option.
    public init(
        _ options: SamplingOptions, vocabularyCount: Int, tokenBytes: (@Sendable (Token) -> [UInt8])? = nil
    ) throws(SamplingError) {
        precondition(vocabularyCount > 0, "a vocabulary of \(vocabularyCount) tokens")
        try options.validate()
        self.options = options
        self.vocabularyCount = vocabularyCount
        seed = options.seed ?? .random(in: .min ... .max)
        random = Philox(seed: seed)
        temperature = try Temperature(options.temperature)
        topK = try TopK(options.topK)
        typicalP = try TypicalP(options.typicalP)
        topP = try TopP(options.topP)
        minP = try MinP(options.minP)
        repetition = try RepetitionPenalty(options.repetitionPenalty, window: options.repetitionWindow)
        occurrence = try OccurrencePenalties(presence: options.presencePenalty, frequency: options.frequencyPenalty)
        bias = try LogitBias(options.logitBias)
        try bias.validate(vocabularyCount: vocabularyCount)
        dry = try DRY(options.dry)
        guard tokenBytes != nil || !dry.needsText else { throw .breakersNeedText }
        self.tokenBytes = tokenBytes
        recent = TokenCounts(window: options.repetitionWindow)
    }

    /// Notes a token of the prompt: the repetition penalty and DRY look at it. A negative one is none: the place of a
    /// picture's, over which no repetition reaches.
    public mutating func accept(prompt token: Token) {
        guard token >= 0 else {
            if !dry.isOff { dry.append(token, bytes: []) }
            return
        }
        if !repetition.isOff { recent.append(token) }
        if !dry.isOff { dry.append(token, bytes: dry.needsText ? tokenBytes?(token) ?? [] : []) }
    }

    /// Notes a token of the answer: all penalties look at it.
    public mutating func accept(_ token: Token) {
        accept(prompt: token)
        if !occurrence.isOff { answer.append(token) }
    }

    /// Chooses the next token; ``accept(_:)`` is the caller's to call, who may want another one.
    /// - Parameters:
    ///   - logits: `[vocabularyCount]`, as the model gave them. −∞ rules a token out.
    ///   - mask: The tokens that are allowed, if not all.
    /// - Throws: ``SamplingError`` if a logit is not a number or +∞, a count is wrong, or no token is allowed.
    public mutating func sample(_ logits: Span<Float>, mask: TokenMask? = nil) throws(SamplingError) -> Choice {
        guard logits.count == vocabularyCount else {
            throw .wrongCount(of: "logits", count: logits.count, vocabularyCount: vocabularyCount)
        }
        if let mask, mask.count != vocabularyCount {
            throw .wrongCount(of: "bits in the mask", count: mask.count, vocabularyCount: vocabularyCount)
        }
        let isEdited = mask != nil || !repetition.isOff || !occurrence.isOff || !dry.isOff || !bias.isOff
        // Edited scores are surveyed later, and show what is not a number; under a mask it would hide.
        var normaliser: Double?, top: [TokenLogProbability] = []
        let isSurveyed = mask != nil || options.logProbabilities != nil
        if isSurveyed { try candidates.begin(logits) }
        if let count = options.logProbabilities {
            let logTotal = candidates.logTotal(logits)
            normaliser = logTotal
            top = candidates.top(count, normaliser: logTotal, logits)
        }
        let chosen: Token?
        if isEdited {
            edit(logits, mask)
            let edited = edited
            chosen = try choose(from: edited.span, isSurveyed: false)
        } else {
            chosen = try choose(from: logits, isSurveyed: isSurveyed)
        }
        guard let token = chosen else { throw .nothingAllowed }
        step += 1
        return Choice(token: token, logProbability: normaliser.map { Double(logits[Int(token)]) - $0 }, top: top)
    }

    /// Steps 1 to 4: fills `edited`.
    private mutating func edit(_ logits: Span<Float>, _ mask: TokenMask?) {
        if edited.count != logits.count { edited = Array(repeating: 0, count: logits.count) }
        // Taken out of `self`, the array is still written in place, and its span bars nothing else of `self`.
        var taken = edited
        edited = []
        var scores = taken.mutableSpan
        for i in logits.indices { scores[i] = logits[i] }
        if !repetition.isOff { repetition.apply(to: &scores, recent) }
        if !occurrence.isOff { occurrence.apply(to: &scores, answer) }
        if !dry.isOff { dry.apply(to: &scores) }
        if !bias.isOff { bias.apply(to: &scores) }
        mask?.apply(to: &scores)
        edited = taken
    }

    /// Steps 5 and 6; nil if no token is allowed.
    /// - Parameter isSurveyed: Whether the candidates are those of `scores` already.
    private mutating func choose(from scores: Span<Float>, isSurveyed: Bool) throws(SamplingError) -> Token? {
        if temperature.isGreedy { return try Temperature.greatest(of: scores) }
        if !isSurveyed { try candidates.begin(scores) }
        topK.keep(&candidates)
        typicalP.keep(&candidates, scores)
        topP.keep(&candidates, scores)
        minP.keep(&candidates, scores)
        return candidates.draw(random.uniform(step: step), scale: temperature.scale, scores)
    }
}
