/// Reads a regular expression in Oniguruma's Ruby syntax, which is what `tokenizer.json` is written in.
///
/// Left out, with an error that says so: back-references, calls of groups, conditionals, absent expressions, `\K`, `\X`,
/// and look-behind of varying length. Groups capture nothing, because nobody asks.
struct RegularExpressionParser {
    private struct Options {
        var foldsCase = false, dotTakesNewline = false, isExtended = false
    }

    private let pattern: String
    let scalars: [Unicode.Scalar]
    var offset = 0
    private var options = Options()
    private var depth = 0
    /// Properties that were asked for before.
    var properties: [String: ScalarSet] = [:]
    private static let longestPattern = 1 << 16
    private static let deepestNesting = 64
    private static let mostRepeats = 1000

    init(_ pattern: String) {
        self.pattern = pattern
        scalars = Array(pattern.unicodeScalars)
    }

    func error(_ message: String, at place: Int? = nil) -> RegularExpressionError {
        RegularExpressionError(pattern: pattern, message: message, offset: place ?? offset)
    }

    mutating func parse() throws(RegularExpressionError) -> RegularExpressionNode {
        guard scalars.count <= Self.longestPattern else { throw error("it is too long") }
        let node = try alternatives()
        guard offset == scalars.count else { throw error("a parenthesis is closed that was not opened") }
        return node
    }

    var next: Unicode.Scalar? { offset < scalars.count ? scalars[offset] : nil }

    func peek(_ distance: Int = 1) -> Unicode.Scalar? {
        offset + distance < scalars.count ? scalars[offset + distance] : nil
    }

    func isNext(_ text: String) -> Bool { scalars[offset...].starts(with: text.unicodeScalars) }

    mutating func take(_ text: String) -> Bool {
        guard isNext(text) else { return false }
        offset += text.unicodeScalars.count
        return true
    }

    private mutating func alternatives() throws(RegularExpressionError) -> RegularExpressionNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestNesting else { throw error("its groups lie too deeply within each other") }
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
    }

    private mutating func sequence() throws(RegularExpressionError) -> RegularExpressionNode {
        var nodes: [RegularExpressionNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            if options.isExtended, skipExtendedSpace() { continue }
            if isNext("(?#") {
                while let scalar = next, scalar != ")" { offset += scalar == "\\" ? 2 : 1 }
                guard take(")") else { throw error("a comment has no end") }
                continue
            }
            if let flags = try bareOptions() {
                // They hold up to the end of the group, through its other alternatives too.
                let before = options
                options = flags
                let rest = try alternatives()
                options = before
                nodes.append(rest)
                break
            }
            nodes.append(try quantified(try atom()))
        }
        return nodes.isEmpty ? .empty : nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func skipExtendedSpace() -> Bool {
        guard let scalar = next else { return false }
        if scalar == " " || 0x09...0x0D ~= scalar.value {
            offset += 1
            return true
        }
        guard scalar == "#" else { return false }
        while let scalar = next, scalar != "\n" { offset += 1 }
        return true
    }

    // MARK: Quantifiers

    private mutating func quantified(_ atom: RegularExpressionNode) throws(RegularExpressionError)
        -> RegularExpressionNode
    {
        var node = atom
        while let scalar = next {
            let start = offset
            var bounds: (minimum: Int, maximum: Int?), isInterval = false
            switch scalar {
            case "*": bounds = (0, nil)
            case "+": bounds = (1, nil)
            case "?": bounds = (0, 1)
            case "{":
                guard let found = interval() else { return node }
                bounds = found
                isInterval = true
            default: return node
            }
            if !isInterval { offset += 1 }
            guard bounds.minimum <= Self.mostRepeats, bounds.maximum ?? 0 <= Self.mostRepeats else {
                throw error("more than \(Self.mostRepeats) repeats are asked for", at: start)
            }
            if let maximum = bounds.maximum, maximum < bounds.minimum {
                throw error("an interval ends before it begins", at: start)
            }
            var greed = RegularExpressionNode.Greed.greedy
            // In Ruby's syntax a{2}? is (?:a{2})? and a{2}+ is (?:a{2})+.
            if !(isInterval && bounds.minimum == bounds.maximum), take("?") {
                greed = .lazy
            } else if !isInterval, take("+") {
                greed = .possessive
            }
            node = .repeated(node, minimum: bounds.minimum, maximum: bounds.maximum, greed)
        }
        return node
    }

    /// `{n}`, `{n,}`, `{,m}` or `{n,m}`; anything else is a brace.
    private mutating func interval() -> (minimum: Int, maximum: Int?)? {
        var index = offset + 1
        func number() -> Int? {
            var value: Int?
            while index < scalars.count, 0x30...0x39 ~= scalars[index].value {
                value = min((value ?? 0) * 10 + Int(scalars[index].value - 0x30), 1 << 20)
                index += 1
            }
            return value
        }
        let minimum = number()
        var maximum = minimum
        if index < scalars.count, scalars[index] == "," {
            index += 1
            maximum = number()
            if minimum == nil, maximum == nil { return nil }
        } else if minimum == nil {
            return nil
        }
        guard index < scalars.count, scalars[index] == "}" else { return nil }
        offset = index + 1
        return (minimum ?? 0, maximum)
    }

    // MARK: Atoms

    private mutating func atom() throws(RegularExpressionError) -> RegularExpressionNode {
        let start = offset
        guard let scalar = next else { return .empty }
        offset += 1
        switch scalar {
        case "(":
            offset = start
            return try group()
        case "[":
            return .set(cased(try characterClass()))
        case ".": return .set(options.dotTakesNewline ? .all : ScalarSet("\n").inverted)
        case "^": return .assertion(.lineStart)
        case "$": return .assertion(.lineEnd)
        case "*", "+", "?": throw error("a quantifier has nothing before it", at: start)
        case "\\": return try escape(start)
        default: return .set(cased(ScalarSet(scalar)))
        }
    }

    private func cased(_ set: ScalarSet) -> ScalarSet { options.foldsCase ? set.foldingCase : set }

    private mutating func escape(_ start: Int) throws(RegularExpressionError) -> RegularExpressionNode {
        guard let scalar = next else { throw error("a backslash stands at the end", at: start) }
        switch scalar {
        case "A": offset += 1; return .assertion(.textStart)
        case "z": offset += 1; return .assertion(.textEnd)
        case "Z": offset += 1; return .assertion(.lastLineEnd)
        case "G": offset += 1; return .assertion(.searchStart)
        case "b": offset += 1; return .assertion(.wordBoundary)
        case "B": offset += 1; return .assertion(.noWordBoundary)
        case "R":
            offset += 1
            let newline = RegularExpressionNode.sequence([.set(ScalarSet("\r")), .set(ScalarSet("\n"))])
            let single = ScalarSet(0x0A..<0x0E).union(ScalarSet("\u{85}")).union(ScalarSet(0x2028..<0x202A))
            return .atomic(.alternatives([newline, .set(single)]))
        case "1"..."9", "k", "g": throw error("references to groups are not known here", at: start)
        case "K", "X", "y", "Y": throw error("\\\(Character(scalar)) is not known here", at: start)
        default: return .set(cased(try escapedSet(start, inClass: false)))
        }
    }

    private mutating func group() throws(RegularExpressionError) -> RegularExpressionNode {
        let start = offset
        let before = options
        defer { options = before }
        func closed(_ node: RegularExpressionNode) throws(RegularExpressionError) -> RegularExpressionNode {
            guard take(")") else { throw error("a group has no end", at: start) }
            return node
        }
        if take("(?:") { return try closed(try alternatives()) }
        if take("(?=") { return try closed(.lookahead(try alternatives(), negative: false)) }
        if take("(?!") { return try closed(.lookahead(try alternatives(), negative: true)) }
        if take("(?>") { return try closed(.atomic(try alternatives())) }
        for (opening, negative) in [("(?<=", false), ("(?<!", true)] where take(opening) {
            let node = try alternatives()
            let list = if case .alternatives(let nodes) = node { nodes } else { [node] }
            var sized: [(node: RegularExpressionNode, count: Int)] = []
            for node in list {
                guard let count = node.fixedCount, count <= Self.mostRepeats else {
                    throw error("look-behind of varying length is not known here", at: start)
                }
                sized.append((node, count))
            }
            return try closed(.lookbehind(sized, negative: negative))
        }
        if isNext("(?<") || isNext("(?'") {
            let closing: Unicode.Scalar = peek(2) == "<" ? ">" : "'"
            offset += 3
            while let scalar = next, scalar != closing { offset += 1 }
            guard next != nil else { throw error("a group's name has no end", at: start) }
            offset += 1
            return try closed(try alternatives())
        }
        if isNext("(?") {
            offset += 2
            options = try flags(start)
            guard take(":") else { throw error("this kind of group is not known here", at: start) }
            return try closed(try alternatives())
        }
        offset += 1
        return try closed(try alternatives())
    }

    /// `(?i)` and its like, which have no body of their own.
    private mutating func bareOptions() throws(RegularExpressionError) -> Options? {
        guard isNext("(?"), let flag = peek(2), flag == "-" || flag == "i" || flag == "m" || flag == "x" else {
            return nil
        }
        let start = offset
        offset += 2
        let found = try flags(start)
        if take(")") { return found }
        offset = start
        return nil
    }

    private mutating func flags(_ start: Int) throws(RegularExpressionError) -> Options {
        var found = options, isOn = true
        while let scalar = next, scalar != ":", scalar != ")" {
            switch scalar {
            case "-": isOn = false
            case "i": found.foldsCase = isOn
            case "m": found.dotTakesNewline = isOn
            case "x": found.isExtended = isOn
            default: throw error("this kind of group is not known here", at: start)
            }
            offset += 1
        }
        return found
    }
}
