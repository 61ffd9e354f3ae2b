/// A step of a compiled regular expression. Numbers are places of other steps.
enum RegularExpressionStep {
    /// One scalar of a set.
    case scalar(Int)
    /// As many scalars of a set as there are, giving back one after the other.
    case run(Int)
    /// Tries the first place, then the second.
    case either(Int, Int)
    case jump(Int)
    /// The steps up to the place match here, and what follows begins where they began (or not at all, if negative).
    case lookahead(end: Int, negative: Bool)
    /// The same, a number of scalars before.
    case lookbehind(end: Int, count: Int, negative: Bool)
    /// The steps up to the place match here in one way only.
    case atomic(end: Int)
    case assertion(RegularExpressionNode.Assertion)
    /// A loop whose body may match nothing: fails where it did.
    case loopStart(Int)
    case loopEnd(Int)
    case accept
}

/// Compiles what the parser read.
struct RegularExpressionCompiler {
    private let pattern: String
    private(set) var steps: [RegularExpressionStep] = []
    private(set) var sets: [ScalarSet] = []
    private(set) var loopCount = 0
    private var places: [ScalarSet: Int] = [:]
    private static let mostSteps = 20_000

    init(_ pattern: String) throws(RegularExpressionError) {
        self.pattern = pattern
        var parser = RegularExpressionParser(pattern)
        try compile(try parser.parse())
        steps.append(.accept)
    }

    private mutating func emit(_ step: RegularExpressionStep) throws(RegularExpressionError) {
        guard steps.count < Self.mostSteps else {
            throw RegularExpressionError(pattern: pattern, message: "it is too large when written out", offset: 0)
        }
        steps.append(step)
    }

    private mutating func place(of set: ScalarSet) -> Int {
        if let place = places[set] { return place }
        places[set] = sets.count
        sets.append(set)
        return sets.count - 1
    }

    private mutating func compile(_ node: RegularExpressionNode) throws(RegularExpressionError) {
        switch node {
        case .empty: break
        case .set(let set): try emit(.scalar(place(of: set)))
        case .sequence(let nodes): for node in nodes { try compile(node) }
        case .alternatives(let nodes):
            var ends: [Int] = []
            for (i, node) in nodes.enumerated() {
                if i == nodes.count - 1 {
                    try compile(node)
                } else {
                    let fork = steps.count
                    try emit(.either(fork + 1, fork + 1))
                    try compile(node)
                    ends.append(steps.count)
                    try emit(.jump(0))
                    steps[fork] = .either(fork + 1, steps.count)
                }
            }
            for end in ends { steps[end] = .jump(steps.count) }
        case .repeated(let node, let minimum, let maximum, let greed):
            if greed == .possessive {
                let start = steps.count
                try emit(.atomic(end: 0))
                try repeated(node, minimum, maximum, isLazy: false)
                try emit(.accept)
                steps[start] = .atomic(end: steps.count)
            } else {
                try repeated(node, minimum, maximum, isLazy: greed == .lazy)
            }
        case .atomic(let node):
            let start = steps.count
            try emit(.atomic(end: 0))
            try compile(node)
            try emit(.accept)
            steps[start] = .atomic(end: steps.count)
        case .lookahead(let node, let negative):
            let start = steps.count
            try emit(.accept)
            try compile(node)
            try emit(.accept)
            steps[start] = .lookahead(end: steps.count, negative: negative)
        case .lookbehind(let nodes, let negative): try lookbehind(nodes, negative)
        case .assertion(let assertion): try emit(.assertion(assertion))
        }
    }

    /// One of several alternatives lies before here; or, negative, none does.
    private mutating func lookbehind(
        _ nodes: [(node: RegularExpressionNode, count: Int)], _ negative: Bool
    ) throws(RegularExpressionError) {
        var ends: [Int] = []
        for (i, (node, count)) in nodes.enumerated() {
            let fork = steps.count
            let isLast = negative || i == nodes.count - 1
            if !isLast { try emit(.either(fork + 1, 0)) }
            let start = steps.count
            try emit(.accept)
            try compile(node)
            try emit(.accept)
            steps[start] = .lookbehind(end: steps.count, count: count, negative: negative)
            if !isLast {
                ends.append(steps.count)
                try emit(.jump(0))
                steps[fork] = .either(fork + 1, steps.count)
            }
        }
        for end in ends { steps[end] = .jump(steps.count) }
    }

    private mutating func repeated(
        _ node: RegularExpressionNode, _ minimum: Int, _ maximum: Int?, isLazy: Bool
    ) throws(RegularExpressionError) {
        for _ in 0..<minimum {
            let count = steps.count
            try compile(node)
            if steps.count == count { break }  // nothing, however often
        }
        func fork(_ body: Int, _ end: Int) -> RegularExpressionStep { isLazy ? .either(end, body) : .either(body, end) }
        guard let maximum else {
            if !isLazy, case .set(let set) = node { return try emit(.run(place(of: set))) }
            let start = steps.count
            try emit(.accept)
            let loop = node.isNullable ? loopCount : nil
            if let loop {
                loopCount += 1
                try emit(.loopStart(loop))
            }
            try compile(node)
            if let loop { try emit(.loopEnd(loop)) }
            try emit(.jump(start))
            steps[start] = fork(start + 1, steps.count)
            return
        }
        var forks: [Int] = []
        for _ in minimum..<max(minimum, maximum) {
            forks.append(steps.count)
            try emit(.accept)
            try compile(node)
        }
        for place in forks { steps[place] = fork(place + 1, steps.count) }
    }
}
