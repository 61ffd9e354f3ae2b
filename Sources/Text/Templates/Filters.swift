import TuttiCheckpoints

/// Jinja's filters. `random` and `urlize` are known by name and refused.
enum FilterName: String, CaseIterable {
    case abs, attr, batch, capitalize, center, count, d, `default`, dictsort, e, escape, filesizeformat, first, float
    case forceescape, format, groupby, indent, int, items, join, last, length, list, lower, map, max, min, pprint
    case random, reject, rejectattr, replace, reverse, round, safe, select, selectattr, slice, sort, string, striptags
    case sum, title, tojson, trim, truncate, unique, upper, urlencode, urlize, wordcount, wordwrap, xmlattr
}

extension Evaluator {
    func apply(_ filter: Filter, to value: Value, in scope: Scope) throws(TemplateError) -> Value {
        let arguments = try arguments(filter.arguments, in: scope)
        line = filter.line
        guard let name = filter.filter else { throw .runtime("no filter named '\(filter.name)'") }
        return try apply(name, to: value, arguments)
    }

    /// A filter by the name that a value holds, as `map` takes it.
    func apply(filterNamed name: String, to value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard let filter = FilterName(rawValue: name) else { throw .runtime("no filter named '\(name)'") }
        return try apply(filter, to: value, arguments)
    }

    func apply(_ filter: FilterName, to value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        try charge()
        var reader = ArgumentReader(arguments, of: "the filter '\(filter.rawValue)'")
        switch filter {
        case .d, .default:
            let fallback = try reader.next("default_value") ?? .string("")
            let isForFalse = try reader.flag("boolean") ?? false
            try reader.finish()
            return value.isUndefined || (isForFalse && !value.isTrue) ? fallback : value
        case .length, .count:
            try reader.finish()
            return .integer(Int128(try length(of: value)))
        case .tojson: return try toJSON(value, &reader)
        case .trim, .upper, .lower, .title, .capitalize, .replace, .indent, .center, .truncate, .wordwrap, .wordcount,
            .string, .format, .striptags, .urlencode, .xmlattr, .escape, .e, .forceescape, .safe, .pprint,
            .filesizeformat:
            return try applyText(filter, value, arguments)
        case .int, .float, .abs, .round, .sum: return try applyNumber(filter, value, &reader)
        case .random: throw .runtime("the filter 'random' is refused: a chat template gives one text for one input")
        case .urlize: throw .runtime("the filter 'urlize' is refused: a chat template writes no HTML")
        default: return try applySequence(filter, value, arguments)
        }
    }

    private func toJSON(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        var style = JSON.Style.python
        style.escapesNonASCII = try reader.flag("ensure_ascii") ?? false
        switch try reader.next("indent") {
        case nil, .some(.none): break
        case .some(let indent):
            if let text = indent.text {
                style.indent = text
            } else if let width = indent.wholeNumber {
                guard width <= 1_000 else { throw .limit("an indent of \(width) columns") }
                style.indent = String(repeating: " ", count: Swift.max(Int(clamping: width), 0))
            } else {
                throw .runtime("indent has to be a number or a string, not '\(indent.typeName)'")
            }
            style.itemSeparator = ","
        }
        if let separators = try reader.next("separators"), !separators.isNone {
            let texts = try items(of: separators).map(\.text)
            guard texts.count == 2, let item = texts[0], let key = texts[1] else {
                throw .runtime("separators have to be two strings")
            }
            style.itemSeparator = item
            style.keySeparator = key
        }
        style.sortsKeys = try reader.flag("sort_keys") ?? false
        try reader.finish()
        return .string(try json(value, style))
    }

    // MARK: Numbers

    private func applyNumber(
        _ filter: FilterName, _ value: Value, _ reader: inout ArgumentReader
    ) throws(TemplateError) -> Value {
        switch filter {
        case .int:
            let fallback = try reader.next("default") ?? .integer(0), base = try reader.integer("base") ?? 10
            try reader.finish()
            return try integer(value, base: base) ?? fallback
        case .float:
            let fallback = try reader.next("default") ?? .float(0)
            try reader.finish()
            if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
            if let number = value.number { return .float(number) }
            return value.text.flatMap(PythonNumber.float).map { .float($0) } ?? fallback
        case .abs:
            try reader.finish()
            if case .float(let number) = value { return .float(number.magnitude) }
            if let number = value.wholeNumber { return number < 0 ? try unary(.negate, value) : .integer(number) }
            if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
            throw .runtime("'\(value.typeName)' is no number")
        case .round: return try round(value, &reader)
        default:
            let attribute = try reader.next("attribute"), start = try reader.next("start") ?? .integer(0)
            try reader.finish()
            var sum = start
            if sum.text != nil { throw .runtime("sum adds no strings; join does") }
            for item in try items(of: value) {
                try charge()
                sum = try calculate(sum, .add, try look(up: attribute, in: item))
            }
            return sum
        }
    }

    /// What `int` makes of a value, nil where the default is to be taken.
    private func integer(_ value: Value, base: Int) throws(TemplateError) -> Value? {
        switch value {
        case .undefined(let undefined): throw .runtime(undefined.message)
        case .integer, .bool: return .integer(value.wholeNumber ?? 0)
        case .float(let number):
            if number.isNaN { return nil }
            guard let whole = Int128(exactly: number.rounded(.towardZero)) else {
                throw .runtime("the number is too large for an integer")
            }
            return .integer(whole)
        case .string(let text), .markup(let text):
            if let whole = PythonNumber.integer(text, base: base) { return .integer(whole) }
            guard let number = PythonNumber.float(text) else { return nil }
            return Int128(exactly: number.rounded(.towardZero)).map { .integer($0) }
        default: return nil
        }
    }

    private func round(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        let places = try reader.integer("precision") ?? 0, method = try reader.text("method") ?? "common"
        try reader.finish()
        if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
        guard let number = value.number else { throw .runtime("'\(value.typeName)' is no number to round") }
        switch method {
        case "common":
            guard let whole = value.wholeNumber else { return .float(PythonNumber.rounded(number, places: places)) }
            return .integer(places >= 0 ? whole : Self.rounded(whole, zeros: -places))
        case "ceil", "floor":
            let scale = PythonNumber.power(10, Double(places))
            let scaled = number * scale
            guard scaled.isFinite, scale > 0 else { throw .runtime("the number is too large to round") }
            return .float((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
        default: throw .runtime("the method of rounding has to be 'common', 'ceil' or 'floor'")
        }
    }

    /// Rounds to so many zeros at the end, halves to the even neighbour.
    private static func rounded(_ value: Int128, zeros: Int) -> Int128 {
        guard zeros < 38 else { return 0 }
        var unit: Int128 = 1
        for _ in 0..<zeros { unit *= 10 }
        let rest = value % unit, base = value - rest
        let twice = rest.magnitude.multipliedReportingOverflow(by: 2).partialValue
        let isUp = twice > unit.magnitude || (twice == unit.magnitude && (base / unit) % 2 != 0)
        return isUp ? base + (value < 0 ? -unit : unit) : base
    }
}
