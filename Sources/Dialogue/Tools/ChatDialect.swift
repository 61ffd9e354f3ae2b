import OrderedCollections
public import TuttiCheckpoints
public import TuttiText

/// What a model's chat template can say, and how its model answers: found by reading the template and by trying it.
public struct ChatDialect: Sendable {
    public let template: ChatTemplate
    /// How calls are written.
    public let format: ToolFormat
    /// The marks of a model that thinks before it answers.
    public let reasoning: ReasoningMarks?
    /// Whether the template shows tools to the model; otherwise the system prompt does.
    public let takesTools: Bool
    /// Whether it has a word for the role `developer`; otherwise that is the system's.
    let knowsDeveloper: Bool
    /// Whether a message may hold several calls.
    let takesSeveralCalls: Bool
    /// Whether it reads what a message says in parts only, and nothing of a plain text: templates of models that see.
    let readsPartsOnly: Bool
    /// What stands for a picture in the text of a message; nil for a template that has places for pictures.
    let pictureMark: String?
    private let bosToken: String?
    private let eosToken: String?

    /// - Parameters:
    ///   - bosToken: The text of the token that opens a sequence, where the model has one.
    ///   - eosToken: The text of the token that ends one.
    ///   - pictureMark: What stands for a picture in the text of a message; nil for a template that has places for pictures.
    public init(
        _ template: ChatTemplate, bosToken: String? = nil, eosToken: String? = nil, pictureMark: String? = nil
    ) {
        self.template = template
        self.pictureMark = pictureMark
        self.bosToken = bosToken
        self.eosToken = eosToken
        let source = template.source
        reasoning = ReasoningMarks.known.first { source.contains($0.open) || source.contains($0.close) }
        knowsDeveloper = source.contains("developer")
        let probe = ToolDefinition(name: "probe_of_tools", description: "Probes.")
        let rendering = try? template.rendering(
            ChatDialect.variables([Message(.user, "?").templateValue], [probe.templateValue], bosToken, eosToken))
        takesTools = rendering?.text.contains(probe.name) ?? false
        func shows(_ word: String, inParts: Bool) -> Bool {
            let message = Message(.user, word).templateValue(inParts: inParts)
            let rendering = try? template.render(ChatDialect.variables([message], [], bosToken, eosToken))
            return rendering?.contains(word) ?? false
        }
        readsPartsOnly = !shows("probe_of_words", inParts: false) && shows("probe_of_words", inParts: true)
        format = takesTools ? ToolFormat(template) : .plain
        takesSeveralCalls = format.writesSeveralCalls
    }

    private static func variables(
        _ messages: [JSON], _ tools: [JSON], _ bosToken: String?, _ eosToken: String?
    ) -> [String: JSON] {
        var variables: [String: JSON] = [
            "messages": .array(messages), "documents": .null, "add_generation_prompt": .bool(true),
            "tools": tools.isEmpty ? .null : .array(tools),
        ]
        // SmolLM3's word.
        if !tools.isEmpty { variables["xml_tools"] = .array(tools) }
        if let bosToken { variables["bos_token"] = .string(bosToken) }
        if let eosToken { variables["eos_token"] = .string(eosToken) }
        return variables
    }

    /// The prompt that messages become, up to where the assistant's answer begins.
    /// - Parameters:
    ///   - tools: What the model may ask to have called.
    ///   - extra: Further variables of the template; they win over its own.
    /// - Throws: `TemplateError` when the template refuses the messages.
    public func prompt(
        _ messages: [Message], tools: [ToolDefinition] = [], extra: [String: JSON] = [:]
    ) throws(TemplateError) -> String {
        var messages = pictureMark.map { mark in messages.map { $0.withPictures(as: mark) } } ?? messages
        if !knowsDeveloper {
            for index in messages.indices where messages[index].role == .developer { messages[index].role = .system }
        }
        if takesTools {
            if !takesSeveralCalls { messages = Message.oneCallEach(messages) }
        } else {
            messages = PlainTools.messages(messages, tools)
        }
        if format == .mistralList || format == .mistralNames { messages = Message.withShortIDs(messages) }
        var variables = ChatDialect.variables(
            messages.map { templateValue($0) }, takesTools ? tools.map(\.templateValue) : [], bosToken, eosToken)
        variables.merge(extra) { $1 }
        return try template.render(variables)
    }

    private func templateValue(_ message: Message) -> JSON {
        let value = message.templateValue(inParts: readsPartsOnly)
        guard format == .harmony, message.text.isEmpty, let reasoning = message.reasoning,
            case .object(var fields) = value
        else { return value }
        // The word of gpt-oss's template, which refuses it beside a content.
        fields["thinking"] = .string(reasoning)
        return .object(fields)
    }

    /// What tells an answer's text, reasoning and calls apart.
    /// - Parameters:
    ///   - prompt: What was rendered: it may open the reasoning already.
    ///   - tools: The names of the tools that may be called.
    public func reader(after prompt: String, tools: Set<String>) -> AnswerReader {
        AnswerReader(format, tools: tools, reasoning: reasoning, isReasoning: opensReasoning(prompt))
    }

    /// Whether the prompt ends with the mark that opens reasoning.
    func opensReasoning(_ prompt: String) -> Bool {
        guard let reasoning else { return false }
        return prompt.trimmed.hasSuffix(reasoning.open)
    }

    /// The texts of special tokens that have to be seen for an answer to be told apart.
    public var specialTexts: [String] {
        format.specialTexts + (reasoning.map { [$0.open, $0.close] } ?? [])
    }
}

extension Message {
    /// Messages with several calls become one message a call, each with its result, for templates that know no other.
    static func oneCallEach(_ messages: [Message]) -> [Message] {
        var result: [Message] = [], index = 0
        while index < messages.count {
            let message = messages[index]
            index += 1
            guard message.toolCalls.count > 1 else {
                result.append(message)
                continue
            }
            var answers = messages[index...].prefix { $0.role == .tool }
            index += answers.count
            for (place, call) in message.toolCalls.enumerated() {
                var single = message
                single.toolCalls = [call]
                if place > 0 { (single.parts, single.reasoning) = ([], nil) }
                result.append(single)
                if let answer = answers.firstIndex(where: { $0.toolCallID == call.id }) {
                    result.append(answers.remove(at: answer))
                }
            }
            result += answers
        }
        return result
    }

    /// Mistral's templates insist on ids of nine letters and digits.
    static func withShortIDs(_ messages: [Message]) -> [Message] {
        messages.map { message in
            var message = message
            message.toolCallID = message.toolCallID.map(shortID)
            for index in message.toolCalls.indices {
                message.toolCalls[index].id = shortID(message.toolCalls[index].id)
            }
            return message
        }
    }

    /// Nine letters and digits that stand for an id: itself where it is so, else its hash (FNV-1a).
    static func shortID(_ id: String) -> String {
        if id.utf8.count == 9, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) { return id }
        let hash = id.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 36)
        return String((String(repeating: "0", count: 9) + digits).suffix(9))
    }
}
