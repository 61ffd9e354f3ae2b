public import TuttiCheckpoints

/// The body of `POST /v1/chat/completions`.
public struct ChatCompletionRequest: Sendable, Hashable {
    public var model: String
    public var messages: [ChatMessage]
    public var sampling: SamplingParameters
    /// How many answers.
    public var choiceCount = 1
    public var maximumTokens: Int?
    public var stops: [String] = []
    /// How many alternatives come with each token's log-probability; nil for no log-probabilities.
    public var topLogprobs: Int?
    public var tools: [FunctionTool] = []
    public var toolChoice: ToolChoiceOption?
    public var allowsParallelToolCalls = true
    /// Whether the functions came as `functions`, the older form: a call is then told as `function_call`.
    public var usesFunctions = false
    public var responseFormat = ResponseFormat.text
    public var streams = false
    public var includesUsage = false
    /// What the answer probably repeats.
    public var prediction: String?
    /// How much a thinking model is to think: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.
    public var reasoningEffort: String?
    /// How the answer is spoken; nil for text alone.
    public var spoken: SpokenOutput?
    public var isStored = false
    public var metadata: JSON?
    /// As it came, for those who store it.
    public var json: JSON

    public static let reasoningEfforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
    static let serviceTiers = ["auto", "default", "flex", "scale", "priority", "fast"]

    /// - Throws: `APIError` 400 that names the first field that is wrong.
    public init(_ body: JSON) throws(APIError) {
        let fields = try Fields(body)
        json = body
        model = try fields.requiredString("model")
        messages = try ChatMessage.list(fields)
        sampling = try SamplingParameters(fields)
        choiceCount = try fields.int("n", in: 1...128) ?? 1
        let older = try fields.int("max_tokens", in: 1 ... .max)
        maximumTokens = try fields.int("max_completion_tokens", in: 1 ... .max) ?? older
        stops = try fields.stops()
        try readLogprobs(fields)
        try readTools(fields)
        if let format = try fields.object("response_format") {
            responseFormat = try ResponseFormat(format, schemaMember: "json_schema")
        }
        try readStream(fields)
        prediction = try Self.prediction(fields)
        reasoningEffort = try fields.word("reasoning_effort", of: Self.reasoningEfforts)
        try readModalities(fields)
        isStored = try fields.bool("store") ?? false
        metadata = try fields.metadata()
        try checkRest(fields)
    }

    private mutating func readLogprobs(_ fields: Fields) throws(APIError) {
        let isOn = try fields.bool("logprobs") ?? false
        let count = try fields.int("top_logprobs", in: 0...20)
        guard isOn || (count ?? 0) == 0 else {
            throw fields.wrongValue("top_logprobs", "it needs 'logprobs' to be true")
        }
        topLogprobs = isOn ? count ?? 0 : nil
    }

    private mutating func readTools(_ fields: Fields) throws(APIError) {
        tools = try FunctionTool.chatTools(fields)
        allowsParallelToolCalls = try fields.bool("parallel_tool_calls") ?? true
        toolChoice = try ToolChoiceOption(fields, tools: tools)
        guard tools.isEmpty, let functions = try fields.objects("functions") else { return }
        usesFunctions = true
        allowsParallelToolCalls = false
        for function in functions { tools.append(try FunctionTool(function)) }
        try FunctionTool.checkNames(tools, fields.path(of: "functions"))
        guard let choice = fields["function_call"] else { return }
        if choice.string != nil {
            toolChoice =
                try fields.word("function_call", of: ["none", "auto"]) == "none" ? ToolChoiceOption.none : .auto
        } else if let choice = try fields.object("function_call") {
            let name = try choice.requiredString("name")
            guard tools.contains(where: { $0.name == name }) else {
                throw choice.wrongValue("name", "there is no function '\(name)' among 'functions'")
            }
            toolChoice = .function(name)
        }
    }

    private mutating func readStream(_ fields: Fields) throws(APIError) {
        streams = try fields.bool("stream") ?? false
        guard let options = try fields.object("stream_options") else { return }
        guard streams else { throw fields.wrongValue("stream_options", "it needs 'stream' to be true") }
        includesUsage = try options.bool("include_usage") ?? false
        _ = try options.bool("include_obfuscation")
    }

    private mutating func readModalities(_ fields: Fields) throws(APIError) {
        let modalities = try fields.strings("modalities") ?? ["text"]
        for modality in modalities where !["text", "audio"].contains(modality) {
            throw fields.wrongValue("modalities", "'\(modality)' is neither 'text' nor 'audio'")
        }
        guard modalities.contains("audio") else { return }
        guard let audio = try fields.object("audio") else { throw fields.missing("audio") }
        spoken = try SpokenOutput(audio)
    }

    private static func prediction(_ fields: Fields) throws(APIError) -> String? {
        guard let prediction = try fields.object("prediction") else { return nil }
        guard try prediction.word("type", of: ["content"]) != nil else { throw prediction.missing("type") }
        let content = try prediction.required("content")
        if let text = content.string { return text }
        guard content.array != nil, let parts = try prediction.objects("content") else {
            throw prediction.wrongType("content", wants: "a string or an array of parts", got: content)
        }
        var text = ""
        for part in parts { text += try part.requiredString("text") }
        return text
    }

    /// Fields that change nothing here, and those that ask for what is not offered.
    private func checkRest(_ fields: Fields) throws(APIError) {
        guard fields["web_search_options"] == nil else {
            throw fields.wrongValue(
                "web_search_options", "this server does not search the web; give the model a function that does")
        }
        guard fields["moderation"] == nil else {
            throw fields.wrongValue("moderation", "this server has no moderation model")
        }
        _ = try fields.word("service_tier", of: Self.serviceTiers)
        _ = try fields.word("verbosity", of: ["low", "medium", "high"])
        for name in ["user", "safety_identifier", "prompt_cache_key"] { _ = try fields.string(name) }
    }
}

extension Fields {
    /// `stop`: a string, or up to four.
    public func stops() throws(APIError) -> [String] {
        guard let member = self["stop"] else { return [] }
        guard member.string != nil || member.array != nil else {
            throw wrongType("stop", wants: "a string or an array of strings", got: member)
        }
        let stops = try strings("stop", isLoneAllowed: true) ?? []
        guard stops.count <= 4 else { throw wrongValue("stop", "it has \(stops.count) strings, and 4 are the most") }
        guard !stops.contains("") else { throw wrongValue("stop", "an empty string would match everywhere") }
        return stops
    }
}
