import OrderedCollections
package import TuttiCheckpoints
public import TuttiGeneration

/// What an answer may be: free or formed text, calls of tools, and reasoning before either, as one grammar.
///
/// A call that has to come is bound from the first token; one that may come is bound from where its opening is complete.
/// What ``AnswerReader`` takes for the beginning of a call is what binds here.
public struct AnswerGrammar: Sendable {
    public let format: ToolFormat
    /// The tools that may be called.
    public let tools: [ToolDefinition]
    /// Whether there has to be a call.
    public let isRequired: Bool
    /// The most calls of one answer.
    public let mostCalls: Int
    /// What text has to look like.
    public let output: OutputFormat
    /// The marks of a model that thinks before it answers.
    public let reasoning: ReasoningMarks?
    /// Whether the prompt has the opening mark already.
    public let isReasoning: Bool
    /// Whether a text is the name of a special token rather than letters.
    let isSpecial: @Sendable (String) -> Bool

    /// Calls of one answer have an end, though a model may not find it.
    static let callLimit = 16

    /// - Parameters:
    ///   - prompt: What was rendered.
    ///   - tools: Those that may be called.
    ///   - isRequired: Whether there has to be a call.
    ///   - isParallel: Whether there may be several.
    ///   - isSpecial: Whether a text is the name of a special token.
    public init(
        _ dialect: ChatDialect, prompt: String, tools: [ToolDefinition], isRequired: Bool, isParallel: Bool,
        output: OutputFormat, isSpecial: @escaping @Sendable (String) -> Bool
    ) {
        format = dialect.format
        self.tools = tools
        self.isRequired = isRequired && !tools.isEmpty
        mostCalls = isParallel && dialect.format.writesSeveralCalls ? AnswerGrammar.callLimit : 1
        self.output = output
        isReasoning = dialect.opensReasoning(prompt)
        // A prompt that has closed the reasoning wants none.
        reasoning = dialect.reasoning.flatMap { marks in
            prompt.trimmed.hasSuffix(marks.close) ? nil : marks
        }
        self.isSpecial = isSpecial
    }

    /// The grammar; nil where anything may be said.
    public var expression: GrammarExpression? {
        guard !tools.isEmpty || output != .text else { return nil }
        if format == .harmony { return harmony }
        guard let reasoning else { return answer }
        let thought = GrammarExpression.sequence([
            text(until: reasoning.close), .regex("[ \\n]{0,4}"), answer,
        ])
        if isReasoning { return thought }
        return .choice([.sequence([mark(reasoning.open), thought]), answer])
    }

    /// What comes after reasoning.
    private var answer: GrammarExpression {
        guard !tools.isEmpty else { return formed }
        if isRequired { return calls }
        return output == .text ? textOrCalls : .choice([calls, formed])
    }

    /// Text of the output's format.
    private var formed: GrammarExpression {
        switch output {
        case .text: AnswerGrammar.anything
        case .jsonObject: .anyJSONObject
        case .jsonSchema(let schema): .jsonSchema(schema, .compact)
        case .grammar(let grammar): grammar
        }
    }

    private static let anything = GrammarExpression.regex("[\\s\\S]*")

    private func mark(_ text: String) -> GrammarExpression { isSpecial(text) ? .special(text) : .literal(text) }

    /// Any text, and the mark behind it.
    private func text(until mark: String) -> GrammarExpression {
        isSpecial(mark)
            ? .sequence([AnswerGrammar.anything, .special(mark)]) : .text(until: [mark], mayEnd: false)
    }

    // MARK: Calls

    /// At least one call, in the family's own form.
    private var calls: GrammarExpression {
        switch format {
        case .hermes: row(.sequence([mark("<tool_call>"), taggedCall(forced)]), separator: "\n")
        case .llama, .plain: row(call(forced), separator: "\n")
        case .mistralList: .sequence([mark("[TOOL_CALLS]"), list])
        case .taggedList: .sequence([mark("<|tool_call|>"), list])
        case .mistralNames: row(.sequence([mark("[TOOL_CALLS]"), namedCall]), separator: "")
        case .harmony: harmonyCall
        }
    }

    /// One or more.
    private func row(_ call: GrammarExpression, separator: String) -> GrammarExpression {
        guard mostCalls > 1 else { return call }
        let more = separator.isEmpty ? call : .sequence([.literal(separator), call])
        return .sequence([call, .repetition(more, 0, mostCalls - 1)])
    }

    private var list: GrammarExpression {
        .sequence([.literal("["), row(call(forced), separator: ", "), .literal("]")])
    }

    /// How a call is laid out: in the family's one way where it is forced, else as the model likes, which has begun by then. What
    /// a model would have written next must not be forbidden for the sake of a blank.
    private struct Layout {
        let beginning: GrammarExpression
        /// From behind the name to before the arguments.
        let middle: GrammarExpression
        /// What stands between a mark and an object.
        let space: GrammarExpression
        let end: GrammarExpression
        var style: JSONStyle

        static func forced(_ key: String) -> Layout {
            Layout(
                beginning: .literal("{\"name\": \""), middle: .literal("\", \"\(key)\": "), space: .literal("\n"),
                end: .literal("}"), style: .compact)
        }

        static func free(_ key: String) -> Layout {
            var style = JSONStyle.flexible
            style.allowsAnyOrder = true
            return Layout(
                beginning: .regex("\\{[ \\n]{0,5}\"name\": ?\""),
                middle: .regex("\",[ \\n\\t]{0,9}\"\(key)\":[ \\n]{0,2}"), space: .regex("[ \\n]{0,2}"),
                end: .regex("[ \\n\\t]{0,9}\\}"), style: style)
        }
    }

    private var forced: Layout { .forced(format.argumentsKey) }

    /// `{"name": "…", "arguments": {…}}`
    private func call(_ layout: Layout) -> GrammarExpression {
        .sequence([layout.beginning, callAfterName(layout)])
    }

    /// A call behind `{"name": "`.
    private func callAfterName(_ layout: Layout) -> GrammarExpression {
        .choice(
            tools.map { tool in
                .sequence([
                    .literal(tool.quotedName), layout.middle, arguments(tool, layout.style), layout.end,
                ])
            })
    }

    /// What Hermes has behind its mark.
    private func taggedCall(_ layout: Layout) -> GrammarExpression {
        .sequence([layout.space, call(layout), layout.space, mark("</tool_call>")])
    }

    private var namedCall: GrammarExpression {
        .choice(
            tools.map { tool in
                .sequence([.literal(tool.name), mark("[ARGS]"), arguments(tool, .compact)])
            })
    }

    private func arguments(_ tool: ToolDefinition, _ style: JSONStyle) -> GrammarExpression {
        .jsonSchema(tool.argumentsSchema, style)
    }

    // MARK: Text that may turn into calls

    private var textOrCalls: GrammarExpression {
        switch format {
        case .hermes where !isSpecial("<tool_call>"):
            let call = taggedCall(.free(format.argumentsKey))
            let more = GrammarExpression.sequence([.regex("\\n{0,2}<tool_call>"), call])
            let tagged = GrammarExpression.sequence([call, .repetition(more, 0, mostCalls - 1)])
            return openText(marks: ["<tool_call>"], tagged: tagged)
        case .llama, .plain: return openText(marks: [], tagged: nil)
        default:
            // Text cannot spell a special token: there is no doubt where it ends.
            return .sequence([AnswerGrammar.anything, .repetition(calls, 0, 1)])
        }
    }

    /// Text in which calls may begin with a mark or bare. An object whose name is no tool's is text.
    private func openText(marks: [String], tagged: GrammarExpression?) -> GrammarExpression {
        let openings = marks + CallOpening.bareBeginnings
        let layout = Layout.free(format.argumentsKey)
        let more = GrammarExpression.sequence([.regex(",?\\n{1,2}"), call(layout)])
        let bare = GrammarExpression.sequence([
            callAfterName(layout), .repetition(more, 0, mostCalls - 1),
            .regex("(\\n?(```|</tools>|</tool_call>))?"),
        ])
        let other = GrammarExpression.sequence([
            .text(until: openings, mayEnd: true), .regex(AnswerGrammar.stringUnlike(tools.map(\.name))),
        ])
        return .sequence([
            .repetition(other, 0, nil), .text(until: openings, mayEnd: true),
            .choice([bare] + (tagged.map { [$0] } ?? [])),
        ])
    }

    // MARK: Harmony

    private var harmony: GrammarExpression {
        let final = GrammarExpression.sequence([
            .special("<|channel|>"), .literal("final"), .special("<|message|>"), formed,
        ])
        let answer: GrammarExpression =
            tools.isEmpty ? final : isRequired ? harmonyCall : .choice([harmonyCall, final])
        let thought = GrammarExpression.sequence([
            .special("<|channel|>"), .literal("analysis"), .special("<|message|>"), AnswerGrammar.anything,
            .special("<|end|>"), .special("<|start|>"), .literal("assistant"),
        ])
        return .sequence([.repetition(thought, 0, 1), answer])
    }

    private var harmonyCall: GrammarExpression {
        .choice(
            tools.map { tool in
                .sequence([
                    .special("<|channel|>"), .literal("commentary to=functions.\(tool.name) "),
                    .special("<|constrain|>"), .literal("json"), .special("<|message|>"), arguments(tool, .compact),
                ])
            })
    }
}

extension ToolDefinition {
    /// The name as it is written in JSON, without quotes.
    var quotedName: String { String(JSON.string(name).text().dropFirst().dropLast()) }

    /// The schema that arguments satisfy: the tool's own, of objects only.
    package var argumentsSchema: JSON {
        guard case .object(var members) = parameters else { return ["type": "object"] }
        if members["type"] == nil { members["type"] = "object" }
        return .object(members)
    }
}
