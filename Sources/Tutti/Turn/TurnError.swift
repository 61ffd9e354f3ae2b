/// What is wrong with a turn's request.
public enum TurnError: Error, Equatable, CustomStringConvertible {
    /// The tool choice names a tool that is not there.
    case unknownTool(String, known: [String])
    /// A call is required, and there is no tool.
    case noTools
    /// Two tools have one name.
    case repeatedTool(String)

    public var description: String {
        switch self {
        case .unknownTool(let name, let known):
            "The tool choice names \(name), which is not among the tools"
                + (known.isEmpty ? ": there are none." : " (\(known.joined(separator: ", "))).")
        case .noTools: "A call of a tool is required, but there are no tools: give some, or do not require it."
        case .repeatedTool(let name): "Two tools are called \(name): their names have to differ."
        }
    }
}
