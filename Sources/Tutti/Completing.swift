public import TuttiGeneration
public import TuttiTensors
public import TuttiText

extension LanguageModel {
    /// How the model is asked to fill in the middle of a text; nil if it was not made for that.
    public var fillMarks: FillMarks? { (try? vocabulary).flatMap { FillMarks($0, checkpoint.metadata) } }

    /// Continues tokens as they stand: nothing is added before them.
    /// - Parameters:
    ///   - ends: Tokens that end the answer beside the vocabulary's own.
    ///   - embeddings: What stands in the places of the prompt that hold no tokens.
    public func complete(
        _ prompt: [Token], _ options: AnswerOptions = AnswerOptions(), ends: Set<Token> = [],
        embeddings: [EmbeddingRun] = []
    ) throws -> TextStream {
        let tokenizer = try tokenizer
        let request = GenerationRequest(
            prompt: prompt, sampling: options.sampling, maximumTokens: options.maximumTokens,
            stopTokens: tokenizer.vocabulary.endTokens.union(ends), tokenBytes: { tokenizer.bytes(of: $0) },
            priority: options.priority, grammar: options.grammar, embeddings: embeddings)
        return try TextStream(engine, request, tokenizer: tokenizer, stops: options.stops)
    }

    /// Writes what belongs between two texts.
    ///
    ///     for try await delta in try model.fill("def add(a, b):\n    return ", suffix: "\n") { print(delta.text) }
    /// - Throws: ``LanguageModelError/cannotFill(_:)`` for a model that was not made for that.
    public func fill(
        _ prefix: String, suffix: String, _ options: AnswerOptions = AnswerOptions()
    ) throws -> TextStream {
        guard let fillMarks else { throw LanguageModelError.cannotFill(name) }
        let before = try tokenizer.encode(prefix), behind = try tokenizer.encode(suffix)
        return try complete(fillMarks.prompt(before: before, behind: behind), options, ends: fillMarks.ends)
    }
}
