/// A line of text in a picture.
public struct TextLine: Sendable, Equatable {
    public let text: String
    /// How sure its reading is, 0 to 1.
    public let confidence: Float
    /// In the picture's pixels; the top left is where its first character begins, whichever way it is turned.
    public let place: Quadrilateral

    public init(text: String, confidence: Float, place: Quadrilateral) {
        (self.text, self.confidence, self.place) = (text, confidence, place)
    }
}
