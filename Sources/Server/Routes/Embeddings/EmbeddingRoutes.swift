import Hummingbird
import Tutti
import TuttiCheckpoints
import TuttiOpenAI

/// `/v1/embeddings`: texts as vectors.
struct EmbeddingRoutes: Routes {
    private let services: Services

    init(_ services: Services) { self.services = services }

    func add(to group: RouterGroup<APIContext>) { group.post("embeddings", use: create) }

    var endpoints: [String: EndpointTable.Endpoint] {
        ["/v1/embeddings": { body, _, priority in try await answer(EmbeddingRequest(body), priority).json }]
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await services.json(of: request)
        return .json(try await answer(EmbeddingRequest(body), .interactive).json)
    }

    private func answer(
        _ request: EmbeddingRequest, _ priority: GenerationRequest.Priority
    ) async throws -> EmbeddingList {
        let embedder = try await Embedder(request.model, services.models)
        if let dimensions = request.dimensions, dimensions > embedder.width {
            throw APIError.invalid(
                "Invalid 'dimensions': \(dimensions) is more than the \(embedder.width) that \(embedder.name) has.",
                param: "dimensions", code: "invalid_value")
        }
        let isAlone = request.inputs.count == 1
        let texts = try request.inputs.enumerated().map { index, input in
            try embedder.tokens(input, place: isAlone ? "input" : "input[\(index)]")
        }
        let vectors = try await embedder.vectors(texts, priority)
        let tokenCount = texts.reduce(0) { $0 + $1.count }
        services.meters.embedded(embedder.name, tokens: tokenCount)
        return EmbeddingList(
            model: embedder.name,
            vectors: vectors.map { vector in request.dimensions.map { Self.cut(vector, to: $0) } ?? vector },
            encoding: request.encoding, promptTokens: tokenCount)
    }

    /// The first numbers of a vector, scaled to length one again.
    private static func cut(_ vector: [Float], to count: Int) -> [Float] {
        let part = Array(vector.prefix(count))
        let length = part.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? part.map { $0 / length } : part
    }
}
