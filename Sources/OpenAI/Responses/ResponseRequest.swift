public import TuttiCheckpoints

/// The body of `POST /v1/responses`.
public struct ResponseRequest: Sendable {
    public var model: String
    public var input: [ResponseInput]
    public var instructions: String?
    public var previousResponseID: String?
    public var conversationID: String?
    public var tools: [FunctionTool]
    public var toolChoice: ToolChoiceOption
    public var allowsParallelToolCalls: Bool
    /// A limit on calls of built-in tools, of which there are none: told back, without effect.
    public var maximumToolCalls: Int?
    public var maximumOutputTokens: Int?
    public var sampling: SamplingParameters
    public var topLogprobs: Int?
    public var includesLogprobs: Bool
    public var format: ResponseFormat
    public var verbosity: String?
    public var reasoningEffort: String?
    public var reasoningSummary: String?
    /// Whether the oldest turns may leave when the context is full.
    public var truncates: Bool
    public var isBackground: Bool
    public var isStored: Bool
    public var isStreamed: Bool
    public var metadata: JSON?
    public var user: String?
    public var promptCacheKey: String?
    public var promptCacheRetention: String?
    public var safetyIdentifier: String?
    public var serviceTier: String?
    /// As it came, for those who run it later.
    public var body: JSON

    /// What `include` may name. All but the log-probabilities belong to tools that this server does not offer, or (the
    /// encrypted reasoning) to thoughts that it hands out in clear.
    static let includable = [
        "message.output_text.logprobs", "reasoning.encrypted_content", "file_search_call.results",
        "web_search_call.results", "web_search_call.action.sources", "message.input_image.image_url",
        "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    ]

    /// - Throws: `APIError` 400 that names the first field that is wrong.
    public init(_ body: JSON) throws(APIError) {
        let fields = try Fields(body)
        self.body = body
        model = try fields.requiredString("model")
        previousResponseID = try fields.string("previous_response_id")
        conversationID = try Self.conversation(fields)
        guard previousResponseID == nil || conversationID == nil else {
            throw fields.wrongValue(
                "conversation", "it cannot go with 'previous_response_id'; leave one of the two out")
        }
        let input = try ResponseInput.read(fields)
        guard input != nil || previousResponseID != nil || conversationID != nil else { throw fields.missing("input") }
        self.input = input ?? []
        instructions = try fields.string("instructions")
        tools = try Self.tools(fields)
        toolChoice = try ToolChoiceOption(fields, tools: tools) ?? .auto
        allowsParallelToolCalls = try fields.bool("parallel_tool_calls") ?? true
        maximumToolCalls = try fields.int("max_tool_calls", in: 1 ... .max)
        maximumOutputTokens = try fields.int("max_output_tokens", in: 1 ... .max)
        sampling = try SamplingParameters(fields)
        topLogprobs = try fields.int("top_logprobs", in: 0...20)
        let include = try fields.strings("include") ?? []
        for (index, name) in include.enumerated() where !Self.includable.contains(name) {
            throw fields.wrongValue(
                "include[\(index)]", "'\(name)' is none of \(Self.includable.joined(separator: ", "))")
        }
        includesLogprobs = include.contains("message.output_text.logprobs")
        let text = try fields.object("text")
        format = try text?.object("format").map { format throws(APIError) in try ResponseFormat(format) } ?? .text
        verbosity = try text?.word("verbosity", of: ["low", "medium", "high"])
        let reasoning = try fields.object("reasoning")
        reasoningEffort = try reasoning?.word(
            "effort", of: ["none", "minimal", "low", "medium", "high", "xhigh", "max"])
        let summaries = ["auto", "concise", "detailed"]
        reasoningSummary = try reasoning?.word("summary", of: summaries)
        if reasoningSummary == nil { reasoningSummary = try reasoning?.word("generate_summary", of: summaries) }
        truncates = try fields.word("truncation", of: ["auto", "disabled"]) == "auto"
        isStored = try fields.bool("store") ?? true
        isBackground = try fields.bool("background") ?? false
        isStreamed = try fields.bool("stream") ?? false
        guard !isBackground || isStored else {
            throw fields.wrongValue("background", "an answer in the background has to be stored: leave 'store' out")
        }
        if let options = try fields.object("stream_options") {
            guard isStreamed else {
                throw fields.wrongValue("stream_options", "it is allowed only when 'stream' is true")
            }
            _ = try options.bool("include_obfuscation")
        }
        metadata = try fields.metadata()
        user = try fields.string("user")
        promptCacheKey = try fields.string("prompt_cache_key")
        promptCacheRetention = try fields.word("prompt_cache_retention", of: ["in_memory", "in-memory", "24h"])
        safetyIdentifier = try fields.string("safety_identifier")
        serviceTier = try fields.word("service_tier", of: ["auto", "default", "flex", "scale", "priority"])
        try Self.refuseWhatIsNotOffered(fields)
    }

    /// `conversation`: a name, or an object that holds it.
    private static func conversation(_ fields: Fields) throws(APIError) -> String? {
        guard let member = fields["conversation"] else { return nil }
        if let id = member.string { return id }
        guard case .object = member, let object = try fields.object("conversation") else {
            throw fields.wrongType("conversation", wants: "a string or an object", got: member)
        }
        return try object.requiredString("id")
    }

    private static func tools(_ fields: Fields) throws(APIError) -> [FunctionTool] {
        var tools: [FunctionTool] = []
        for tool in try fields.objects("tools") ?? [] {
            let type = try tool.requiredString("type")
            guard type == "function" else {
                throw tool.wrongValue(
                    "type",
                    "tools of type '\(type)' are not offered by this server; offer a function of your own, of type "
                        + "'function', and send back what it gives")
            }
            tools.append(try FunctionTool(tool))
        }
        try FunctionTool.checkNames(tools, fields.path(of: "tools"))
        return tools
    }

    /// What would change the answer if it were passed over in silence.
    private static func refuseWhatIsNotOffered(_ fields: Fields) throws(APIError) {
        if fields["prompt"] != nil {
            throw fields.wrongValue(
                "prompt", "stored prompts are not offered by this server; send 'instructions' and 'input'")
        }
        if let management = fields["context_management"], management.array?.isEmpty != true {
            throw fields.wrongValue(
                "context_management", "compaction is not offered by this server; 'truncation': 'auto' drops old turns")
        }
        if fields["moderation"] != nil {
            throw fields.wrongValue("moderation", "this server has no classifier to moderate with; leave it out")
        }
    }
}

extension ResponseRequest {
    /// `tools` as an answer tells them back.
    var toolsJSON: JSON {
        .array(
            tools.map { tool in
                [
                    "type": "function", "name": .string(tool.name), "description": JSON(tool.description),
                    "parameters": tool.parameters ?? .null, "strict": JSON(tool.isStrict),
                ]
            })
    }

    /// `tool_choice` as an answer tells it back.
    var toolChoiceJSON: JSON {
        switch toolChoice {
        case .auto: "auto"
        case .none: "none"
        case .required: "required"
        case .function(let name): ["type": "function", "name": .string(name)]
        case .allowed(let names, let isRequired):
            [
                "type": "allowed_tools", "mode": isRequired ? "required" : "auto",
                "tools": .array(names.map { ["type": "function", "name": .string($0)] }),
            ]
        }
    }

    /// `text` as an answer tells it back.
    var textJSON: JSON {
        let format: JSON =
            switch format {
            case .text: ["type": "text"]
            case .jsonObject: ["type": "json_object"]
            case .jsonSchema(let schema):
                [
                    "type": "json_schema", "name": .string(schema.name), "description": JSON(schema.description),
                    "schema": schema.schema, "strict": JSON(schema.isStrict),
                ]
            }
        return ["format": format, "verbosity": .string(verbosity ?? "medium")]
    }
}
