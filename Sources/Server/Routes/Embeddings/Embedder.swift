import Tutti
import TuttiOpenAI

/// Turns what a request brings into vectors.
protocol Embedder: Sendable {
    /// The model's own name.
    var name: String { get }
    /// How many numbers a vector has.
    var width: Int { get }

    /// - Parameter inputs: Each with the place where it stands in the request.
    /// - Throws: `APIError` 400 for what the model does not take.
    func embed(
        _ inputs: [(input: EmbeddingInput, place: String)], _ priority: GenerationRequest.Priority
    ) async throws -> Embedded
}

/// Vectors of length one, and what they cost.
struct Embedded: Sendable {
    var vectors: [[Float]] = []
    var textTokens = 0
    /// Patches of pictures.
    var imageTokens = 0
}
