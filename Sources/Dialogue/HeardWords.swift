/// What somebody said in a recording, for a model that has no ears itself.
public struct HeardWords: Sendable, Hashable {
    public var words: String

    public init(_ words: String) { self.words = words }

    /// How a prompt tells it: a question that was spoken by itself is asked, and a recording that comes with other words is
    /// told apart from them.
    /// - Parameter isAlone: Whether the message is this recording and nothing else.
    public func text(isAlone: Bool) -> String {
        if words.isEmpty { return "(There is a recording in which nobody says anything.)" }
        return isAlone ? words : "\n(A recording, in which somebody says: \"\(words)\")\n"
    }
}
