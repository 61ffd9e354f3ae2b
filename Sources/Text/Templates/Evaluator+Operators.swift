import Foundation

extension Evaluator {
    func unary(_ sign: UnaryOperator, _ operand: Value) throws(TemplateError) -> Value {
        if case .float(let value) = operand { return .float(sign == .negate ? -value : value) }
        guard let value = operand.wholeNumber else {
            if case .undefined(let undefined) = operand { throw .runtime(undefined.message) }
            throw .runtime("a value of type '\(operand.typeName)' has no sign")
        }
        if sign == .plus { return .integer(value) }
        let (result, overflow) = Int128(0).subtractingReportingOverflow(value)
        return try checked(result, overflow)
    }

    func calculate(_ left: Value, _ op: BinaryOperator, _ right: Value) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = left { throw .runtime(undefined.message) }
        if let text = left.text {
            if op == .modulo { return try format(text, isMarkup: left.isMarkup, right) }
            if op == .add, let result = try join(left, right) { return result }
        }
        if case .undefined(let undefined) = right { throw .runtime(undefined.message) }
        if case .integer(let a) = left, case .integer(let b) = right { return try calculate(a, op, b) }
        if let a = left.wholeNumber, let b = right.wholeNumber { return try calculate(a, op, b) }
        if let a = left.number, let b = right.number { return try calculate(a, op, b) }
        switch (op, left, right) {
        case (.add, .list(let a), .list(let b)): return .list(try list(a.items + b.items))
        case (.add, .tuple(let a), .tuple(let b)): return .tuple(try list(a.items + b.items))
        case (.multiply, _, _):
            if let count = right.wholeNumber, let result = try repeated(left, count) { return result }
            if let count = left.wholeNumber, let result = try repeated(right, count) { return result }
        default: break
        }
        throw .runtime("'\(op.rawValue)' does not work on '\(left.typeName)' and '\(right.typeName)'")
    }

    /// Two strings in a row. Where one is safe HTML, the other is escaped.
    private func join(_ left: Value, _ right: Value) throws(TemplateError) -> Value? {
        guard let a = left.text, let b = right.text else { return nil }
        try charge(byteCount: a.utf8.count + b.utf8.count)
        switch (left.isMarkup, right.isMarkup) {
        case (false, false): return .string(a + b)
        case (true, true): return .markup(a + b)
        case (true, false): return .markup(a + PythonText.escapedForHTML(b))
        case (false, true): return .markup(PythonText.escapedForHTML(a) + b)
        }
    }

    private func repeated(_ sequence: Value, _ count: Int128) throws(TemplateError) -> Value? {
        let count = Int(clamping: max(count, 0))
        switch sequence {
        case .string(let text), .markup(let text):
            try charge(byteCount: text.utf8.count, times: count)
            let result = text.isEmpty ? "" : String(repeating: text, count: count)
            return sequence.isMarkup ? .markup(result) : .string(result)
        case .list(let list), .tuple(let list):
            let (total, overflow) = count.multipliedReportingOverflow(by: list.items.count)
            try charge(itemCount: overflow ? .max : total)
            var items: [Value] = []
            if !list.items.isEmpty { for _ in 0..<count { items += list.items } }
            let result = try self.list(items)
            if case .list = sequence { return .list(result) }
            return .tuple(result)
        default: return nil
        }
    }

    // MARK: Integers

    private func checked(_ value: Int128, _ overflow: Bool) throws(TemplateError) -> Value {
        guard !overflow else { throw .runtime("the result is too large for an integer of 128 bits") }
        return .integer(value)
    }

    private func calculate(_ a: Int128, _ op: BinaryOperator, _ b: Int128) throws(TemplateError) -> Value {
        switch op {
        case .add:
            let (result, overflow) = a.addingReportingOverflow(b)
            return try checked(result, overflow)
        case .subtract:
            let (result, overflow) = a.subtractingReportingOverflow(b)
            return try checked(result, overflow)
        case .multiply:
            let (result, overflow) = a.multipliedReportingOverflow(by: b)
            return try checked(result, overflow)
        case .divide:
            guard b != 0 else { throw .runtime("division by zero") }
            return .float(Double(a) / Double(b))
        case .floorDivide:
            guard b != 0 else { throw .runtime("division by zero") }
            let (quotient, overflow) = a.dividedReportingOverflow(by: b)
            let isInexact = !overflow && a % b != 0 && (a < 0) != (b < 0)
            return try checked(isInexact ? quotient - 1 : quotient, overflow)
        case .modulo:
            guard b != 0 else { throw .runtime("division by zero") }
            let (remainder, _) = a.remainderReportingOverflow(dividingBy: b)
            return .integer(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder)
        case .power:
            guard b >= 0 else {
                guard a != 0 else { throw .runtime("zero has no negative power") }
                return .float(pow(Double(a), Double(b)))
            }
            return try power(a, b)
        }
    }

    private func power(_ base: Int128, _ exponent: Int128) throws(TemplateError) -> Value {
        if base == 0 || base == 1 { return .integer(exponent == 0 ? 1 : base) }
        if base == -1 { return .integer(exponent % 2 == 0 ? 1 : -1) }
        guard exponent < 128 else { return try checked(0, true) }
        var result: Int128 = 1
        for _ in 0..<Int(exponent) {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return try checked(0, true) }
            result = product
        }
        return .integer(result)
    }

    // MARK: Floats

    private func calculate(_ a: Double, _ op: BinaryOperator, _ b: Double) throws(TemplateError) -> Value {
        switch op {
        case .add: return .float(a + b)
        case .subtract: return .float(a - b)
        case .multiply: return .float(a * b)
        case .divide:
            guard b != 0 else { throw .runtime("division by zero") }
            return .float(a / b)
        case .floorDivide:
            guard b != 0 else { throw .runtime("division by zero") }
            return .float(Self.floorDivided(a, b))
        case .modulo:
            guard b != 0 else { throw .runtime("division by zero") }
            return .float(Self.modulo(a, b))
        case .power:
            guard a != 0 || b >= 0 else { throw .runtime("zero has no negative power") }
            let result = pow(a, b)
            guard !result.isNaN || a.isNaN || b.isNaN else { throw .runtime("the power is no real number") }
            guard result.isFinite || !a.isFinite || !b.isFinite else { throw .runtime("the power is too large") }
            return .float(result)
        }
    }

    /// The remainder with the divisor's sign.
    private static func modulo(_ a: Double, _ b: Double) -> Double {
        let remainder = fmod(a, b)
        if remainder == 0 { return Double(signOf: b, magnitudeOf: 0) }
        return (remainder < 0) != (b < 0) ? remainder + b : remainder
    }

    private static func floorDivided(_ a: Double, _ b: Double) -> Double {
        let quotient = (a - modulo(a, b)) / b
        guard quotient != 0 else { return Double(signOf: a / b, magnitudeOf: 0) }
        let floor = quotient.rounded(.down)
        return quotient - floor > 0.5 ? floor + 1 : floor
    }
}
