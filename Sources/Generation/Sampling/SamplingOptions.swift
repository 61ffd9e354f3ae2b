public import TuttiTensors
import TuttiCheckpoints

/// How the next token is chosen from a model's logits.
///
/// The steps, in their order, which is llama.cpp's but for the bias, that comes after the penalties so that what the
/// caller adds is what arrives:
///
/// 1. repetition penalty, then frequency and presence penalties, over what was said before
/// 2. DRY, against sequences that begin to repeat
/// 3. logit bias
/// 4. the mask of a constraint, if there is one
/// 5. top-k, typical-p, top-p, min-p, each over what the one before it left
/// 6. temperature, and the draw
///
/// As temperature comes last, step 5 sees the model's own probabilities. Log-probabilities are of the logits as the
/// model gave them, before step 1.
///
/// The defaults (temperature 0.7, top-k 40, top-p 0.95, min-p 0.05) lie where the makers of small chat models put
/// theirs (temperature, k, p: Qwen2.5 0.7, 20, 0.8; Gemma 3 1.0, 64, 0.95) and where llama.cpp starts. Penalties are
/// off.
public struct SamplingOptions: Sendable, Equatable {
    /// See ``Temperature``. 0 takes the likeliest token, and no truncation plays a part.
    public var temperature: Double = 0.7
    /// See ``TopK``; 0 keeps all.
    public var topK: Int = 40
    /// See ``TopP``; 1 keeps all.
    public var topP: Double = 0.95
    /// See ``MinP``; 0 keeps all.
    public var minP: Double = 0.05
    /// See ``TypicalP``; 1 keeps all.
    public var typicalP: Double = 1
    /// See ``RepetitionPenalty``; 1 leaves logits as they are.
    public var repetitionPenalty: Double = 1
    /// How many of the last tokens, prompt and answer together, the repetition penalty looks at; nil is all of them.
    public var repetitionWindow: Int? = 64
    /// See ``OccurrencePenalties``; 0 leaves logits as they are.
    public var presencePenalty: Double = 0
    /// See ``OccurrencePenalties``; 0 leaves logits as they are.
    public var frequencyPenalty: Double = 0
    /// See ``DRYOptions``; a multiplier of 0 turns it off.
    public var dry = DRYOptions()
    /// See ``LogitBias``: what is added to the logit of each token named here.
    public var logitBias: [Token: Double] = [:]
    /// The same seed, options and logits give the same tokens, on any number of threads; nil takes a seed by chance.
    public var seed: UInt64?
    /// How many alternatives come with each token's log-probability; 0 gives the chosen one's only, nil none.
    public var logProbabilities: Int?

    public init() {}

    /// The likeliest token each time.
    public static var greedy: SamplingOptions {
        var options = SamplingOptions()
        options.temperature = 0
        return options
    }

    /// Checks every value against its range.
    /// - Throws: ``SamplingError`` that names the first bad option and its value.
    public func validate() throws(SamplingError) {
        _ = try Temperature(temperature)
        _ = try TopK(topK)
        _ = try TopP(topP)
        _ = try MinP(minP)
        _ = try TypicalP(typicalP)
        _ = try RepetitionPenalty(repetitionPenalty, window: repetitionWindow)
        _ = try OccurrencePenalties(presence: presencePenalty, frequency: frequencyPenalty)
        try dry.validate()
        _ = try LogitBias(logitBias)
        if let count = logProbabilities, count < 0 {
            throw .outOfRange(option: "logProbabilities", value: Double(count), range: "0 or more, or absent")
        }
    }
}

extension SamplingOptions: Codable {
    private enum CodingKeys: String, CodingKey {
        case temperature, topK, topP, minP, typicalP, repetitionPenalty, repetitionWindow, presencePenalty
        case frequencyPenalty, dry, logitBias, seed, logProbabilities
    }

    /// Reads what is there; what is absent keeps its default. Ranges are left to ``validate()``.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<T: Decodable>(_ key: CodingKeys, into property: inout T) throws {
            if let value = try values.decodeIfPresent(T.self, forKey: key) { property = value }
        }
        try read(.temperature, into: &temperature)
        try read(.topK, into: &topK)
        try read(.topP, into: &topP)
        try read(.minP, into: &minP)
        try read(.typicalP, into: &typicalP)
        try read(.repetitionPenalty, into: &repetitionPenalty)
        // Present and null is "all of them", absent is the default.
        if values.contains(.repetitionWindow) {
            repetitionWindow = try values.decodeIfPresent(Int.self, forKey: .repetitionWindow)
        }
        try read(.presencePenalty, into: &presencePenalty)
        try read(.frequencyPenalty, into: &frequencyPenalty)
        try read(.dry, into: &dry)
        for (token, bias) in try values.decodeIfPresent([Int: Double].self, forKey: .logitBias) ?? [:] {
            guard let token = Token(exactly: token) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .logitBias, in: values, debugDescription: "logitBias names token \(token), which none has.")
            }
            logitBias[token] = bias
        }
        seed = try values.decodeIfPresent(UInt64.self, forKey: .seed)
        logProbabilities = try values.decodeIfPresent(Int.self, forKey: .logProbabilities)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(temperature, forKey: .temperature)
        try values.encode(topK, forKey: .topK)
        try values.encode(topP, forKey: .topP)
        try values.encode(minP, forKey: .minP)
        try values.encode(typicalP, forKey: .typicalP)
        try values.encode(repetitionPenalty, forKey: .repetitionPenalty)
        try values.encode(repetitionWindow, forKey: .repetitionWindow)
        try values.encode(presencePenalty, forKey: .presencePenalty)
        try values.encode(frequencyPenalty, forKey: .frequencyPenalty)
        try values.encode(dry, forKey: .dry)
        // Keyed by `Int`, tokens become the keys of a JSON object, as in OpenAI's `logit_bias`; by `Int32` a list.
        let bias = Dictionary(uniqueKeysWithValues: logitBias.map { (Int($0.key), $0.value) })
        try values.encode(bias, forKey: .logitBias)
        try values.encodeIfPresent(seed, forKey: .seed)
        try values.encodeIfPresent(logProbabilities, forKey: .logProbabilities)
    }
}
