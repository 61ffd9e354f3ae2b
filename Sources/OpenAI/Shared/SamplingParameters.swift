import OrderedCollections
import TuttiCheckpoints

/// How the next token is chosen, in the words that chat completions, text completions and responses share.
public struct SamplingParameters: Sendable, Hashable {
    /// 0 to 2.
    public var temperature: Double?
    /// 0 to 1.
    public var topP: Double?
    /// −2 to 2.
    public var presencePenalty: Double?
    /// −2 to 2.
    public var frequencyPenalty: Double?
    /// What is added to the logits of tokens, −100 to 100, by their ids.
    public var logitBias: [Int: Double] = [:]
    public var seed: Int?

    /// - Throws: `APIError` 400 that names the field with the wrong type, or outside its range.
    public init(_ fields: Fields) throws(APIError) {
        temperature = try fields.double("temperature", in: 0...2)
        topP = try fields.double("top_p", in: 0...1)
        presencePenalty = try fields.double("presence_penalty", in: -2...2)
        frequencyPenalty = try fields.double("frequency_penalty", in: -2...2)
        seed = try fields.int("seed")
        logitBias = try Self.logitBias(fields)
    }

    private static func logitBias(_ fields: Fields) throws(APIError) -> [Int: Double] {
        guard let member = try fields.object("logit_bias") else { return [:] }
        var biases: [Int: Double] = [:]
        for key in (member.value.object ?? [:]).keys {
            guard let token = Int(key.text), token >= 0 else {
                throw fields.wrongValue(
                    "logit_bias", "its keys must be ids of tokens, such as \"1000\", and '\(key.text)' is none")
            }
            biases[token] = try member.double(key.text, in: -100...100)
        }
        return biases
    }
}
