public import Foundation
public import TuttiCheckpoints

/// A chat template: the program, in the Jinja language, by which a model's messages become its prompt.
///
/// It is parsed once and rendered any number of times, at once on any threads. What it computes is what the
/// `transformers` library computes: Jinja2 3.1 in its immutable sandbox, with `trim_blocks`, `lstrip_blocks`, `break` and
/// `continue`, `{% generation %}`, `tojson`, `raise_exception` and `strftime_now`. See docs/reference/templates.md.
public struct ChatTemplate: Sendable {
    private let program: TemplateProgram
    /// The text that it was made of.
    public let source: String
    /// What one rendering may cost.
    public var limits = Limits()

    /// Parses a template. O(bytes).
    public init(_ source: String) throws(TemplateError) {
        self.source = source
        program = try TemplateProgram(source)
    }

    /// A prompt, and which parts of it are the assistant's words.
    public struct Rendering: Sendable, Equatable {
        public let text: String
        /// The bytes of `text` that `{% generation %}` blocks wrote, in order; training counts only those.
        public let generationRanges: [Range<Int>]
    }

    /// Renders with these variables and no others.
    ///
    /// - Parameters:
    ///   - variables: By name, such as `messages`. Names that the template does not mention cost nothing.
    ///   - now: What `strftime_now` prints: year, month, day, hour, minute, second; nil is the machine's local time.
    public func rendering(_ variables: [String: JSON], now: DateComponents? = nil) throws(TemplateError) -> Rendering {
        let variables = variables.map { (name: $0.key, value: $0.value) }
        // Only what calls itself can need a deep stack; it gets one of its own, wherever this is called.
        guard program.recurses else { return try evaluated(variables, now) }
        return try DeepStack.run { () throws(TemplateError) in try evaluated(variables, now) }
    }

    private func evaluated(
        _ variables: [(name: String, value: JSON)], _ now: DateComponents?
    ) throws(TemplateError) -> Rendering {
        let evaluator = Evaluator(program, limits: limits) { now ?? Self.localTime() }
        try evaluator.render(variables)
        return Rendering(text: evaluator.output, generationRanges: evaluator.generationRanges)
    }

    private static func localTime() -> DateComponents {
        Calendar(identifier: .gregorian).dateComponents(
            [.year, .month, .day, .hour, .minute, .second, .nanosecond], from: Date())
    }

    /// The text of `rendering(_:now:)`.
    public func render(_ variables: [String: JSON], now: DateComponents? = nil) throws(TemplateError) -> String {
        try rendering(variables, now: now).text
    }

    /// Renders a conversation with the variables that every chat template may count on.
    ///
    /// - Parameters:
    ///   - messages: An array of objects with `role` and `content`.
    ///   - tools: Function schemas; none when nil.
    ///   - documents: What a retrieval template quotes from; none when nil.
    ///   - addGenerationPrompt: Whether the prompt ends with the opening of the assistant's turn.
    ///   - bosToken: The text of the token that opens a sequence, where the model has one.
    ///   - eosToken: The text of the token that ends one.
    ///   - extra: Further variables, such as `enable_thinking`; they win over the ones above.
    public func rendering(
        messages: JSON, tools: JSON? = nil, documents: JSON? = nil, addGenerationPrompt: Bool = false,
        bosToken: String? = nil, eosToken: String? = nil, extra: [String: JSON] = [:], now: DateComponents? = nil
    ) throws(TemplateError) -> Rendering {
        var variables: [String: JSON] = [
            "messages": messages, "tools": tools ?? .null, "documents": documents ?? .null,
            "add_generation_prompt": .bool(addGenerationPrompt),
        ]
        if let bosToken { variables["bos_token"] = .string(bosToken) }
        if let eosToken { variables["eos_token"] = .string(eosToken) }
        variables.merge(extra) { $1 }
        return try rendering(variables, now: now)
    }
}
