public import TuttiImages
public import TuttiTensors

/// Finds what is written in pictures and what they show, for models that have no eyes.
///
///     let reader = PictureReader(text: try TextReader(folder: ocr, pool: pool), pool: pool)
///     let perception = try await reader.read(picture)
///     print(perception.text())
///
/// It computes on a thread of its own, a picture at a time.
public final class PictureReader: Sendable {
    private let text: TextReader?
    private let thread: ComputeThread

    /// - Parameter text: What reads; nil to read nothing.
    public init(text: TextReader?, pool: ComputePool) {
        self.text = text
        thread = ComputeThread(name: "tutti vision", pool: pool)
    }

    /// Looks at a picture.
    /// - Throws: `GraphError` where a model is none of its kind; `CancellationError`.
    public func read(_ picture: Picture, urgency: Urgency = .live) async throws -> Perception {
        let lines = try await thread.run(urgency) { [text] step, isCancelled in
            try text?.read(picture, step, isCancelled: isCancelled) ?? []
        }
        return Perception(
            width: picture.width, height: picture.height, layout: PageLayout(lines), labels: [])
    }
}
