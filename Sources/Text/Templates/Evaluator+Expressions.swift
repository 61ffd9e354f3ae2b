import OrderedCollections

extension Evaluator {
    func variable(_ id: NameID, in scope: Scope) throws(TemplateError) -> Value {
        scope[id] ?? .undefined(Undefined(.name(program.names[id])))
    }

    func evaluate(_ expression: Expression, in scope: Scope) throws(TemplateError) -> Value {
        switch expression {
        case .constant(let literal): return Value(literal)
        case .name(let id): return try variable(id, in: scope)
        default: break
        }
        try deeper()
        defer { shallower() }
        try charge()
        switch expression {
        case .attribute(let owner, let name, let line):
            let owner = try evaluate(owner, in: scope)
            self.line = line
            return try attribute(name, of: owner)
        case .item(let owner, let key, let line):
            let owner = try evaluate(owner, in: scope), key = try evaluate(key, in: scope)
            self.line = line
            return try item(key, of: owner)
        case .call(let call): return try evaluate(call, adding: nil, in: scope)
        case .filter(let value, let filter): return try apply(filter, to: evaluate(value, in: scope), in: scope)
        case .test(let value, let test): return .bool(try check(evaluate(value, in: scope), test, in: scope))
        case .chain(let first, let rest, let line): return try chain(first, rest, line, in: scope)
        case .compare(let first, let rest, let line): return .bool(try compare(first, rest, line, in: scope))
        case .and(let terms): return try firstTerm(terms, endingAt: false, in: scope)
        case .or(let terms): return try firstTerm(terms, endingAt: true, in: scope)
        case .not(let term): return .bool(!(try evaluate(term, in: scope).isTrue))
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test, in: scope).isTrue { return try evaluate(then, in: scope) }
            if let otherwise { return try evaluate(otherwise, in: scope) }
            return .undefined(Undefined(.hint("the condition of an inline if is false, and it has no else")))
        default: return try evaluateRare(expression, in: scope)
        }
    }

    private func evaluateRare(_ expression: Expression, in scope: Scope) throws(TemplateError) -> Value {
        switch expression {
        case .tuple(let items): return .tuple(try list(values(of: items, in: scope)))
        case .list(let items): return .list(try list(values(of: items, in: scope)))
        case .dictionary(let members): return .dictionary(try dictionary(members, in: scope))
        case .slice(let owner, let start, let stop, let step, let line):
            let owner = try evaluate(owner, in: scope)
            var bounds: [Value] = []
            for bound in [start, stop, step] {
                if let bound { bounds.append(try evaluate(bound, in: scope)) } else { bounds.append(.none) }
            }
            self.line = line
            return try slice(owner, start: bounds[0], stop: bounds[1], step: bounds[2])
        case .unary(let sign, let operand, let line):
            let operand = try evaluate(operand, in: scope)
            self.line = line
            return try unary(sign, operand)
        case .concatenate(let terms, let line): return try concatenate(terms, line, in: scope)
        default: return .none
        }
    }

    func values(of expressions: [Expression], in scope: Scope) throws(TemplateError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression, in: scope)) }
        return values
    }

    private func dictionary(
        _ members: [(key: Expression, value: Expression)], in scope: Scope
    ) throws(TemplateError) -> ValueDictionary {
        var result = OrderedDictionary<ValueKey, Value>()
        for (key, value) in members {
            result[try self.key(evaluate(key, in: scope))] = try evaluate(value, in: scope)
        }
        return try dictionary(result)
    }

    private func chain(
        _ first: Expression, _ rest: [(sign: BinaryOperator, operand: Expression)], _ line: Int, in scope: Scope
    ) throws(TemplateError) -> Value {
        var result = try evaluate(first, in: scope)
        for (sign, operand) in rest {
            let right = try evaluate(operand, in: scope)
            self.line = line
            result = try calculate(result, sign, right)
        }
        return result
    }

    private func compare(
        _ first: Expression, _ rest: [(sign: Comparison, operand: Expression)], _ line: Int, in scope: Scope
    ) throws(TemplateError) -> Bool {
        var left = try evaluate(first, in: scope)
        for (comparison, operand) in rest {
            let right = try evaluate(operand, in: scope)
            self.line = line
            guard try holds(left, comparison, right) else { return false }
            left = right
        }
        return true
    }

    /// The first term whose truth decides, or the last one.
    private func firstTerm(_ terms: [Expression], endingAt truth: Bool, in scope: Scope) throws(TemplateError) -> Value
    {
        var result = Value.none
        for term in terms {
            result = try evaluate(term, in: scope)
            if result.isTrue == truth { break }
        }
        return result
    }

    private func concatenate(_ terms: [Expression], _ line: Int, in scope: Scope) throws(TemplateError) -> Value {
        var text = ""
        for term in terms {
            let value = try evaluate(term, in: scope)
            self.line = line
            text += try self.text(of: value)
            guard text.utf8.count <= limits.outputByteCount else { break }
        }
        return try string(text)
    }
}
