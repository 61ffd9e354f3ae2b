/// What a picture may show.
public struct PictureLabel: Sendable, Equatable {
    /// Of the model's classes; two of them may have one name.
    public let index: Int
    public let name: String
    /// 0 to 1; those of all classes together are 1.
    public let confidence: Float

    public init(index: Int, name: String, confidence: Float) {
        (self.index, self.name, self.confidence) = (index, name, confidence)
    }
}

extension [PictureLabel] {
    /// Those that may be said, from the surest on: none unless the first is sure enough, and no others that are far
    /// from it.
    ///
    /// A classifier always answers, to a drawing or a page of text too. On the pictures that it was compared on, what
    /// is right begins at 0.39, and what is wrong ends at 0.27.
    public var worthSaying: [PictureLabel] {
        guard let first, first.confidence >= 0.3 else { return [] }
        return prefix(3).filter { $0.confidence >= Swift.max(0.1, first.confidence / 4) }
    }
}
