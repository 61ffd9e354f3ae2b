import TuttiCheckpoints

/// How one value is laid out: the small language behind the colon of `'{:>8.2f}'`, and what `'%8.2f'` says in another.
struct FormatSpecification {
    enum Alignment: Character { case left = "<", right = ">", center = "^", afterSign = "=" }

    var fill: Unicode.Scalar = " "
    var alignment: Alignment?
    /// `+` and a blank mark numbers that are not negative.
    var sign: Character = "-"
    var isAlternate = false
    var grouping: String?
    var width = 0
    var precision: Int?
    var type: Character?

    init() {}

    /// Reads `[[fill]align][sign][#][0][width][grouping][.precision][type]`; nil if it is none.
    init?(_ text: String) {
        var rest = Substring(text).unicodeScalars
        func alignment(_ scalar: Unicode.Scalar?) -> Alignment? {
            scalar.flatMap { Alignment(rawValue: Character($0)) }
        }
        if let found = alignment(rest.dropFirst().first) {
            fill = rest.removeFirst()
            self.alignment = found
            rest.removeFirst()
        } else if let found = alignment(rest.first) {
            self.alignment = found
            rest.removeFirst()
        }
        if let next = rest.first, "+- ".unicodeScalars.contains(next) {
            sign = Character(next)
            rest.removeFirst()
        }
        if rest.first == "#" {
            isAlternate = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            if self.alignment == nil {
                fill = "0"
                self.alignment = .afterSign
            }
            rest.removeFirst()
        }
        func number() -> Int? {
            let digits = rest.prefix { $0.isASCII && PythonText.decimalValue($0) != nil }
            rest.removeFirst(digits.count)
            return Int(String(digits))
        }
        width = number() ?? 0
        if let next = rest.first, next == "," || next == "_" {
            grouping = String(next)
            rest.removeFirst()
        }
        if rest.first == "." {
            rest.removeFirst()
            guard let digits = number() else { return nil }
            precision = digits
        }
        if let last = rest.popFirst() { type = Character(last) }
        guard rest.isEmpty else { return nil }
    }
}

extension Evaluator {
    private static let maximumPrecision = 1_000

    /// Fills up to the width. `sign` stays in front where the fill goes between it and the digits.
    func laidOut(
        _ text: String, sign: String = "", _ specification: FormatSpecification, usually: FormatSpecification.Alignment
    ) throws(TemplateError) -> String {
        let missing = specification.width - PythonText.length(text) - PythonText.length(sign)
        guard missing > 0 else { return sign + text }
        try charge(byteCount: 4, times: missing)
        func filling(_ count: Int) -> String { String(repeating: String(specification.fill), count: count) }
        switch specification.alignment ?? usually {
        case .left: return sign + text + filling(missing)
        case .right: return filling(missing) + sign + text
        case .center: return filling(missing / 2) + sign + text + filling(missing - missing / 2)
        case .afterSign: return sign + filling(missing) + text
        }
    }

    func sign(isNegative: Bool, _ specification: FormatSpecification) -> String {
        isNegative ? "-" : specification.sign == "-" ? "" : String(specification.sign)
    }

    func formatted(_ value: Int128, _ specification: FormatSpecification) throws(TemplateError) -> String {
        guard specification.precision == nil || "eEfFgG%".contains(specification.type ?? "d") else {
            throw .runtime("an integer has no precision")
        }
        let radix: Int, prefix: String
        switch specification.type {
        case nil, "d", "n", "i", "u": (radix, prefix) = (10, "")
        case "b": (radix, prefix) = (2, "0b")
        case "o": (radix, prefix) = (8, "0o")
        case "x": (radix, prefix) = (16, "0x")
        case "X": (radix, prefix) = (16, "0X")
        case "c":
            guard let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init) else {
                throw .runtime("\(value) is no character")
            }
            return try laidOut(String(scalar), specification, usually: .left)
        default: return try formatted(Double(value), specification)
        }
        var digits = String(value.magnitude, radix: radix, uppercase: specification.type == "X")
        if let grouping = specification.grouping {
            digits = PythonNumber.grouped(digits, by: grouping, every: radix == 10 ? 3 : 4)
        }
        let sign = sign(isNegative: value < 0, specification) + (specification.isAlternate ? prefix : "")
        return try laidOut(digits, sign: sign, specification, usually: .right)
    }

    func formatted(_ value: Double, _ specification: FormatSpecification) throws(TemplateError) -> String {
        if let precision = specification.precision, precision > Self.maximumPrecision {
            throw .limit("a precision of \(precision) digits, at most \(Self.maximumPrecision) are allowed")
        }
        let magnitude = value.magnitude, isAlternate = specification.isAlternate
        var digits: String
        switch specification.type {
        case "e", "E", "f", "F", "g", "G":
            digits = PythonNumber.formatted(
                magnitude, precision: specification.precision ?? 6, conversion: specification.type ?? "f",
                alternate: isAlternate)
        case "n":
            digits = PythonNumber.formatted(magnitude, precision: specification.precision ?? 6, conversion: "g")
        case "%":
            digits =
                PythonNumber.formatted(magnitude * 100, precision: specification.precision ?? 6, conversion: "f") + "%"
        case nil:
            guard let precision = specification.precision else {
                digits = PythonNumber.representation(of: magnitude)
                break
            }
            digits = PythonNumber.general(magnitude, precision: max(precision, 1))
        case .some(let type): throw .runtime("a number has no format '\(type)'")
        }
        if let grouping = specification.grouping {
            let whole = digits.prefix { $0.isNumber }
            digits = PythonNumber.grouped(String(whole), by: grouping) + digits.dropFirst(whole.count)
        }
        let isNegative = value.sign == .minus && !value.isNaN
        return try laidOut(digits, sign: sign(isNegative: isNegative, specification), specification, usually: .right)
    }

    func formatted(_ text: String, _ specification: FormatSpecification) throws(TemplateError) -> String {
        guard specification.sign == "-", specification.grouping == nil, !specification.isAlternate else {
            throw .runtime("signs and groups are for numbers, not for strings")
        }
        guard specification.type == nil || specification.type == "s" else {
            throw .runtime("a string has no format '\(specification.type ?? "s")'")
        }
        guard specification.alignment != .afterSign || specification.fill == "0" else {
            throw .runtime("'=' aligns numbers only")
        }
        let kept = specification.precision.map { String(text.unicodeScalars.prefix($0)) } ?? text
        var specification = specification
        if specification.alignment == .afterSign { specification.alignment = .left }
        return try laidOut(kept, specification, usually: .left)
    }
}
