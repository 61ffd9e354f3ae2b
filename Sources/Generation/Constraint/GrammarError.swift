/// What cannot be compiled into a grammar, by name and place.
public struct GrammarError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with it, or what about it is not known here.
    public let message: String
    /// The JSON Schema's keyword, the grammar's rule or the regular expression that is meant.
    public let keyword: String?
    /// Where it stands: a JSON pointer into the schema, or a line of a grammar's text; empty for the whole.
    public let path: String

    public init(_ message: String, keyword: String? = nil, path: String = "") {
        self.message = message
        self.keyword = keyword
        self.path = path
    }

    public var description: String {
        let place = path.isEmpty ? "" : " at \(path)"
        return keyword.map { "\($0)\(place): \(message)" }
            ?? (place.isEmpty ? message : "\(place.dropFirst()): \(message)")
    }
}
