import Tutti
import TuttiOpenAI

/// Models that the server answers with: loaded on first use, put away when memory is short, never under a request.
actor ModelShelf {
    /// A model that stays loaded for as long as somebody holds this.
    final class Lease<Model: Sendable>: Sendable {
        let model: Model
        /// The model's own name, as answers tell it.
        let name: String
        private let release: @Sendable () -> Void

        init(_ model: Model, name: String, release: @escaping @Sendable () -> Void) {
            self.model = model
            self.name = name
            self.release = release
        }

        deinit { release() }
    }

    // Interface (to be written by the core helper):
    // func language(_ name: String) async throws -> Lease<LanguageModel>     // APIError.modelNotFound, alias resolved
    // func embedder(_ name: String) async throws -> Lease<EmbeddingModel>
    // func listing() -> [ModelListing]
}
