import TuttiText

/// A regular expression, read.
indirect enum PatternNode: Sendable {
    case characters(ScalarSet)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repetition(PatternNode, Int, Int?)
    /// Looks ahead, from here to the end of the text.
    case ahead(PatternNode, isNegative: Bool)
    case textStart
    case textEnd

    static let empty = PatternNode.sequence([])

    /// Whether anything in it looks at where it stands.
    var hasAssertions: Bool {
        switch self {
        case .characters: false
        case .sequence(let nodes), .choice(let nodes): nodes.contains(where: \.hasAssertions)
        case .repetition(let node, _, _): node.hasAssertions
        case .ahead, .textStart, .textEnd: true
        }
    }

    /// Whether `^` stands anywhere in it.
    var asksForStart: Bool {
        switch self {
        case .characters, .textEnd: false
        case .sequence(let nodes), .choice(let nodes): nodes.contains(where: \.asksForStart)
        case .repetition(let node, _, _), .ahead(let node, _): node.asksForStart
        case .textStart: true
        }
    }
}

/// How a text stands in an answer.
enum TextForm: Hashable {
    /// As it is.
    case plain
    /// Inside a JSON string, with the escapes that it needs and no others.
    case json
}
