import TuttiDialogue
import TuttiGeneration
public import TuttiTensors
import TuttiText

extension LanguageModel {
    /// Answers: text as it comes, reasoning and calls of tools told apart.
    ///
    ///     var request = TurnRequest([Message(.user, "What is the weather in Paris?")])
    ///     request.tools = [weather]
    ///     for try await event in try model.turn(request) {
    ///         if case .toolCallBegan(_, _, let name) = event { print("calls \(name)") }
    ///     }
    ///
    /// A call's arguments parse and satisfy the tool's schema; an answer with a format has it. Only an answer that ends
    /// for its length is not whole.
    /// - Throws: `EngineError.promptTooLong` with both numbers when the prompt leaves no room for an answer, and
    ///   `EngineError.queueFull`; ``TurnError`` for a tool choice that cannot be; `GrammarError` for a format or a strict
    ///   tool's schema that cannot be enforced; `SamplingError`; `TemplateError` when the template refuses the messages;
    ///   ``LanguageModelError`` for a model without a template.
    public func turn(_ request: TurnRequest) throws -> TurnStream {
        let tokenizer = try tokenizer, vocabulary = tokenizer.vocabulary
        let plan = try TurnPlan(request, try dialect, vocabulary)
        let prompt = try tokens(plan.prompt)
        // Before a grammar is compiled for nothing.
        guard prompt.count < context else {
            throw EngineError.promptTooLong(tokens: prompt.count, context: context, limit: engine.shape.context)
        }
        var generation = GenerationRequest(
            prompt: prompt, sampling: request.sampling, maximumTokens: request.maximumTokens,
            stopTokens: vocabulary.endTokens, tokenBytes: { tokenizer.bytes(of: $0) }, priority: request.priority)
        if let prediction = request.prediction { generation.prediction = tokenizer.encode(prediction) }
        if request.bindsAnswer, let grammar = plan.grammar {
            generation.grammar = try grammars.grammar(grammar, tools: plan.callable, tokenizer)
        }
        let shown = Set(plan.specialTexts.compactMap { vocabulary.token(for: $0) })
        let start = TurnStream.Start(
            reader: plan.reader, detokenizer: Detokenizer(tokenizer, showing: shown),
            stops: try StopSequences(request.stops), endTokens: vocabulary.endTokens, mostCalls: plan.mostCalls,
            isPredicted: !generation.prediction.isEmpty)
        return TurnStream(try engine.generate(generation), start)
    }

    /// The tokens that the model would read for a turn.
    /// - Throws: As ``turn(_:)``, but for the prompt's length.
    public func promptTokens(_ request: TurnRequest) throws -> [Token] {
        try tokens(try TurnPlan(request, try dialect, try vocabulary).prompt)
    }
}
