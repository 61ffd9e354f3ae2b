/// What a regular expression says, before it is compiled.
indirect enum RegularExpressionNode {
    enum Greed { case greedy, lazy, possessive }

    enum Assertion {
        /// `^` and `$`, which look for lines in Oniguruma.
        case lineStart, lineEnd
        /// `\A`, `\z`, and `\Z`, which also stands before a last newline.
        case textStart, textEnd, lastLineEnd
        /// `\G`: where the search began.
        case searchStart
        /// `\b` and `\B`.
        case wordBoundary, noWordBoundary
    }

    case empty
    case set(ScalarSet)
    case sequence([RegularExpressionNode])
    case alternatives([RegularExpressionNode])
    case repeated(RegularExpressionNode, minimum: Int, maximum: Int?, Greed)
    case atomic(RegularExpressionNode)
    case lookahead(RegularExpressionNode, negative: Bool)
    /// Each alternative with its length in scalars.
    case lookbehind([(node: RegularExpressionNode, count: Int)], negative: Bool)
    case assertion(Assertion)

    private static let longestFixed = 1 << 16

    /// The number of scalars that every match has, or nothing if matches differ.
    var fixedCount: Int? {
        switch self {
        case .empty, .lookahead, .lookbehind, .assertion: return 0
        case .set: return 1
        case .sequence(let nodes):
            var sum = 0
            for node in nodes {
                guard let count = node.fixedCount else { return nil }
                sum += count
                if sum > Self.longestFixed { return nil }
            }
            return sum
        case .alternatives(let nodes):
            let counts = nodes.map(\.fixedCount)
            guard let first = counts.first, let first, counts.allSatisfy({ $0 == first }) else { return nil }
            return first
        case .repeated(let node, let minimum, let maximum, _):
            guard minimum == maximum, let count = node.fixedCount else { return nil }
            let (product, overflows) = count.multipliedReportingOverflow(by: minimum)
            return overflows || product > Self.longestFixed ? nil : product
        case .atomic(let node): return node.fixedCount
        }
    }

    /// Whether a match may be empty.
    var isNullable: Bool {
        switch self {
        case .empty, .lookahead, .lookbehind, .assertion: true
        case .set: false
        case .sequence(let nodes): nodes.allSatisfy(\.isNullable)
        case .alternatives(let nodes): nodes.contains(where: \.isNullable)
        case .repeated(let node, let minimum, _, _): minimum == 0 || node.isNullable
        case .atomic(let node): node.isNullable
        }
    }
}
