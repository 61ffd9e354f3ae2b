import TuttiText

/// Reads llama.cpp's notation: `root ::= "yes" | "no" [a-z]{2,5} other?`.
struct GBNFParser {
    private var scanner: GrammarScanner
    private var depth = 0

    init(_ source: String) { scanner = GrammarScanner(source, notation: "gbnf", comments: ["#"]) }

    mutating func parse() throws(GrammarError) -> GrammarText {
        var text = GrammarText(notation: "gbnf")
        scanner.skipSpace()
        while !scanner.isAtEnd {
            let line = scanner.line
            guard let name = scanner.name("-_") else { throw scanner.error("a rule's name is expected") }
            scanner.skipSpace()
            guard scanner.take("::=") else { throw scanner.error("::= is expected behind “\(name)”") }
            try text.define(name, try choice(), line: line)
            scanner.skipSpace()
        }
        return text
    }

    private mutating func choice() throws(GrammarError) -> GrammarNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < 100 else { throw scanner.error("groups lie too deeply within each other") }
        var options = [try sequence()]
        while scanner.take("|") { options.append(try sequence()) }
        return options.count == 1 ? options[0] : .choice(options)
    }

    /// Whether the next rule begins here.
    private func isDefinition() -> Bool {
        var ahead = scanner
        guard ahead.name("-_") != nil else { return false }
        ahead.skipSpace()
        return ahead.isNext("::=")
    }

    private mutating func sequence() throws(GrammarError) -> GrammarNode {
        var nodes: [GrammarNode] = []
        while true {
            scanner.skipSpace()
            guard let scalar = scanner.next, scalar != "|", scalar != ")", !isDefinition() else { break }
            nodes.append(try repeated(try atom(scalar)))
        }
        return .sequence(nodes)
    }

    private mutating func repeated(_ atom: GrammarNode) throws(GrammarError) -> GrammarNode {
        var node = atom
        while true {
            if scanner.take("*") {
                node = .repetition(node, 0, nil)
            } else if scanner.take("+") {
                node = .repetition(node, 1, nil)
            } else if scanner.take("?") {
                node = .repetition(node, 0, 1)
            } else if scanner.take("{") {
                scanner.skipSpace()
                guard let minimum = try scanner.number() else { throw scanner.error("a number is expected in {…}") }
                scanner.skipSpace()
                var maximum: Int? = minimum
                if scanner.take(",") {
                    scanner.skipSpace()
                    maximum = try scanner.number()
                    scanner.skipSpace()
                }
                guard scanner.take("}"), maximum ?? minimum >= minimum else {
                    throw scanner.error("{…} is not a count")
                }
                node = .repetition(node, minimum, maximum)
            } else {
                return node
            }
        }
    }

    private mutating func atom(_ scalar: Unicode.Scalar) throws(GrammarError) -> GrammarNode {
        if scanner.take("\"") { return .text(Array(try scanner.quoted().utf8)) }
        if scanner.take("[") { return .characters(try characters()) }
        if scanner.take(".") { return .characters(.all) }
        if scanner.take("(") {
            let node = try choice()
            scanner.skipSpace()
            guard scanner.take(")") else { throw scanner.error("a group has no end") }
            return node
        }
        guard let name = scanner.name("-_") else {
            throw scanner.error("“\(Character(scalar))” is not known here")
        }
        return .rule(name)
    }

    private mutating func characters() throws(GrammarError) -> ScalarSet {
        let isNegated = scanner.take("^")
        var ranges: [Range<UInt32>] = []
        while !scanner.take("]") {
            guard scanner.next != nil else { throw scanner.error("[…] has no end") }
            let low = try scanner.character().value
            var high = low
            if scanner.isNext("-"), !scanner.isNext("-]") {
                scanner.offset += 1
                high = try scanner.character().value
            }
            guard low <= high else { throw scanner.error("a range ends before it begins") }
            ranges.append(low..<high + 1)
        }
        let set = ScalarSet(ranges: ranges)
        return isNegated ? set.inverted : set
    }
}
