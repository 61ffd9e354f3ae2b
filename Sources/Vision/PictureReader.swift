public import Foundation
public import TuttiImages
public import TuttiTensors

/// Finds what is written in pictures and what they show, for models that have no eyes.
///
///     let reader = try PictureReader(reading: folder, naming: nil, pool: pool)
///     let perception = try await reader.read(picture)
///     print(perception.text())
///
/// It computes on a thread of its own, a picture at a time.
public final class PictureReader: Sendable {
    private let text: TextReader?
    private let namer: PictureNamer?
    private let thread: ComputeThread

    /// - Parameters:
    ///   - text: What reads; nil to read nothing.
    ///   - namer: What names; nil to name nothing.
    public init(text: TextReader?, namer: PictureNamer? = nil, pool: ComputePool) {
        (self.text, self.namer) = (text, namer)
        thread = ComputeThread(name: "tutti vision", pool: pool)
    }

    /// Loads what reads and what names out of their folders; see ``SeeingModelForm``.
    /// - Parameters:
    ///   - reading: PP-OCR's; nil to read nothing.
    ///   - naming: EfficientNet-lite0's; nil to name nothing.
    /// - Throws: ``PictureReaderError``, `CheckpointError`, `GraphError` or `ModelError`.
    public convenience init(reading: URL?, naming: URL?, pool: ComputePool) throws {
        self.init(
            text: try reading.map { try TextReader(folder: $0, pool: pool) },
            namer: try naming.map { try PictureNamer(folder: $0, pool: pool) }, pool: pool)
    }

    /// Looks at a picture.
    /// - Throws: `GraphError` where a model is none of its kind; `CancellationError`.
    public func read(_ picture: Picture, urgency: Urgency = .live) async throws -> Perception {
        let lines = try await thread.run(urgency) { [text] step, isCancelled in
            try text?.read(picture, step, isCancelled: isCancelled) ?? []
        }
        let labels = try await thread.run(urgency) { [namer] step, _ in namer?.labels(of: picture, step) ?? [] }
        return Perception(
            width: picture.width, height: picture.height, layout: PageLayout(lines), labels: labels)
    }
}
