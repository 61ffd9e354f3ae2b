extension TemplateParser {
    /// One statement; the current token is the tag's name, and the end of the block is left standing.
    mutating func statement(_ tag: String) throws(TemplateError) -> Statement {
        let line = line
        advance()
        return Statement(kind: try statementKind(tag, line), line: line)
    }

    private mutating func statementKind(_ tag: String, _ line: Int) throws(TemplateError) -> Statement.Kind {
        switch tag {
        case "for": return try with(soft: false) { (parser) throws(TemplateError) in try parser.forLoop() }
        case "if": return try with(soft: true) { (parser) throws(TemplateError) in try parser.branches() }
        case "set": return try assignment()
        case "print": return .print(try printed())
        case "macro": return try with(soft: false) { (parser) throws(TemplateError) in try parser.macro() }
        case "call": return try with(soft: false) { (parser) throws(TemplateError) in try parser.callBlock() }
        case "filter":
            return try with(soft: false) { (parser) throws(TemplateError) in
                let filters = try parser.filters(first: true)
                return .filterBlock(filters, body: try parser.body(of: tag, until: "endfilter").0)
            }
        case "with": return try with(soft: false) { (parser) throws(TemplateError) in try parser.withBlock() }
        case "generation":
            return try with(soft: false) { (parser) throws(TemplateError) in
                .generation(body: try parser.body(of: tag, until: "endgeneration").0)
            }
        case "block": return try with(soft: false) { (parser) throws(TemplateError) in try parser.block() }
        case "break", "continue":
            guard loopDepth > 0 else { throw error("'\(tag)' outside a loop", line: line) }
            return tag == "break" ? .breakLoop : .continueLoop
        case "include", "import", "from", "extends":
            while !isAtBlockEnd { advance() }
            return .unsupported("'\(tag)' needs other templates, and a chat template has none")
        case "autoescape":
            let value = try expression()
            let body = try body(of: tag, until: "endautoescape").0
            if case .constant(.bool(false)) = value { return .with([], body: body) }
            return .unsupported("'autoescape' is for HTML; chat templates write plain text")
        default:
            throw TemplateError(.syntax, unknownTag(tag).message, line: line)
        }
    }

    private var isAtBlockEnd: Bool {
        switch current.kind {
        case .blockEnd, .end: true
        default: false
        }
    }

    private mutating func printed() throws(TemplateError) -> [Expression] {
        var values: [Expression] = []
        while !isAtBlockEnd {
            if !values.isEmpty { try expect(.comma) }
            values.append(try expression())
        }
        return values
    }

    private mutating func forLoop() throws(TemplateError) -> Statement.Kind {
        forDepth += 1
        defer { forDepth -= 1 }
        let target = try target(endingAt: "in")
        try expect(name: "in")
        let sequence = try tuple(withConditional: false, endingAt: "recursive")
        let test = skip(name: "if") ? try expression() : nil
        let isRecursive = skip(name: "recursive")
        if isRecursive { recurses = true }
        loopDepth += 1
        let (body, end) = try body(of: "for", until: "endfor", "else")
        loopDepth -= 1
        let otherwise = end == "else" ? try self.body(of: "for", until: "endfor").0 : []
        return .forLoop(
            ForLoop(
                target: target, sequence: sequence, test: test, isRecursive: isRecursive, body: body,
                otherwise: otherwise))
    }

    private mutating func branches() throws(TemplateError) -> Statement.Kind {
        var branches: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try tuple(withConditional: false)
            let (body, end) = try body(of: "if", until: "elif", "else", "endif")
            branches.append((test, body))
            switch end {
            case "elif": continue
            case "else": return .branches(branches, otherwise: try self.body(of: "if", until: "endif").0)
            default: return .branches(branches, otherwise: [])
            }
        }
    }

    private mutating func assignment() throws(TemplateError) -> Statement.Kind {
        let target = try target(withNamespace: true)
        if skip(.assign) { return .assign(target, try tuple()) }
        return try with(soft: false) { (parser) throws(TemplateError) in
            let filters = try parser.filters(first: false)
            return .assignBlock(target, filters: filters, body: try parser.body(of: "set", until: "endset").0)
        }
    }

    private mutating func withBlock() throws(TemplateError) -> Statement.Kind {
        var assignments: [(target: Target, value: Expression)] = []
        while !isAtBlockEnd, !at(.colon) {
            if !assignments.isEmpty { try expect(.comma) }
            let loops = forDepth
            forDepth = 0  // a name of its own block hides the loop, which is allowed
            let target = try target()
            forDepth = loops
            try expect(.assign)
            assignments.append((target, try expression()))
        }
        return .with(assignments, body: try body(of: "with", until: "endwith").0)
    }

    private mutating func block() throws(TemplateError) -> Statement.Kind {
        let name = try expectName()
        guard blockNames.insert(name).inserted else { throw error("the block '\(name)' is defined twice") }
        let isScoped = skip(name: "scoped")
        _ = skip(name: "required")
        let body = try body(of: "block", until: "endblock").0
        _ = skip(name: name)
        return .block(scoped: isScoped, body: body)
    }

    // MARK: Macros

    private mutating func macro() throws(TemplateError) -> Statement.Kind {
        let name = try expectName()
        try checkAssignable(name)
        recurses = true
        let parameters = try parameters()
        return .macro(try macro(name, parameters, tag: "macro", end: "endmacro"))
    }

    private mutating func callBlock() throws(TemplateError) -> Statement.Kind {
        let line = line
        let parameters = at(.leftParenthesis) ? try parameters() : []
        guard case .call(let call) = try expression() else {
            throw error("a call is expected after 'call'", line: line)
        }
        return .callBlock(call: call, caller: try macro(nil, parameters, tag: "call", end: "endcall"))
    }

    private mutating func macro(
        _ name: String?, _ parameters: [(id: NameID, name: String, defaultValue: Expression?)], tag: String, end: String
    ) throws(TemplateError) -> MacroNode {
        let before = specialNames, loops = loopDepth
        loopDepth = 0
        defer { loopDepth = loops }
        let line = line
        let body = try body(of: tag, until: end).0
        let usesCaller = specialNames.caller > before.caller
        if usesCaller, parameters.contains(where: { $0.name == "caller" && $0.defaultValue == nil }) {
            throw error("a parameter 'caller' needs a default value", line: line)
        }
        return MacroNode(
            name: name, parameters: parameters, body: body, usesCaller: usesCaller,
            usesKeywords: specialNames.keywords > before.keywords && !parameters.contains { $0.name == "kwargs" },
            usesPositionals: specialNames.positionals > before.positionals
                && !parameters.contains { $0.name == "varargs" })
    }

    private mutating func parameters() throws(TemplateError) -> [(id: NameID, name: String, defaultValue: Expression?)]
    {
        var parameters: [(id: NameID, name: String, defaultValue: Expression?)] = []
        try expect(.leftParenthesis)
        while !at(.rightParenthesis) {
            if !parameters.isEmpty { try expect(.comma) }
            let name = try expectName()
            try checkAssignable(name)
            let defaultValue = skip(.assign) ? try expression() : nil
            if defaultValue == nil, parameters.last?.defaultValue != nil {
                throw error("a parameter without default follows one with a default")
            }
            guard !parameters.contains(where: { $0.name == name }) else { throw error("two parameters '\(name)'") }
            parameters.append((id(of: name), name, defaultValue))
        }
        try expect(.rightParenthesis)
        return parameters
    }

    // MARK: Targets

    private mutating func target(
        endingAt end: String? = nil, withNamespace: Bool = false
    ) throws(TemplateError) -> Target {
        var targets: [Target] = [], isTuple = false
        while true {
            if !targets.isEmpty { try expect(.comma) }
            if isAtTupleEnd(end) || (isTuple && at(.assign)) { break }
            targets.append(try singleTarget(withNamespace: withNamespace))
            guard at(.comma) else { break }
            isTuple = true
        }
        if !isTuple {
            guard let only = targets.first else {
                throw error("a name to assign to is expected, got '\(current.name)'")
            }
            return only
        }
        return .tuple(targets)
    }

    private mutating func singleTarget(withNamespace: Bool) throws(TemplateError) -> Target {
        if at(.leftParenthesis) {
            return try nested { (parser) throws(TemplateError) in
                parser.advance()
                let target = try parser.target(withNamespace: false)
                try parser.expect(.rightParenthesis)
                return target
            }
        }
        guard case .name(let name) = current.kind else { throw error("cannot assign to '\(current.name)'") }
        advance()
        if withNamespace, skip(.dot) { return .attribute(of: id(of: name), name: try expectName()) }
        try checkAssignable(name)
        guard name != "loop" || forDepth == 0 else { throw error("'loop' cannot be assigned to within a loop") }
        return .name(id(of: name))
    }

    private func checkAssignable(_ name: String) throws(TemplateError) {
        if ["true", "false", "none", "True", "False", "None"].contains(name) {
            throw error("cannot assign to '\(name)'")
        }
    }
}
