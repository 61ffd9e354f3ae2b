/// Why a graph cannot be computed.
public enum GraphError: Error, Equatable, CustomStringConvertible {
    /// Operators that are not known here, each once.
    case unknownOperators([String])
    /// A tensor is of a kind that graphs are not computed with.
    case unusableType(tensor: String, type: String)
    /// The graph as a whole makes no sense.
    case malformed(String)
    /// What was given from outside does not fit.
    case badInput(String)
    /// An operator cannot do what it is asked to.
    case failed(node: String, operation: String, reason: String)

    public var description: String {
        switch self {
        case .unknownOperators(let names):
            "The graph uses operators that Tutti does not know: \(names.joined(separator: ", "))."
        case .unusableType(let tensor, let type):
            "The tensor `\(tensor)` is of type \(type): only float32, int64, int32, int8, uint8 and bool are computed."
        case .malformed(let reason): "The graph makes no sense: \(reason)."
        case .badInput(let reason): "The graph cannot be run on this: \(reason)."
        case .failed(let node, let operation, let reason):
            "The node `\(node)` (\(operation)) cannot be computed: \(reason)."
        }
    }
}

/// What an operator says is wrong; whoever called it knows the node.
struct GraphFault: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
