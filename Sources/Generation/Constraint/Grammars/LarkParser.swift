import TuttiCheckpoints
import TuttiText

/// Reads the notation of the Lark parser: rules and TERMINALS, `%ignore`, `%import common.…`, and `%json {…}` for a value
/// of a JSON Schema.
///
/// A grammar says what texts there are; which of several readings a text has makes no difference, so priorities, aliases
/// and the marks before a rule's name change nothing, and terminals need not be the longest.
struct LarkParser {
    private var scanner: GrammarScanner
    private var text = GrammarText(notation: "lark")
    private var ignored: [GrammarNode] = []
    /// Whether a terminal is being read: nothing is ignored inside.
    private var isTerminal = false
    private var depth = 0
    private static let ignoring = "%ignore"

    init(_ source: String) { scanner = GrammarScanner(source, notation: "lark", comments: ["//", "#"]) }

    mutating func parse() throws(GrammarError) -> GrammarText {
        scanner.skipSpace()
        while !scanner.isAtEnd {
            if scanner.next == "%" { try directive() } else { try definition() }
            scanner.skipSpace()
        }
        text.rules[Self.ignoring] = .repetition(.choice(ignored), 0, nil)
        if let start = text.rules["start"] { text.rules["start"] = .sequence([start, .rule(Self.ignoring)]) }
        return text
    }

    private mutating func directive() throws(GrammarError) {
        if scanner.take("%ignore") {
            isTerminal = true
            ignored.append(try choice())
        } else if scanner.take("%import") {
            scanner.skipSpace(lines: false)
            guard scanner.take("common.") else { throw scanner.error("only `common` can be imported from") }
            var names: [String] = []
            if scanner.take("(") {
                repeat {
                    scanner.skipSpace()
                    if let name = scanner.name("_") { names.append(name) }
                    scanner.skipSpace()
                } while scanner.take(",")
                guard scanner.take(")") else { throw scanner.error("a list of names has no end") }
            } else if let name = scanner.name("_") {
                names.append(name)
            }
            scanner.skipSpace(lines: false)
            var alias: String?
            if scanner.take("->") {
                scanner.skipSpace(lines: false)
                alias = scanner.name("_")
            }
            for name in names {
                guard let pattern = Self.common[name] else { throw scanner.error("`common` has no \(name)") }
                try text.define(alias ?? name, .pattern(pattern), line: scanner.line)
            }
        } else {
            throw scanner.error("only %ignore, %import and %json are known here")
        }
    }

    private mutating func definition() throws(GrammarError) {
        let line = scanner.line
        while scanner.take("?") || scanner.take("!") {}
        guard let name = scanner.name("_") else { throw scanner.error("a rule's name is expected") }
        if scanner.take(".") { _ = try scanner.number() }
        scanner.skipSpace()
        guard !scanner.isNext("{"), !scanner.isNext("[") else {
            throw scanner.error("templates and attributes of “\(name)” are not known here")
        }
        guard scanner.take(":") else { throw scanner.error(": is expected behind “\(name)”") }
        isTerminal = Self.isTerminal(name)
        try text.define(name, try choice(), line: line)
    }

    private static func isTerminal(_ name: String) -> Bool {
        name.unicodeScalars.first { $0 != "_" }.map { "A"..."Z" ~= $0 } ?? false
    }

    private mutating func choice() throws(GrammarError) -> GrammarNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < 100 else { throw scanner.error("groups lie too deeply within each other") }
        var options = [try sequence()]
        while scanner.take("|") { options.append(try sequence()) }
        return options.count == 1 ? options[0] : .choice(options)
    }

    /// Whether something new is defined here.
    private func isDefinition() -> Bool {
        var ahead = scanner
        while ahead.take("?") || ahead.take("!") {}
        guard ahead.name("_") != nil else { return false }
        if ahead.take(".") { _ = ahead.name("") }
        ahead.skipSpace(lines: false)
        return ahead.isNext(":") || ahead.isNext("{")
    }

    private mutating func sequence() throws(GrammarError) -> GrammarNode {
        var nodes: [GrammarNode] = []
        while true {
            let line = scanner.line
            scanner.skipSpace()
            guard let scalar = scanner.next, !"|)]".unicodeScalars.contains(scalar) else { break }
            // Only at the beginning of a line something new begins.
            if scanner.line != line || nodes.isEmpty, isDefinition() { break }
            if scalar == "%", !scanner.isNext("%json") { break }
            if scanner.take("->") {
                scanner.skipSpace(lines: false)
                _ = scanner.name("_")
                continue
            }
            nodes.append(try repeated(try atom(scalar)))
        }
        return .sequence(nodes)
    }

    private mutating func repeated(_ atom: GrammarNode) throws(GrammarError) -> GrammarNode {
        if scanner.take("*") { return .repetition(atom, 0, nil) }
        if scanner.take("+") { return .repetition(atom, 1, nil) }
        if scanner.take("?") { return .repetition(atom, 0, 1) }
        scanner.skipSpace(lines: false)
        guard scanner.take("~") else { return atom }
        scanner.skipSpace(lines: false)
        guard let minimum = try scanner.number() else { throw scanner.error("~ takes a number") }
        scanner.skipSpace(lines: false)
        guard scanner.take("..") else { return .repetition(atom, minimum, minimum) }
        scanner.skipSpace(lines: false)
        guard let maximum = try scanner.number(), maximum >= minimum else { throw scanner.error("~ takes a range") }
        return .repetition(atom, minimum, maximum)
    }

    /// What a rule takes as one piece: what is ignored may stand before it.
    private func piece(_ node: GrammarNode) -> GrammarNode {
        isTerminal ? node : .sequence([.rule(Self.ignoring), node])
    }

    private mutating func atom(_ scalar: Unicode.Scalar) throws(GrammarError) -> GrammarNode {
        if scanner.take("(") { return try grouped(")") }
        if scanner.take("[") { return .repetition(try grouped("]"), 0, 1) }
        if scanner.take("\"") {
            let word = try scanner.quoted()
            scanner.skipSpace(lines: false)
            if scanner.take("..") {
                scanner.skipSpace(lines: false)
                guard scanner.take("\"") else { throw scanner.error("a range ends with a text in quotes") }
                let last = try scanner.quoted().unicodeScalars, first = word.unicodeScalars
                guard first.count == 1, last.count == 1, let low = first.first, let high = last.first, low <= high
                else {
                    throw scanner.error("a range goes from one character to a later one")
                }
                return piece(.characters(ScalarSet(low.value..<high.value + 1)))
            }
            if scanner.take("i") {
                return piece(.sequence(word.unicodeScalars.map { .characters(ScalarSet($0).foldingCase) }))
            }
            return piece(.text(Array(word.utf8)))
        }
        if scanner.take("/") { return piece(.pattern(try pattern())) }
        if scanner.take("%json") { return piece(.schema(try schema())) }
        guard let name = scanner.name("_") else {
            throw scanner.error("“\(Character(scalar))” is not known here")
        }
        return Self.isTerminal(name) ? piece(.rule(name)) : .rule(name)
    }

    private mutating func grouped(_ closing: String) throws(GrammarError) -> GrammarNode {
        let node = try choice()
        scanner.skipSpace()
        guard scanner.take(closing) else { throw scanner.error("a group has no end") }
        return node
    }

    private mutating func pattern() throws(GrammarError) -> String {
        var pattern = ""
        while let scalar = scanner.next, scalar != "/" {
            guard scalar != "\n" else { break }
            if scalar == "\\", scanner.offset + 1 < scanner.scalars.count {
                pattern.unicodeScalars.append(scalar)
                scanner.offset += 1
            }
            pattern.unicodeScalars.append(scanner.scalars[scanner.offset])
            scanner.offset += 1
        }
        guard scanner.take("/") else { throw scanner.error("a regular expression has no end") }
        while let flag = scanner.next, "imslux".unicodeScalars.contains(flag) {
            scanner.offset += 1
            switch flag {
            case "i": pattern = "(?i)" + pattern
            case "u": break
            default: throw scanner.error("the flag \(flag) is not known here")
            }
        }
        return pattern
    }

    private mutating func schema() throws(GrammarError) -> JSON {
        scanner.skipSpace()
        let start = scanner.offset
        var level = 0, isQuoted = false
        while let scalar = scanner.next {
            scanner.offset += 1
            switch scalar {
            case "\\" where isQuoted: scanner.offset += 1
            case "\"": isQuoted.toggle()
            case "{" where !isQuoted: level += 1
            case "}" where !isQuoted: level -= 1
            default: break
            }
            if level == 0 { break }
        }
        let source = String(
            String.UnicodeScalarView(scanner.scalars[start..<min(scanner.offset, scanner.scalars.count)]))
        do { return try JSON(parsing: source) } catch { throw scanner.error("%json takes a JSON object: \(error)") }
    }

    private static let common: [String: String] = [
        "DIGIT": "[0-9]", "HEXDIGIT": "[0-9A-Fa-f]", "INT": "[0-9]+", "SIGNED_INT": "[+-]?[0-9]+",
        "DECIMAL": #"[0-9]+\.[0-9]*|\.[0-9]+"#,
        "FLOAT": #"[0-9]+[Ee][+-]?[0-9]+|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?"#,
        "SIGNED_FLOAT": #"[+-]?(?:[0-9]+[Ee][+-]?[0-9]+|(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?)"#,
        "NUMBER": #"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?"#,
        "SIGNED_NUMBER": #"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?"#,
        "ESCAPED_STRING": #""(?:[^"\\\n]|\\.)*""#, "LCASE_LETTER": "[a-z]", "UCASE_LETTER": "[A-Z]",
        "LETTER": "[A-Za-z]", "WORD": "[A-Za-z]+", "CNAME": "[A-Za-z_][A-Za-z0-9_]*", "WS_INLINE": #"[ \t]+"#,
        "WS": #"[ \t\f\r\n]+"#, "CR": #"\r"#, "LF": #"\n"#, "NEWLINE": #"(?:\r?\n)+"#,
        "SH_COMMENT": #"#[^\n]*"#, "CPP_COMMENT": #"//[^\n]*"#, "SQL_COMMENT": #"--[^\n]*"#,
    ]
}
