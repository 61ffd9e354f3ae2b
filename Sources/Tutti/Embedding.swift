public import TuttiGeneration
public import TuttiModels
public import TuttiTensors

extension LanguageModel {
    /// How this model's states become a vector: as its file says, or the mean of all.
    public var pooling: EncoderShape.Pooling {
        let architecture = checkpoint.metadata.string("general.architecture") ?? ""
        return checkpoint.metadata.integer("\(architecture).pooling_type").flatMap {
            EncoderShape.Pooling(rawValue: $0)
        }
            ?? .mean
    }

    /// A vector of length one for each text: the states of its last layer, pooled.
    ///
    /// A model that was made to embed does it better: see ``EmbeddingModel``. This is for when there is none, and for
    /// decoders that were trained to.
    /// - Parameters:
    ///   - texts: In tokens, each as long as the context at most.
    ///   - pooling: nil for the model's own.
    /// - Throws: `EngineError` for a text that is empty or too long, or when too many requests wait.
    public func embed(
        _ texts: [[Token]], pooling: EncoderShape.Pooling? = nil,
        priority: GenerationRequest.Priority = .interactive
    ) async throws -> [[Float]] {
        let pooling = pooling ?? self.pooling
        @Sendable func vector(_ index: Int) async throws -> (Int, [Float]) {
            for try await vector in try engine.embed(texts[index], pooling: pooling, priority: priority) {
                return (index, vector)
            }
            throw EngineError.stopped
        }
        var vectors = [[Float]](repeating: [], count: texts.count)
        // A few at a time: a long list must not fill the queue that others wait in.
        try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for index in texts.indices {
                if index >= 8, let (done, vector) = try await group.next() { vectors[done] = vector }
                group.addTask { try await vector(index) }
            }
            for try await (done, vector) in group { vectors[done] = vector }
        }
        return vectors
    }
}
