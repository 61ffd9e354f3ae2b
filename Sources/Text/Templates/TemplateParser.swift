import TuttiCheckpoints

extension TemplateProgram {
    init(_ source: String) throws(TemplateError) {
        let limit = ChatTemplate.ParserLimits.sourceByteCount
        guard source.utf8.count <= limit else {
            throw .limit("the template has \(source.utf8.count) bytes, at most \(limit) are read")
        }
        var parser = TemplateParser(tokens: try TemplateLexer.tokens(of: source))
        let body = try parser.body(until: [])
        if let unknown = parser.unknown.first { throw unknown }
        self.init(body: body, names: parser.names, recurses: parser.recurses)
    }
}

/// Turns tokens into nodes by recursive descent, with Jinja's grammar: `docs/reference/templates.md` names its oddities.
struct TemplateParser {
    private(set) var tokens: [TemplateToken]
    private var place = 0
    private var depth = 0
    private var identifiers: [String: NameID] = [:]
    private(set) var names: [String] = []
    /// The tags that are open, innermost last, and the tags that may end each.
    private var openTags: [(tag: String, ends: [String])] = []

    /// How many loops are open here; `break` outside them is an error.
    var loopDepth = 0
    /// How many `for` blocks are open here, seen through macros too.
    var forDepth = 0
    var recurses = false
    /// How often each of a macro's special names was mentioned so far.
    var specialNames = (caller: 0, keywords: 0, positionals: 0)
    /// Whether a filter or test that does not exist is only an error once it is reached, as it is inside an `if`.
    var isSoft = false
    /// Filters and tests that do not exist, in places that are always reached.
    var unknown: [TemplateError] = []
    var blockNames: Set<String> = []

    init(tokens: [TemplateToken]) {
        self.tokens = tokens
        for name in TemplateProgram.specialNames { _ = id(of: name) }
    }

    // MARK: Tokens

    var current: TemplateToken { tokens[place] }
    var line: Int { tokens[place].line }
    /// The token after the current one.
    var following: TemplateToken { tokens[min(place + 1, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> TemplateToken {
        let token = tokens[place]
        if place + 1 < tokens.count { place += 1 }
        return token
    }

    func at(_ symbol: TemplateToken.Symbol) -> Bool {
        if case .symbol(symbol) = current.kind { true } else { false }
    }

    func at(name: String) -> Bool {
        if case .name(let found) = current.kind { hasSameBytes(found, name) } else { false }
    }

    mutating func skip(_ symbol: TemplateToken.Symbol) -> Bool {
        guard at(symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard at(name: name) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: TemplateToken.Symbol) throws(TemplateError) {
        guard skip(symbol) else { throw unexpected(symbol.rawValue) }
    }

    mutating func expect(name: String) throws(TemplateError) {
        guard skip(name: name) else { throw unexpected(name) }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else { throw unexpected("name") }
        advance()
        return name
    }

    mutating func expectBlockEnd() throws(TemplateError) {
        guard case .blockEnd = current.kind else { throw unexpected("end of statement block") }
        advance()
    }

    func unexpected(_ expected: String) -> TemplateError {
        if case .end = current.kind { return error("unexpected end of template, expected '\(expected)'") }
        return error("expected '\(expected)', got '\(current.name)'")
    }

    func error(_ message: String, line: Int? = nil) -> TemplateError {
        TemplateError(.syntax, message, line: line ?? self.line)
    }

    mutating func id(of name: String) -> NameID {
        if let id = identifiers[name] { return id }
        identifiers[name] = names.count
        names.append(name)
        return names.count - 1
    }

    /// Runs a part of the grammar one level deeper; templates that nest beyond reason are refused here.
    mutating func nested<T>(_ parse: (inout TemplateParser) throws(TemplateError) -> T) throws(TemplateError) -> T {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ChatTemplate.ParserLimits.depth else {
            throw TemplateError(.limit, "expressions or blocks lie too deeply within each other", line: line)
        }
        return try parse(&self)
    }

    // MARK: Bodies

    /// Text, prints and statements up to a tag of that name, which is left standing; to the end if none is given.
    mutating func body(until ends: [String]) throws(TemplateError) -> [Statement] {
        var body: [Statement] = []
        while true {
            let line = line
            switch current.kind {
            case .text(let text):
                advance()
                body.append(Statement(kind: .text(text), line: line))
            case .variableBegin:
                advance()
                let value = try tuple()
                guard case .variableEnd = current.kind else { throw unexpected("end of print statement") }
                advance()
                body.append(Statement(kind: .print([value]), line: line))
            case .blockBegin:
                advance()
                guard case .name(let tag) = current.kind else { throw error("a tag's name is expected here") }
                if ends.contains(tag) { return body }
                let statement = try nested { (parser) throws(TemplateError) in try parser.statement(tag) }
                body.append(statement)
                try expectBlockEnd()
            case .end:
                guard let open = openTags.last else { return body }
                throw error(
                    "unexpected end of template: '\(open.tag)' is open and needs \(Self.list(open.ends))")
            default: throw error("unexpected '\(current.name)'")
            }
        }
    }

    /// The body of a tag from the end of its own block to one of the ending tags, whose name is returned.
    mutating func body(of tag: String, until ends: String...) throws(TemplateError) -> ([Statement], end: String) {
        _ = skip(.colon)
        try expectBlockEnd()
        openTags.append((tag, ends))
        defer { openTags.removeLast() }
        let body = try body(until: ends)
        return (body, try expectName())
    }

    func unknownTag(_ tag: String) -> TemplateError {
        guard let open = openTags.last else { return error("unknown tag '\(tag)'") }
        return error("unexpected tag '\(tag)': '\(open.tag)' is open and needs \(Self.list(open.ends))")
    }

    private static func list(_ tags: [String]) -> String { tags.map { "'\($0)'" }.joined(separator: " or ") }

    /// A part whose filters and tests are only looked for once they are reached (or again at once).
    mutating func with<T>(
        soft: Bool, _ parse: (inout TemplateParser) throws(TemplateError) -> T
    ) throws(TemplateError) -> T {
        let before = isSoft
        isSoft = soft
        defer { isSoft = before }
        return try parse(&self)
    }
}
