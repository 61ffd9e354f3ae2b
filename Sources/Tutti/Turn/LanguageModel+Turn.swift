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
    /// for its length is not whole. A model that calls again what has its result in this turn, word for word, is not heard: it
    /// is asked for words, and the answer goes on with those.
    /// - Throws: `EngineError.promptTooLong` with both numbers when the prompt leaves no room for an answer, and
    ///   `EngineError.queueFull`; ``TurnError`` for a tool choice that cannot be; `GrammarError` for a format or a strict
    ///   tool's schema that cannot be enforced; `SamplingError`; `TemplateError` when the template refuses the messages;
    ///   ``LanguageModelError`` for a model without a template.
    public func turn(_ request: TurnRequest) throws -> TurnStream { TurnStream(try attempt(request)) }

    private func attempt(_ request: TurnRequest) throws -> TurnStream.Start {
        let tokenizer = try tokenizer, vocabulary = tokenizer.vocabulary
        let (plan, seen) = try plan(request), prompt = seen.tokens
        // Before a grammar is compiled for nothing.
        guard prompt.count < context else {
            throw EngineError.promptTooLong(tokens: prompt.count, context: context, limit: engine.shape.context)
        }
        var generation = GenerationRequest(
            prompt: prompt, sampling: request.sampling, maximumTokens: request.maximumTokens,
            stopTokens: vocabulary.endTokens, tokenBytes: { tokenizer.bytes(of: $0) }, priority: request.priority,
            embeddings: seen.embeddings)
        if let prediction = request.prediction { generation.prediction = tokenizer.encode(prediction) }
        if request.bindsAnswer, let grammar = plan.grammar {
            generation.grammar = try grammars.grammar(grammar, tools: plan.callable, tokenizer)
        }
        let shown = Set(plan.specialTexts.compactMap { vocabulary.token(for: $0) })
        return TurnStream.Start(
            events: try engine.generate(generation), reader: plan.reader,
            detokenizer: Detokenizer(tokenizer, showing: shown),
            stops: try StopSequences(request.stops), endTokens: vocabulary.endTokens,
            isCallRequired: plan.isCallRequired, mostCalls: plan.mostCalls,
            isPredicted: !generation.prediction.isEmpty, answeredCalls: request.answeredCalls
        ) { usedTokens in
            let rest = request.maximumTokens.map { $0 - usedTokens }
            return rest.map { $0 > 0 } ?? true ? try self.attempt(request.inWords(rest)) : nil
        }
    }

    /// The tokens that the model would read for a turn; what a picture is seen by are negative ones.
    /// - Throws: As ``turn(_:)``, but for the prompt's length.
    public func promptTokens(_ request: TurnRequest) throws -> [Token] { try plan(request).prompt.tokens }

    private func plan(_ request: TurnRequest) throws -> (plan: TurnPlan, prompt: SeenPrompt) {
        var request = request
        request.messages = try readable(request.messages)
        let plan = try TurnPlan(request, try dialect, try vocabulary)
        return (plan, try seenPrompt(plan.prompt, request.messages.flatMap(\.pictures)))
    }
}
