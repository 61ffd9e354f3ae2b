/// Jinja's tests, which follow `is`; the signs are for `select` and its kin, which take a test's name as a string.
enum TestName: String, CaseIterable {
    case odd, even, divisibleby, defined, undefined, filter, test, none, boolean, `false`, `true`, integer, float
    case lower, upper, string, mapping, number, sequence, iterable, callable, sameas, escaped
    case isIn = "in"
    case equalSign = "==", eq, equalto
    case notEqualSign = "!=", ne
    case greaterSign = ">", gt, greaterthan
    case greaterOrEqualSign = ">=", ge
    case lessSign = "<", lt, lessthan
    case lessOrEqualSign = "<=", le
}

extension Evaluator {
    func check(_ value: Value, _ test: TestCall, in scope: Scope) throws(TemplateError) -> Bool {
        let arguments = try arguments(test.arguments, in: scope)
        line = test.line
        guard let name = test.test else { throw .runtime("no test named '\(test.name)'") }
        return try check(value, name, arguments)
    }

    /// A test by the name that a value holds, as `select` takes it.
    func check(_ value: Value, testNamed name: String, _ arguments: Arguments) throws(TemplateError) -> Bool {
        guard let test = TestName(rawValue: name) else { throw .runtime("no test named '\(name)'") }
        return try check(value, test, arguments)
    }

    private func check(_ value: Value, _ test: TestName, _ arguments: Arguments) throws(TemplateError) -> Bool {
        switch test {
        case .divisibleby, .sameas, .isIn, .equalSign, .eq, .equalto, .notEqualSign, .ne, .greaterSign, .gt,
            .greaterthan,
            .greaterOrEqualSign, .ge, .lessSign, .lt, .lessthan, .lessOrEqualSign, .le:
            guard arguments.positional.count == 1, arguments.named.isEmpty else {
                throw .runtime("the test '\(test.rawValue)' takes one value")
            }
            return try check(value, test, against: arguments.positional[0])
        default:
            guard arguments.isEmpty else { throw .runtime("the test '\(test.rawValue)' takes no value") }
            return try check(value, test)
        }
    }

    private func check(_ value: Value, _ test: TestName, against other: Value) throws(TemplateError) -> Bool {
        switch test {
        case .divisibleby: try equals(calculate(value, .modulo, other), .integer(0))
        case .sameas: value.isSame(as: other)
        case .isIn: try contains(value, in: other)
        case .equalSign, .eq, .equalto: try equals(value, other)
        case .notEqualSign, .ne: try !equals(value, other)
        case .greaterSign, .gt, .greaterthan: try holds(value, .greater, other)
        case .greaterOrEqualSign, .ge: try holds(value, .greaterOrEqual, other)
        case .lessSign, .lt, .lessthan: try holds(value, .less, other)
        default: try holds(value, .lessOrEqual, other)
        }
    }

    private func check(_ value: Value, _ test: TestName) throws(TemplateError) -> Bool {
        switch test {
        case .defined: return !value.isUndefined
        case .undefined: return value.isUndefined
        case .none: return value.isNone
        case .odd: return try equals(calculate(value, .modulo, .integer(2)), .integer(1))
        case .even: return try equals(calculate(value, .modulo, .integer(2)), .integer(0))
        case .filter, .test:
            // A look into a table, which takes what can be a key.
            _ = try key(value)
            if test == .test { return value.text.map { TestName(rawValue: $0) != nil } ?? false }
            return value.text.map { FilterName(rawValue: $0) != nil } ?? false
        case .lower: return PythonText.isAll(uppercase: false, try text(of: value))
        case .upper: return PythonText.isAll(uppercase: true, try text(of: value))
        case .string: return value.text != nil
        case .number: return value.number != nil
        case .boolean: if case .bool = value { return true } else { return false }
        case .true: if case .bool(true) = value { return true } else { return false }
        case .false: if case .bool(false) = value { return true } else { return false }
        case .integer: if case .integer = value { return true } else { return false }
        case .float: if case .float = value { return true } else { return false }
        case .mapping: if case .dictionary = value { return true } else { return false }
        case .escaped: return value.isMarkup
        case .sequence:
            switch value {
            case .undefined, .string, .markup, .list, .tuple, .dictionary, .range: return true
            default: return false
            }
        case .iterable:
            switch value {
            case .undefined, .string, .markup, .list, .tuple, .dictionary, .range, .view, .iterator, .loop: return true
            default: return false
            }
        default:  // callable
            switch value {
            case .undefined, .macro, .function, .method, .joiner, .loop: return true
            default: return false
            }
        }
    }
}
