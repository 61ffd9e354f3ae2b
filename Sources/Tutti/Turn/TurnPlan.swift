import TuttiCheckpoints
import TuttiDialogue
import TuttiGeneration
import TuttiText

/// What becomes of a turn's request before anything is computed.
struct TurnPlan {
    /// What the model reads.
    let prompt: String
    /// The tools that may be called.
    let callable: [ToolDefinition]
    /// What may be said; nil for anything.
    let grammar: GrammarExpression?
    /// Whether the answer has to be a call.
    let isCallRequired: Bool
    /// The most calls of the answer.
    let mostCalls: Int
    let reader: AnswerReader
    /// The texts of special tokens that the reader has to see.
    let specialTexts: [String]

    /// - Throws: ``TurnError``; `TemplateError` when the template refuses the messages.
    init(_ request: TurnRequest, _ dialect: ChatDialect, _ vocabulary: Vocabulary) throws {
        let names = request.tools.map(\.name)
        if let name = Dictionary(grouping: names, by: \.self).first(where: { $1.count > 1 })?.key {
            throw TurnError.repeatedTool(name)
        }
        func tools(named names: [String]) throws -> [ToolDefinition] {
            try names.map { name in
                guard let tool = request.tools.first(where: { $0.name == name }) else {
                    throw TurnError.unknownTool(name, known: request.tools.map(\.name))
                }
                return tool
            }
        }
        var isRequired = false, isParallel = request.allowsParallelToolCalls
        switch request.toolChoice {
        case .none: callable = []
        case .auto: callable = request.tools
        case .required: (callable, isRequired) = (request.tools, true)
        case .named(let name): (callable, isRequired, isParallel) = (try tools(named: [name]), true, false)
        case .allowed(let names, let isOneRequired): (callable, isRequired) = (try tools(named: names), isOneRequired)
        }
        if isRequired, callable.isEmpty { throw TurnError.noTools }
        // What must not be called is not shown.
        let shown = request.toolChoice == .none ? [] : request.tools
        func rendering(_ messages: [Message]) throws -> String {
            try dialect.prompt(messages, tools: shown, extra: request.templateVariables)
        }
        var told: String?
        if callable.isEmpty, request.format == .text, request.messages.last?.role == .tool {
            // Templates that take no user behind a result do without the word.
            told = try? rendering(request.messages + [TurnRequest.wordAfterResults])
        }
        prompt = try told ?? rendering(request.messages)
        let answer = AnswerGrammar(
            dialect, prompt: prompt, tools: callable, isRequired: isRequired, isParallel: isParallel,
            output: request.format
        ) { text in
            vocabulary.token(for: text).map { vocabulary.isSpecial($0) } ?? false
        }
        grammar = answer.expression
        isCallRequired = answer.isRequired
        mostCalls = answer.mostCalls
        reader = dialect.reader(after: prompt, tools: Set(callable.map(\.name)))
        specialTexts = dialect.specialTexts
    }
}
