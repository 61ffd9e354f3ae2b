import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/embeddings`: texts as vectors, and pictures where the model takes them.
struct EmbeddingRoutes: Routes {
    private let services: Services

    init(_ services: Services) { self.services = services }

    func add(to group: RouterGroup<APIContext>) { group.post("embeddings", use: create) }

    var endpoints: [String: EndpointTable.Endpoint] {
        [
            "/v1/embeddings": { body, project, priority in
                try await answer(EmbeddingRequest(body), project, priority).json
            }
        ]
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await services.json(of: request)
        return .json(try await answer(EmbeddingRequest(body), context.project, .interactive).json)
    }

    private func embedder(
        _ name: String, _ project: Project, _ priority: GenerationRequest.Priority
    ) async throws -> any Embedder {
        switch try services.models.kind(name) {
        case .embedding where try services.models.sees(name):
            return PictureEmbedder(
                lease: try await services.models.contrastive(name),
                senses: Senses(services: services, project: project, urgency: Urgency(priority)))
        case .embedding: return TextEmbedder.encoder(try await services.models.embedder(name))
        // A model that hears or speaks is refused by the shelf.
        default: return TextEmbedder.decoder(try await services.models.language(name))
        }
    }

    private func answer(
        _ request: EmbeddingRequest, _ project: Project, _ priority: GenerationRequest.Priority
    ) async throws -> EmbeddingList {
        let embedder = try await embedder(request.model, project, priority)
        if let dimensions = request.dimensions, dimensions > embedder.width {
            throw APIError.invalid(
                "Invalid 'dimensions': \(dimensions) is more than the \(embedder.width) that \(embedder.name) has.",
                param: "dimensions", code: "invalid_value")
        }
        let isAlone = request.inputs.count == 1
        let inputs = request.inputs.enumerated().map { index, input in
            (input: input, place: isAlone ? "input" : "input[\(index)]")
        }
        let embedded = try await embedder.embed(inputs, priority)
        let tokenCount = embedded.textTokens + embedded.imageTokens
        services.meters.embedded(embedder.name, tokens: tokenCount)
        return EmbeddingList(
            model: embedder.name,
            vectors: embedded.vectors.map { vector in request.dimensions.map { Self.cut(vector, to: $0) } ?? vector },
            encoding: request.encoding, promptTokens: tokenCount, imageTokens: embedded.imageTokens)
    }

    /// The first numbers of a vector, scaled to length one again.
    private static func cut(_ vector: [Float], to count: Int) -> [Float] {
        let part = Array(vector.prefix(count))
        let length = part.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? part.map { $0 / length } : part
    }
}
