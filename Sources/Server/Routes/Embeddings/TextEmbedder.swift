import Tutti
import TuttiOpenAI

/// A model that turns texts into vectors: one that was made for that, or one that writes, whose states are pooled.
enum TextEmbedder: Embedder {
    case encoder(ModelShelf.Lease<EmbeddingModel>)
    case decoder(ModelShelf.Lease<LanguageModel>)

    var name: String {
        switch self {
        case .encoder(let lease): lease.name
        case .decoder(let lease): lease.name
        }
    }

    var width: Int {
        switch self {
        case .encoder(let lease): lease.model.shape.hidden
        case .decoder(let lease): lease.model.shape.hidden
        }
    }

    /// The most tokens of a text.
    private var limit: Int {
        switch self {
        case .encoder(let lease): lease.model.shape.positions
        case .decoder(let lease): lease.model.context
        }
    }

    private var vocabularyCount: Int {
        switch self {
        case .encoder(let lease): lease.model.shape.vocabulary
        case .decoder(let lease): lease.model.shape.vocabulary
        }
    }

    /// The tokens of a text, with whatever opens and closes it.
    /// - Parameter place: Where it stands in the request.
    /// - Throws: `APIError` 400 for ids that are no tokens of the model, and for more tokens than it reads.
    private func tokens(_ input: PromptInput, place: String) throws -> [Token] {
        let tokens =
            switch input {
            case .text(let text): try own(text)
            case .tokens(let ids): framed(try ids.map { try token($0, place) })
            }
        guard !tokens.isEmpty else {
            throw APIError.invalid("Invalid '\(place)': it has no tokens.", param: place, code: "invalid_value")
        }
        guard tokens.count <= limit else {
            throw APIError.contextLengthExceeded(tokens: tokens.count, context: limit, param: place)
        }
        return tokens
    }

    private func own(_ text: String) throws -> [Token] {
        switch self {
        case .encoder(let lease): lease.model.tokenizer.encode(text, special: false, addingSpecial: true)
        case .decoder(let lease): try lease.model.tokens(text)
        }
    }

    private func token(_ id: Int, _ place: String) throws(APIError) -> Token {
        guard id >= 0, id < vocabularyCount, let token = Token(exactly: id) else {
            throw .invalid(
                "Invalid '\(place)': \(id) is no token of \(name), which has 0 to \(vocabularyCount - 1). Send the text itself, or count tokens with the model's own tokenizer.",
                param: place, code: "invalid_value")
        }
        return token
    }

    /// Ids with what opens and closes a text, unless they have it.
    private func framed(_ ids: [Token]) -> [Token] {
        guard case .encoder(let lease) = self else { return ids }
        let frame = lease.model.tokenizer.encode("", special: false, addingSpecial: true)
        guard frame.count == 2, ids.first != frame[0] else { return ids }
        return [frame[0]] + ids + [frame[1]]
    }

    func embed(
        _ inputs: [(input: EmbeddingInput, place: String)], _ priority: GenerationRequest.Priority
    ) async throws -> Embedded {
        let texts = try inputs.map { input, place in
            switch input {
            case .prompt(let prompt): return try tokens(prompt, place: place)
            case .image(let image):
                throw image.refusal(
                    "the model `\(name)` embeds texts and no pictures. GET /v1/models tells which models take an 'image'"
                )
            }
        }
        let vectors =
            switch self {
            case .encoder(let lease): try await lease.model.engine.embed(texts)
            case .decoder(let lease): try await lease.model.embed(texts, priority: priority)
            }
        return Embedded(vectors: vectors, textTokens: texts.reduce(0) { $0 + $1.count })
    }
}
