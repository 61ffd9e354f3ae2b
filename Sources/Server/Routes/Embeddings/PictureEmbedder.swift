import Tutti
import TuttiOpenAI

/// A model that puts pictures and texts into one space, CLIP or SigLIP.
struct PictureEmbedder: Embedder {
    let lease: ModelShelf.Lease<ContrastiveModel>
    /// Reads the pictures, from wherever they are.
    let senses: Senses

    var name: String { lease.name }
    var width: Int { lease.model.shape.width }

    func embed(
        _ inputs: [(input: EmbeddingInput, place: String)], _ priority: GenerationRequest.Priority
    ) async throws -> Embedded {
        let model = lease.model, urgency = Urgency(priority)
        var embedded = Embedded()
        // One after the other: of many pictures one lies in memory at a time.
        for (input, place) in inputs {
            switch input {
            case .prompt(.text(let text)):
                let count = model.tokenCount(of: text)
                guard count <= model.shape.positions else {
                    throw APIError.contextLengthExceeded(tokens: count, context: model.shape.positions, param: place)
                }
                embedded.vectors += try await model.embed([text], urgency: urgency)
                embedded.textTokens += count
            case .prompt(.tokens):
                throw APIError.invalid(
                    "Invalid '\(place)': the model `\(name)` takes texts and pictures, not tokens.", param: place,
                    code: "invalid_value")
            case .image(let image):
                let picture = try await senses.picture(image)
                do {
                    embedded.vectors.append(try await model.embed(picture, urgency: urgency))
                } catch let error as VisionError {
                    throw image.refusal("\(error)")
                }
                embedded.imageTokens += model.shape.patches
            }
        }
        return embedded
    }
}
