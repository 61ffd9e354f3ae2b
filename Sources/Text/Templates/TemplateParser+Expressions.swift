/// From the loosest to the tightest: `if else`, `or`, `and`, `not`, comparisons, `+ -`, `~`, `* / // %`, `**`, signs,
/// then filters and tests, then attributes, items and calls.
extension TemplateParser {
    mutating func expression(withConditional: Bool = true) throws(TemplateError) -> Expression {
        try nested { (parser) throws(TemplateError) in
            withConditional ? try parser.conditional() : try parser.disjunction()
        }
    }

    /// An expression, or several with commas between them, which make a tuple.
    mutating func tuple(
        withConditional: Bool = true, endingAt end: String? = nil, inParentheses: Bool = false
    ) throws(TemplateError) -> Expression {
        var items: [Expression] = [], isTuple = false
        while true {
            if !items.isEmpty { try expect(.comma) }
            if isAtTupleEnd(end) { break }
            items.append(try expression(withConditional: withConditional))
            guard at(.comma) else { break }
            isTuple = true
        }
        if isTuple { return .tuple(items) }
        if let only = items.first { return only }
        guard inParentheses else { throw error("an expression is expected, got '\(current.name)'") }
        return .tuple([])
    }

    func isAtTupleEnd(_ end: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
        default: end.map { at(name: $0) } ?? false
        }
    }

    private mutating func conditional() throws(TemplateError) -> Expression {
        let unknownCount = unknown.count
        var result = try disjunction()
        while skip(name: "if") {
            // What was read turns out to be conditional: unknown filters in it matter only when it is reached.
            unknown.removeLast(unknown.count - unknownCount)
            result = try with(soft: true) { (parser) throws(TemplateError) in
                let test = try parser.disjunction()
                let otherwise = parser.skip(name: "else") ? try parser.expression() : nil
                return .conditional(test: test, then: result, otherwise: otherwise)
            }
        }
        return result
    }

    private mutating func disjunction() throws(TemplateError) -> Expression {
        var terms = [try conjunction()]
        while skip(name: "or") { terms.append(try conjunction()) }
        return terms.count == 1 ? terms[0] : .or(terms)
    }

    private mutating func conjunction() throws(TemplateError) -> Expression {
        var terms = [try negation()]
        while skip(name: "and") { terms.append(try negation()) }
        return terms.count == 1 ? terms[0] : .and(terms)
    }

    private mutating func negation() throws(TemplateError) -> Expression {
        guard skip(name: "not") else { return try comparison() }
        return .not(try nested { (parser) throws(TemplateError) in try parser.negation() })
    }

    private mutating func comparison() throws(TemplateError) -> Expression {
        let line = line
        let first = try sum()
        var rest: [(sign: Comparison, operand: Expression)] = []
        while let comparison = comparisonOperator() { rest.append((comparison, try sum())) }
        return rest.isEmpty ? first : .compare(first, rest, line: line)
    }

    private mutating func comparisonOperator() -> Comparison? {
        switch current.kind {
        case .symbol(let symbol):
            guard let comparison = Comparison(rawValue: symbol.rawValue) else { return nil }
            advance()
            return comparison
        case .name("in"):
            advance()
            return .isIn
        case .name("not"):
            guard case .name("in") = following.kind else { return nil }
            advance()
            advance()
            return .isNotIn
        default: return nil
        }
    }

    private mutating func sum() throws(TemplateError) -> Expression {
        try chain([.add, .subtract]) { (parser) throws(TemplateError) in try parser.concatenation() }
    }

    private mutating func concatenation() throws(TemplateError) -> Expression {
        let line = line
        var terms = [try product()]
        while skip(.tilde) { terms.append(try product()) }
        return terms.count == 1 ? terms[0] : .concatenate(terms, line: line)
    }

    private mutating func product() throws(TemplateError) -> Expression {
        try chain([.multiply, .divide, .floorDivide, .modulo]) { (parser) throws(TemplateError) in try parser.power() }
    }

    private mutating func power() throws(TemplateError) -> Expression {
        try chain([.power]) { (parser) throws(TemplateError) in try parser.unary() }
    }

    private mutating func chain(
        _ operators: [BinaryOperator], _ operand: (inout TemplateParser) throws(TemplateError) -> Expression
    ) throws(TemplateError) -> Expression {
        let line = line
        let first = try operand(&self)
        var rest: [(sign: BinaryOperator, operand: Expression)] = []
        while case .symbol(let symbol) = current.kind, let found = BinaryOperator(rawValue: symbol.rawValue),
            operators.contains(found)
        {
            advance()
            rest.append((found, try operand(&self)))
        }
        return rest.isEmpty ? first : .chain(first, rest, line: line)
    }

    private mutating func unary(withFilters: Bool = true) throws(TemplateError) -> Expression {
        let line = line
        var result: Expression
        if at(.subtract) || at(.add) {
            let sign: UnaryOperator = at(.subtract) ? .negate : .plus
            advance()
            let operand = try nested { (parser) throws(TemplateError) in try parser.unary(withFilters: false) }
            result = .unary(sign, operand, line: line)
        } else {
            result = try primary()
        }
        var length = 0
        result = try postfix(result, &length)
        return withFilters ? try filtersAndTests(result, &length) : result
    }

    private mutating func primary() throws(TemplateError) -> Expression {
        switch current.kind {
        case .name(let name):
            advance()
            return value(of: name)
        case .string(var text):
            advance()
            while case .string(let next) = current.kind {  // strings side by side are one
                text += next
                advance()
            }
            return .constant(.string(text))
        case .integer(let value):
            advance()
            return .constant(.integer(value))
        case .float(let value):
            advance()
            return .constant(.float(value))
        case .symbol(.leftParenthesis):
            advance()
            let result = try tuple(inParentheses: true)
            try expect(.rightParenthesis)
            return result
        case .symbol(.leftBracket): return try list()
        case .symbol(.leftBrace): return try dictionary()
        default: throw error("unexpected '\(current.name)'")
        }
    }

    private mutating func value(of name: String) -> Expression {
        switch name {
        case "true", "True": return .constant(.bool(true))
        case "false", "False": return .constant(.bool(false))
        case "none", "None": return .constant(.none)
        case "caller": specialNames.caller += 1
        case "kwargs": specialNames.keywords += 1
        case "varargs": specialNames.positionals += 1
        default: break
        }
        return .name(id(of: name))
    }

    private mutating func list() throws(TemplateError) -> Expression {
        advance()
        var items: [Expression] = []
        while !at(.rightBracket) {
            if !items.isEmpty { try expect(.comma) }
            if at(.rightBracket) { break }
            items.append(try expression())
        }
        try expect(.rightBracket)
        return .list(items)
    }

    private mutating func dictionary() throws(TemplateError) -> Expression {
        advance()
        var members: [(key: Expression, value: Expression)] = []
        while !at(.rightBrace) {
            if !members.isEmpty { try expect(.comma) }
            if at(.rightBrace) { break }
            let key = try expression()
            try expect(.colon)
            members.append((key, try expression()))
        }
        try expect(.rightBrace)
        return .dictionary(members)
    }

    // MARK: Behind a value

    /// Counts what is stuck to one value, since each piece makes the tree a level deeper.
    private mutating func lengthen(_ length: inout Int) throws(TemplateError) {
        length += 1
        guard length <= ChatTemplate.ParserLimits.depth else {
            throw TemplateError(.limit, "too many attributes, calls or filters behind one value", line: line)
        }
    }

    private mutating func postfix(_ value: Expression, _ length: inout Int) throws(TemplateError) -> Expression {
        var result = value
        while true {
            if at(.dot) {
                result = try attribute(of: result)
            } else if at(.leftBracket) {
                result = try item(of: result)
            } else if at(.leftParenthesis) {
                let line = line
                result = .call(Call(callee: result, arguments: try arguments(), line: line))
            } else {
                return result
            }
            try lengthen(&length)
        }
    }

    private mutating func attribute(of value: Expression) throws(TemplateError) -> Expression {
        let line = line
        advance()
        switch advance().kind {
        case .name(let name): return .attribute(value, name, line: line)
        case .integer(let index): return .item(value, .constant(.integer(index)), line: line)
        default: throw error("a name or number is expected after '.'", line: line)
        }
    }

    private mutating func item(of value: Expression) throws(TemplateError) -> Expression {
        let line = line
        advance()
        if at(.colon) { return try slice(of: value, start: nil, line) }
        let first = try expression()
        if at(.colon) { return try slice(of: value, start: first, line) }
        var items = [first]
        while skip(.comma) {
            if at(.rightBracket) { break }
            items.append(try expression())
        }
        try expect(.rightBracket)
        return .item(value, items.count == 1 ? first : .tuple(items), line: line)
    }

    private mutating func slice(
        of value: Expression, start: Expression?, _ line: Int
    ) throws(TemplateError) -> Expression {
        try expect(.colon)
        let stop = at(.colon) || at(.rightBracket) ? nil : try expression()
        var step: Expression?
        if skip(.colon), !at(.rightBracket) { step = try expression() }
        try expect(.rightBracket)
        return .slice(value, start: start, stop: stop, step: step, line: line)
    }

    mutating func arguments() throws(TemplateError) -> ArgumentNodes {
        let line = line
        var arguments = ArgumentNodes(), isFirst = true
        try expect(.leftParenthesis)
        func ensure(_ condition: Bool) throws(TemplateError) {
            guard condition else { throw error("arguments in an order that no call takes", line: line) }
        }
        while !at(.rightParenthesis) {
            if !isFirst {
                try expect(.comma)
                if at(.rightParenthesis) { break }
            }
            isFirst = false
            if skip(.multiply) {
                try ensure(arguments.spread == nil && arguments.namedSpread == nil)
                arguments.spread = try expression()
            } else if skip(.power) {
                try ensure(arguments.namedSpread == nil)
                arguments.namedSpread = try expression()
            } else if case .name(let name) = current.kind, following.kind == .symbol(.assign) {
                try ensure(arguments.namedSpread == nil)
                advance()
                advance()
                guard !arguments.named.contains(where: { $0.name == name }) else {
                    throw error("the argument '\(name)' comes twice", line: line)
                }
                arguments.named.append((name, try expression()))
            } else {
                try ensure(arguments.spread == nil && arguments.namedSpread == nil && arguments.named.isEmpty)
                arguments.positional.append(try expression())
            }
        }
        try expect(.rightParenthesis)
        return arguments
    }

    // MARK: Filters and tests

    private mutating func filtersAndTests(_ value: Expression, _ length: inout Int) throws(TemplateError) -> Expression
    {
        var result = value
        while true {
            if at(.pipe) {
                advance()
                result = .filter(result, try filter())
            } else if at(name: "is") {
                result = try test(result)
            } else if at(.leftParenthesis) {
                let line = line
                result = .call(Call(callee: result, arguments: try arguments(), line: line))
            } else {
                return result
            }
            try lengthen(&length)
        }
    }

    /// The filters of a filter block (which begins with one) or of a set block (each after a bar).
    mutating func filters(first: Bool) throws(TemplateError) -> [Filter] {
        var filters = first ? [try filter()] : []
        while skip(.pipe) { filters.append(try filter()) }
        return filters
    }

    private mutating func dottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while skip(.dot) { name += "." + (try expectName()) }
        return name
    }

    private mutating func filter() throws(TemplateError) -> Filter {
        let line = line
        let name = try dottedName()
        let arguments = at(.leftParenthesis) ? try arguments() : ArgumentNodes()
        let filter = FilterName(rawValue: name)
        if filter == nil, !isSoft { unknown.append(error("no filter named '\(name)'", line: line)) }
        return Filter(filter: filter, name: name, arguments: arguments, line: line)
    }

    private mutating func test(_ value: Expression) throws(TemplateError) -> Expression {
        let line = line
        advance()
        let isNegated = skip(name: "not")
        let name = try dottedName()
        var arguments = ArgumentNodes()
        if at(.leftParenthesis) {
            arguments = try self.arguments()
        } else if isAtTestArgument {
            if at(name: "is") { throw error("tests cannot be chained with 'is'") }
            var length = 0
            let argument = try primary()
            arguments.positional = [try postfix(argument, &length)]
        }
        let test = TestName(rawValue: name)
        if test == nil, !isSoft { unknown.append(error("no test named '\(name)'", line: line)) }
        let result = Expression.test(value, TestCall(test: test, name: name, arguments: arguments, line: line))
        return isNegated ? .not(result) : result
    }

    private var isAtTestArgument: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .integer, .float, .symbol(.leftBracket), .symbol(.leftBrace): true
        default: false
        }
    }
}
