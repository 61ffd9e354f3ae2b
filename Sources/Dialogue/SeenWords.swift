/// What was found in a picture, for a model that has no eyes itself.
public struct SeenWords: Sendable, Hashable {
    /// What is written in it, and what it shows as far as that is certain enough to say.
    public var found: String

    public init(_ found: String) { self.found = found }

    /// How a prompt tells it, apart from the words around it.
    /// - Parameter number: Which of a conversation's pictures it is, from 1; nil where there is one only.
    public func text(number: Int? = nil) -> String {
        "\n[\(number.map { "Picture \($0)" } ?? "Picture"):\n\(found)]\n"
    }
}
