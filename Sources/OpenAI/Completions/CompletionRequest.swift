public import TuttiCheckpoints

/// The body of `POST /v1/completions`.
public struct CompletionRequest: Sendable, Hashable {
    public var model: String
    public var prompts: [PromptInput]
    /// What comes behind the text to be written, for models that can fill in the middle.
    public var suffix: String?
    public var sampling: SamplingParameters
    public var maximumTokens = 16
    /// Answers to each prompt.
    public var choiceCount = 1
    /// How many answers are made, of which the best ones are given.
    public var bestOf = 1
    /// Whether the prompt comes back before the answer.
    public var echoes = false
    /// How many alternatives come with each token's log-probability; nil for no log-probabilities.
    public var topLogprobs: Int?
    public var stops: [String] = []
    public var streams = false
    public var includesUsage = false

    /// - Throws: `APIError` 400 that names the first field that is wrong.
    public init(_ body: JSON) throws(APIError) {
        let fields = try Fields(body)
        model = try fields.requiredString("model")
        prompts = try PromptInput.list(fields, "prompt") ?? [.text("")]
        suffix = try fields.string("suffix").flatMap { $0.isEmpty ? nil : $0 }
        sampling = try SamplingParameters(fields)
        maximumTokens = try fields.int("max_tokens", in: 0 ... .max) ?? 16
        choiceCount = try fields.int("n", in: 1...128) ?? 1
        bestOf = try fields.int("best_of", in: 1...128) ?? choiceCount
        echoes = try fields.bool("echo") ?? false
        topLogprobs = try Self.topLogprobs(fields)
        stops = try fields.stops()
        streams = try fields.bool("stream") ?? false
        if let options = try fields.object("stream_options") {
            guard streams else { throw fields.wrongValue("stream_options", "it needs 'stream' to be true") }
            includesUsage = try options.bool("include_usage") ?? false
        }
        _ = try fields.string("user")
        guard bestOf >= choiceCount else {
            throw fields.wrongValue(
                "best_of", "it is \(bestOf), and must not be less than 'n', which is \(choiceCount)")
        }
        guard !streams || bestOf == choiceCount else {
            throw fields.wrongValue("best_of", "the best answers are known at their end: they cannot be streamed")
        }
        guard suffix == nil || !echoes || topLogprobs == nil else {
            throw fields.wrongValue("suffix", "it cannot go with 'echo' and 'logprobs': the prompt is not scored then")
        }
    }

    /// `logprobs`: a count; true, which later clients send, is 0.
    private static func topLogprobs(_ fields: Fields) throws(APIError) -> Int? {
        if let isOn = fields["logprobs"]?.bool { return isOn ? 0 : nil }
        return try fields.int("logprobs", in: 0...5)
    }
}

/// One of the texts of a request, in words or in tokens.
public enum PromptInput: Sendable, Hashable {
    case text(String)
    case tokens([Int])

    /// Reads a string, an array of strings, an array of tokens, or an array of such arrays.
    /// - Returns: nil where it is absent or null.
    /// - Throws: `APIError` 400 for anything else, for an empty array, and for more than `limit` texts.
    public static func list(
        _ fields: Fields, _ name: String, limit: Int = 2048
    ) throws(APIError) -> [PromptInput]? {
        guard let member = fields[name] else { return nil }
        if let text = member.string { return [.text(text)] }
        guard let items = member.array else {
            throw fields.wrongType(name, wants: "a string, an array of strings or arrays of tokens", got: member)
        }
        guard let first = items.first else { throw fields.wrongValue(name, "it is an empty array") }
        if first.int != nil { return [.tokens(try tokens(items, fields, name))] }
        guard items.count <= limit else {
            throw fields.wrongValue(name, "it has \(items.count) texts, and \(limit) are the most")
        }
        var inputs: [PromptInput] = []
        for (index, item) in items.enumerated() {
            if let text = item.string, first.string != nil {
                inputs.append(.text(text))
            } else if let ids = item.array, first.array != nil {
                inputs.append(.tokens(try tokens(ids, fields, "\(name)[\(index)]")))
            } else {
                throw fields.wrongType(
                    "\(name)[\(index)]", wants: first.array != nil ? "an array of tokens" : "a string", got: item)
            }
        }
        return inputs
    }

    private static func tokens(_ items: [JSON], _ fields: Fields, _ name: String) throws(APIError) -> [Int] {
        guard !items.isEmpty else { throw fields.wrongValue(name, "it is an empty array") }
        var tokens: [Int] = []
        tokens.reserveCapacity(items.count)
        for (index, item) in items.enumerated() {
            guard let token = item.int else {
                throw fields.wrongType("\(name)[\(index)]", wants: "an integer", got: item)
            }
            tokens.append(token)
        }
        return tokens
    }
}
