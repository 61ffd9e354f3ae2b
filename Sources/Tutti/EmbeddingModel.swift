import Foundation
public import TuttiCheckpoints
public import TuttiGeneration
public import TuttiModels
public import TuttiTensors
public import TuttiText

/// A model that turns texts into vectors whose angles tell how near the texts are in meaning.
///
///     let model = try await EmbeddingModel.load("minilm")
///     let vectors = try await model.embed(["Where is my parcel?", "The delivery is late."]).map(\.vector)
public final class EmbeddingModel: Sendable {
    /// What it was asked for by.
    public let name: String
    public let tokenizer: Tokenizer
    public let engine: EmbeddingEngine

    public var shape: EncoderShape { engine.shape }

    /// One text's vector.
    public struct Embedding: Sendable, Equatable {
        /// `shape.hidden` numbers, of length one where the model was made so.
        public let vector: [Float]
        /// The text's tokens, those that open and close it among them.
        public let tokenCount: Int
        /// Whether the text was longer than the model reads, and its end was left out.
        public let isCut: Bool
    }

    init(name: String, tokenizer: Tokenizer, engine: EmbeddingEngine) {
        (self.name, self.tokenizer, self.engine) = (name, tokenizer, engine)
    }

    /// Loads the encoder that `model` stands for.
    /// - Parameters:
    ///   - model: A name of the catalog, a `.gguf` file, or a Hugging Face folder.
    ///   - isExact: Float32 on dequantised weights: slow, for checking.
    ///   - threads: Threads to compute on; nil for every processor that this process may use.
    ///   - store: Where models lie; nil for the user's own.
    /// - Throws: `StoreError` when there is no such model, `CheckpointError` or `ModelError` when its files cannot be
    ///   used or it is no encoder, `TokenizerFileError` or `VocabularyError` for its tokenizer.
    public static func load(
        _ model: String, isExact: Bool = false, threads: Int? = nil, store: ModelStore? = nil
    ) async throws -> EmbeddingModel {
        let url = try (store ?? ModelStore()).resolve(model)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try read(url, name: model, isExact, threads) })
            }
        }
    }

    private static func read(_ url: URL, name: String, _ isExact: Bool, _ threads: Int?) throws -> EmbeddingModel {
        let checkpoint = try Registry.open(url.path)
        let pool = ComputePool(threads: threads ?? ComputePool.defaultThreadCount)
        let encoder = try Registry.encoder(checkpoint, pool: pool)
        guard let tokenizer = try TextParts(checkpoint).tokenizer else { throw LanguageModelError.noTokenizer(name) }
        guard tokenizer.vocabulary.count <= encoder.shape.vocabulary else {
            throw ModelError.badValue(
                key: "its vocabulary", value: "\(tokenizer.vocabulary.count) tokens",
                wants: "at most the \(encoder.shape.vocabulary) rows of the embedding table", file: url.path)
        }
        return EmbeddingModel(
            name: name, tokenizer: tokenizer,
            engine: EmbeddingEngine(encoder: encoder, pool: pool, isExact: isExact))
    }

    /// A vector for each text, in order.
    ///
    /// A text longer than `shape.maximumTokens` is cut there: its beginning is embedded.
    /// - Throws: `EngineError.emptyPrompt` for a text that has no tokens.
    public func embed(_ texts: [String]) async throws -> [Embedding] {
        let cut = texts.map { tokens($0) }
        let vectors = try await engine.embed(cut.map(\.tokens))
        return zip(cut, vectors).map { Embedding(vector: $1, tokenCount: $0.tokens.count, isCut: $0.isCut) }
    }

    /// The tokens of `text`, opened and closed as the model wants, within what it reads.
    public func tokens(_ text: String) -> (tokens: [Token], isCut: Bool) {
        let whole = tokenizer.encode(text, special: true, addingSpecial: true)
        let limit = shape.maximumTokens
        guard whole.count > limit else { return (whole, false) }
        // What opens and closes an empty text stays; what is cut is the text's own end.
        let frame = tokenizer.encode("", special: true, addingSpecial: true)
        let closing = frame.last == whole.last ? frame.suffix(frame.count > 1 ? 1 : 0) : []
        return (whole.prefix(limit - closing.count) + closing, true)
    }
}
