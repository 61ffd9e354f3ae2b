import Foundation
import TuttiCheckpoints

/// Numbers as Python reads, formats and rounds them; templates are written against that.
extension PythonNumber {
    /// C's `%.*f` and its kin; `conversion` is one of `e f g` in either case.
    static func formatted(_ value: Double, precision: Int, conversion: Character, alternate: Bool = false) -> String {
        if !value.isFinite {
            let text = representation(of: value)
            return conversion.isUppercase ? text.uppercased() : text
        }
        return String(format: "%\(alternate ? "#" : "").\(precision)\(conversion)", value)
    }

    /// A float's whole part.
    static func integerText(_ value: Double) -> String {
        Int128(exactly: value.rounded(.towardZero)).map { String($0) } ?? representation(of: value)
    }

    static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

    /// A format without a letter: as `g`, but a number without exponent keeps a digit behind its point.
    static func general(_ value: Double, precision: Int) -> String {
        let digits = formatted(value, precision: precision, conversion: "g")
        guard value.isFinite, !digits.contains("."), !digits.contains("e") else { return digits }
        if digits.utf8.count < precision { return digits + ".0" }
        let exponential = formatted(value, precision: precision - 1, conversion: "e").split(separator: "e")
        var mantissa = exponential[0]
        if mantissa.contains(".") {
            while mantissa.last == "0" { mantissa.removeLast() }
            if mantissa.last == "." { mantissa.removeLast() }
        }
        return mantissa + "e" + exponential[1]
    }

    /// Python's `round`: halves of the exact value go to the even neighbour.
    static func rounded(_ value: Double, places: Int) -> Double {
        guard value.isFinite else { return value }
        if places > 322 { return value }
        if places < -308 { return 0 }
        if places < 0 {
            let scale = pow(10, Double(-places))
            return (value / scale).rounded(.toNearestOrEven) * scale
        }
        return Double(formatted(value, precision: places, conversion: "f")) ?? value
    }

    /// Python's `int(text, base)`: blanks around, a sign, single underscores between digits, a prefix that fits the base.
    static func integer(_ text: String, base: Int = 10) -> Int128? {
        guard base == 0 || (2...36).contains(base) else { return nil }
        var digits = Substring(PythonText.strip(text)).unicodeScalars
        var isNegative = false
        if let sign = digits.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            digits.removeFirst()
        }
        var base = base
        let prefix = String(digits.prefix(2)).lowercased()
        let prefixes = ["0x": 16, "0o": 8, "0b": 2]
        if let of = prefixes[prefix], base == 0 || base == of {
            base = of
            digits.removeFirst(2)
            if digits.first == "_" { digits.removeFirst() }
        } else if base == 0 {
            guard digits.first != "0" || digits.allSatisfy({ $0 == "0" || $0 == "_" }) else { return nil }
            base = 10
        }
        guard let plain = withoutUnderscores(String(digits)), !plain.isEmpty else { return nil }
        var value: Int128 = 0
        for scalar in plain.unicodeScalars {
            let digit: Int
            if let decimal = PythonText.decimalValue(scalar) {
                digit = decimal
            } else if scalar.isASCII, let letter = Character(scalar).hexDigitValue {
                digit = letter
            } else if scalar.isASCII, scalar.properties.isAlphabetic {
                digit = Int(scalar.properties.lowercaseMapping.unicodeScalars.first!.value) - 97 + 10
            } else {
                return nil
            }
            guard digit < base else { return nil }
            let (product, high) = value.multipliedReportingOverflow(by: Int128(base))
            let (sum, carry) = product.addingReportingOverflow(Int128(digit))
            if high || carry { return nil }
            value = sum
        }
        return isNegative ? -value : value
    }

    /// Python's `float(text)`.
    static func float(_ text: String) -> Double? {
        let stripped = String(
            String.UnicodeScalarView(
                PythonText.strip(text).unicodeScalars.map { scalar in
                    PythonText.decimalValue(scalar).map { Unicode.Scalar(UInt8(48 + $0)) } ?? scalar
                }))
        guard let plain = withoutUnderscores(stripped) else { return nil }
        let unsigned = plain.drop { $0 == "+" || $0 == "-" }
        guard plain.count - unsigned.count <= 1 else { return nil }
        switch unsigned.lowercased() {
        case "inf", "infinity": return plain.first == "-" ? -.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        // Swift's own reader takes hexadecimal too, and refuses a point at either end.
        guard plain.utf8.allSatisfy({ (48...57).contains($0) || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains($0) }) else {
            return nil
        }
        let parts = plain.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return Double(plain) }
        let startsBare = parts[0].last.map { !$0.isNumber } ?? true,
            endsBare = parts[1].first.map { !$0.isNumber } ?? true
        if startsBare && endsBare { return nil }
        return Double(parts[0] + (startsBare ? "0." : ".") + (endsBare ? "0" : "") + parts[1])
    }

    /// The text without single underscores between digits, or nil where one stands elsewhere.
    private static func withoutUnderscores(_ text: String) -> String? {
        guard text.utf8.contains(0x5f) else { return text }
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        for (left, right) in zip(parts, parts.dropFirst()) {
            guard let a = left.last, let b = right.first, a.isHexDigit || a.isLetter, b.isHexDigit || b.isLetter else {
                return nil
            }
        }
        return parts.joined()
    }

    /// An integer with a separator after every three digits.
    static func grouped(_ digits: String, by separator: String, every size: Int = 3) -> String {
        var result = "", left = digits.utf8.count
        for digit in digits {
            if left != digits.utf8.count, left % size == 0 { result += separator }
            result.append(digit)
            left -= 1
        }
        return result
    }
}
