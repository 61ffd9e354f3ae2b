import Foundation
public import TuttiCheckpoints
public import TuttiImages
public import TuttiModels
public import TuttiTensors
import TuttiVision

/// A CLIP or SigLIP: it puts pictures and texts into one space, and so says which of some texts a picture goes with.
///
///     let model = try await ContrastiveModel.load("hf:google/siglip-base-patch16-224")
///     let scores = try await model.classify(picture, as: ["a cat", "a dog"])
public final class ContrastiveModel: Sendable {
    /// What it was asked for by.
    public let name: String
    /// What it computes, in numbers.
    public var shape: ContrastiveShape { model.shape }
    private let model: PictureTextModel
    private let thread: ComputeThread

    private init(name: String, model: PictureTextModel, pool: ComputePool) {
        (self.name, self.model) = (name, model)
        thread = ComputeThread(name: "tutti contrastive", pool: pool)
    }

    /// Loads the model that `model` stands for: a folder as Hugging Face lays it out, or `hf:OWNER/NAME`.
    /// - Throws: `StoreError` when there is no such model, and what is wrong with its files.
    public static func load(
        _ model: String, threads: Int? = nil, store: ModelStore? = nil
    ) async throws -> ContrastiveModel {
        let location = try (store ?? ModelStore()).resolve(model)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let pool = ComputePool(threads: threads ?? ComputePool.defaultThreadCount)
                continuation.resume(
                    with: Result {
                        ContrastiveModel(
                            name: model, model: try PictureTextModel(folder: location.path, pool: pool), pool: pool)
                    })
            }
        }
    }

    /// How many tokens a text has with its ends; what is beyond `shape.positions` is cut.
    public func tokenCount(of text: String) -> Int { model.tokenCount(of: text) }

    /// A picture's place in the space, of length one.
    /// - Throws: `VisionError` for a picture that the model cannot take; `CancellationError`.
    public func embed(_ picture: Picture, urgency: Urgency = .live) async throws -> [Float] {
        try await thread.run(urgency) { [model] step, _ in try model.embed(picture, step) }
    }

    /// The places of texts, each of length one.
    public func embed(_ texts: [String], urgency: Urgency = .live) async throws -> [[Float]] {
        try await thread.run(urgency) { [model] step, _ in model.embed(texts, step) }
    }

    /// How well each label fits the picture, 0 to 1, in the order given. CLIP's scores add up to 1; SigLIP's stand alone.
    /// - Parameter template: The sentence that a label is put into, in place of `{}`.
    /// - Throws: `VisionError` for a picture that the model cannot take; `CancellationError`.
    public func classify(
        _ picture: Picture, as labels: [String], template: String = "This is a photo of {}.", urgency: Urgency = .live
    ) async throws -> [Float] {
        try await thread.run(urgency) { [model] step, _ in
            try model.classify(picture, as: labels, template: template, step)
        }
    }
}
