import OrderedCollections

extension Evaluator {
    /// `'%s is %d' % values`, as C's printf with Python's conversions.
    func format(_ template: String, isMarkup: Bool, _ values: Value) throws(TemplateError) -> Value {
        var reader = PercentFormat(values)
        var result = ""
        var rest = Substring(template).unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                result += "%"
                continue
            }
            let piece = try reader.piece(&rest, self)
            result += isMarkup ? PythonText.escapedForHTML(piece) : piece
            try charge(byteCount: piece.utf8.count)
        }
        try reader.finish()
        try charge(byteCount: result.utf8.count)
        return isMarkup ? .markup(result) : .string(result)
    }
}

/// Hands the values out to the conversions of one format string.
private struct PercentFormat {
    private let values: [Value]
    private let members: ValueDictionary?
    /// A list (or nothing) counts as a mapping here, so that its left-over items are no error.
    private let isMapping: Bool
    private var place = 0

    init(_ values: Value) {
        switch values {
        case .tuple(let list): (self.values, members, isMapping) = (list.items, nil, false)
        case .dictionary(let dictionary): (self.values, members, isMapping) = ([values], dictionary, true)
        case .list, .range, .undefined: (self.values, members, isMapping) = ([values], nil, true)
        default: (self.values, members, isMapping) = ([values], nil, false)
        }
    }

    mutating func next() throws(TemplateError) -> Value {
        guard place < values.count else {
            throw .runtime("the format string has more conversions than there are values")
        }
        place += 1
        return values[place - 1]
    }

    func finish() throws(TemplateError) {
        guard place == values.count || isMapping else {
            throw .runtime("the format string has fewer conversions than there are values")
        }
    }

    /// What one conversion, whose `%` has been read, stands for.
    mutating func piece(
        _ rest: inout Substring.UnicodeScalarView, _ evaluator: Evaluator
    ) throws(TemplateError) -> String {
        var specification = FormatSpecification(), value: Value?
        if rest.first == "(" {
            rest.removeFirst()
            guard let end = rest.firstIndex(of: ")") else { throw .runtime("a name in the format string has no end") }
            guard let members else { throw .runtime("a format string with names needs a dictionary") }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard let found = members.members[ValueKey(name)] else {
                throw .runtime("there is no value named '\(name)'")
            }
            value = found
        }
        while let flag = rest.first, "-+ #0".unicodeScalars.contains(flag) {
            rest.removeFirst()
            switch flag {
            case "-": specification.alignment = .left
            case "0":
                if specification.alignment != .left {
                    specification.alignment = .afterSign
                    specification.fill = "0"
                }
            case "#": specification.isAlternate = true
            case "+": specification.sign = "+"
            default: if specification.sign != "+" { specification.sign = " " }
            }
        }
        if specification.alignment == .left { specification.fill = " " }
        let width = try number(&rest)
        specification.width = width.map { abs($0) } ?? 0
        if let width, width < 0 { specification.alignment = .left }
        if rest.first == "." {
            rest.removeFirst()
            specification.precision = max(try number(&rest) ?? 0, 0)
        }
        while let modifier = rest.first, "hlL".unicodeScalars.contains(modifier) { rest.removeFirst() }
        guard let conversion = rest.popFirst() else { throw .runtime("the format string ends within a conversion") }
        let argument: Value
        if let value { argument = value } else { argument = try next() }
        return try evaluator.converted(argument, by: Character(conversion), &specification)
    }

    private mutating func number(_ rest: inout Substring.UnicodeScalarView) throws(TemplateError) -> Int? {
        if rest.first == "*" {
            rest.removeFirst()
            guard let value = try next().wholeNumber, let number = Int32(exactly: value) else {
                throw .runtime("'*' in a format string takes an integer")
            }
            return Int(number)
        }
        let digits = rest.prefix { $0.isASCII && PythonText.decimalValue($0) != nil }
        guard !digits.isEmpty else { return nil }
        rest.removeFirst(digits.count)
        guard let number = Int(String(digits)) else { throw .runtime("a width in the format string is too large") }
        return number
    }
}

extension Evaluator {
    fileprivate func converted(
        _ value: Value, by conversion: Character, _ specification: inout FormatSpecification
    ) throws(TemplateError) -> String {
        if conversion == "s" || conversion == "r" || conversion == "a" {
            // Strings are filled with blanks whatever the flags say.
            specification.fill = " "
            if specification.alignment == .afterSign { specification.alignment = nil }
            var text = try conversion == "s" ? self.text(of: value) : representation(of: value)
            if conversion == "a" { text = FormatMethod.ascii(text) }
            if let precision = specification.precision { text = String(text.unicodeScalars.prefix(precision)) }
            return try laidOut(text, specification, usually: .right)
        }
        if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
        specification.type = conversion
        switch conversion {
        case "d", "i", "u":
            let whole: Int128
            if let number = value.wholeNumber {
                whole = number
            } else if case .float(let number) = value, let number = Int128(exactly: number.rounded(.towardZero)) {
                whole = number
            } else {
                throw .runtime("%\(conversion) takes a number, not '\(value.typeName)'")
            }
            return try padded(whole, &specification)
        case "x", "X", "o":
            guard let number = value.wholeNumber else {
                throw .runtime("%\(conversion) takes an integer, not '\(value.typeName)'")
            }
            return try padded(number, &specification)
        case "e", "E", "f", "F", "g", "G":
            guard let number = value.number else {
                throw .runtime("%\(conversion) takes a number, not '\(value.typeName)'")
            }
            if !number.isFinite, specification.fill == "0" { specification.fill = " " }
            return try formatted(number, specification)
        case "c":
            specification.fill = " "
            if let text = value.text, PythonText.length(text) == 1 {
                return try laidOut(text, specification, usually: .right)
            }
            guard let number = value.wholeNumber, let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init)
            else {
                throw .runtime("%c takes a character or its number")
            }
            return try laidOut(String(scalar), specification, usually: .right)
        default: throw .runtime("there is no conversion '%\(conversion)'")
        }
    }

    /// An integer with at least as many digits as the precision says.
    private func padded(_ value: Int128, _ specification: inout FormatSpecification) throws(TemplateError) -> String {
        guard let precision = specification.precision else { return try formatted(value, specification) }
        let radix = specification.type == "o" ? 8 : specification.type?.lowercased() == "x" ? 16 : 10
        let digits = String(value.magnitude, radix: radix, uppercase: specification.type == "X")
        let missing = max(precision - digits.count, 0)
        try charge(byteCount: 1, times: missing)
        let prefix =
            specification.isAlternate && radix != 10 ? (radix == 8 ? "0o" : "0\(specification.type ?? "x")") : ""
        let sign = sign(isNegative: value < 0, specification) + prefix
        return try laidOut(String(repeating: "0", count: missing) + digits, sign: sign, specification, usually: .right)
    }
}
