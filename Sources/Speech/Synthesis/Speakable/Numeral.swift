/// A number as it is written, with what follows it in the same word: "-1,200.50km" is -1200.50 and "km".
struct Numeral {
    /// A sign before it, said: "minus", "about"; empty for none.
    var sign = ""
    /// Digits before the point, without commas.
    var whole = ""
    /// Digits after the point; nil without a point.
    var fraction: String?
    /// Whether commas stand between its thousands.
    var isGrouped = false
    /// The power of ten of "6.02e23".
    var exponent: String?

    static let signs: [Character: String] = [
        "-": "minus", "−": "minus", "–": "minus", "+": "plus", "±": "plus or minus", "~": "about", "≈": "about",
        "<": "less than",
        ">": "more than", "≤": "at most", "≥": "at least",
    ]

    /// Reads the number that a word begins with.
    /// - Returns: Nil if it begins with none.
    static func read(_ text: Substring, signed: Bool = true) -> (numeral: Numeral, rest: Substring)? {
        var numeral = Numeral(), rest = text
        if signed, let first = rest.first, let sign = signs[first] {
            numeral.sign = sign
            rest = rest.dropFirst()
        }
        let digits = rest.prefix { $0.isASCIIDigit }
        rest = rest.dropFirst(digits.count)
        numeral.whole = String(digits)
        // Commas count only where they stand before exactly three digits, all the way.
        if (1...3).contains(digits.count) {
            var tail = rest, grouped = numeral.whole
            while tail.first == ",", case let group = tail.dropFirst().prefix(while: { $0.isASCIIDigit }),
                group.count == 3
            {
                grouped += group
                tail = tail.dropFirst(4)
            }
            if grouped.count > digits.count, tail.first != "," {
                (numeral.whole, numeral.isGrouped, rest) = (grouped, true, tail)
            }
        }
        if rest.first == ".", case let fraction = rest.dropFirst().prefix(while: { $0.isASCIIDigit }), !fraction.isEmpty
        {
            numeral.fraction = String(fraction)
            rest = rest.dropFirst(fraction.count + 1)
        }
        guard !numeral.whole.isEmpty || numeral.fraction != nil else { return nil }
        if rest.first == "e" || rest.first == "E" {
            let tail = rest.dropFirst(), sign = tail.prefix(1).filter { $0 == "-" || $0 == "+" }
            let power = tail.dropFirst(sign.count).prefix { $0.isASCIIDigit }
            if !power.isEmpty {
                numeral.exponent = (sign == "-" ? "-" : "") + power
                rest = tail.dropFirst(sign.count + power.count)
            }
        }
        return (numeral, rest)
    }

    /// Whether what is counted stands in the singular.
    var isOne: Bool { Int(whole) == 1 && fraction == nil && exponent == nil }

    /// Whether it is a plain run of digits.
    var isPlain: Bool { sign.isEmpty && fraction == nil && exponent == nil && !isGrouped }

    /// Said with its sign.
    var words: String { (sign.isEmpty ? "" : sign + " ") + magnitude }

    /// Said without its sign.
    var magnitude: String {
        var words = whole.isEmpty ? "zero" : Spelling.cardinal(whole)
        if let fraction { words += " point " + Spelling.one(by: fraction) }
        if let exponent {
            words += " times ten to the " + (exponent.hasPrefix("-") ? "minus " : "")
            words += Spelling.cardinal(exponent.drop { $0 == "-" })
        }
        return words
    }
}

extension Character {
    var isASCIIDigit: Bool { isASCII && isNumber }
    var isASCIILetter: Bool { isASCII && isLetter }
}

extension StringProtocol {
    var isDigits: Bool { !isEmpty && allSatisfy { $0.isASCIIDigit } }
    /// Nothing but letters and apostrophes.
    var isPlainWord: Bool { !isEmpty && allSatisfy { $0.isLetter || $0 == "'" } }
    var isCapitalized: Bool { first?.isUppercase == true }
    var isAllCapitals: Bool { !isEmpty && allSatisfy { $0.isUppercase } }
}
