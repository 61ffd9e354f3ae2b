/// What was made out in a picture, for a model that has no eyes itself.
public struct SeenWords: Sendable, Hashable {
    /// What is written in it, laid out as it stands there; empty where nothing is.
    public var text: String
    /// What it shows, likeliest first; empty where that is not certain enough to say.
    public var names: [String]

    public init(text: String, names: [String] = []) { (self.text, self.names) = (text, names) }

    /// How a prompt tells it, apart from the words around it.
    /// - Parameter number: Which of a conversation's pictures it is, from 1; nil where there is one only.
    public func text(number: Int? = nil) -> String {
        let picture = number.map { "Picture \($0)" } ?? "Picture"
        var said = ""
        if !text.isEmpty { said += "What is written in it:\n\(text)\n" }
        if !names.isEmpty { said += "What it shows, as far as can be told: \(names.joined(separator: ", ")).\n" }
        if said.isEmpty { said = "Nothing is written in it, and what it shows cannot be told.\n" }
        return "\n[\(picture). \(said)]\n"
    }
}
