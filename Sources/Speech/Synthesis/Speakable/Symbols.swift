/// Signs, and words that are mixed of letters, digits and signs.
enum Symbols {
    private static let names: [Character: String] = [
        "&": "and", "@": "at", "=": "equals", "+": "plus", "×": "times", "÷": "divided by", "^": "to the power of",
        "%": "percent", "‰": "per mille", "→": "to", "⇒": "implies", "←": "from", "↔": "to and from", "≠": "is not",
        "≈": "about",
        "≤": "at most", "≥": "at least", "±": "plus or minus", "√": "square root of", "∞": "infinity", "∑": "sum of",
        "∫": "integral of",
        "∈": "in", "∩": "intersection", "∪": "union", "∂": "partial", "∇": "nabla", "∀": "for all", "∃": "there is",
        "¬": "not", "∧": "and", "∨": "or",
        "°": "degrees", "§": "section", "²": "squared", "³": "cubed", "$": "dollar", "€": "euro", "£": "pound",
        "¥": "yen",
        "\\": "backslash", "½": "one half", "¼": "one quarter", "¾": "three quarters", "⅓": "one third",
        "⅔": "two thirds",
        "⅛": "one eighth", "−": "minus", "⋅": "times", "∙": "times", "₹": "rupee", "¢": "cents", "µ": "micro",
        "∆": "delta", "∏": "product of",
        "№": "number", "⇔": "if and only if", "′": "prime", "ª": "", "º": "",
    ]
    private static let greek: [Character: String] = [
        "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
        "ι": "iota",
        "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
        "σ": "sigma",
        "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "gamma", "Δ": "delta",
        "Θ": "theta",
        "Λ": "lambda", "Π": "pi", "Σ": "sigma", "Φ": "phi", "Ψ": "psi", "Ω": "omega",
    ]
    private static let pairs = [
        "==": "equals", "!=": "is not", "<=": "at most", ">=": "at least", "=>": "to", "->": "to", "<-": "from",
        "&&": "and",
        "||": "or", "**": "to the power of", "++": "plus plus", "+=": "plus equals", "-=": "minus equals", "<<": "",
        ">>": "", "::": "", "...": "",
    ]
    private static let whole = [
        "C#": "C sharp", "F#": "F sharp", "C++": "C plus plus", "c++": "C plus plus", "w/o": "without", "w/": "with",
        "n/a": "not applicable",
        "N/A": "not applicable", "a/c": "account", ".NET": "dot net", "Node.js": "node JS", "24/7": "twenty four seven",
        "b/c": "because", "i/o": "I O",
        "I/O": "I O", "c/o": "care of",
    ]

    /// Signs that stand alone, and what they mean between their neighbours.
    static func rule(_ reading: Reading) -> Spoken? {
        let text = reading.word.text
        if let known = whole[String(text)] { return Spoken(known) }
        if text.count > 1, text.hasPrefix("#"), text.dropFirst().isDigits {
            return Spoken("number " + Spelling.cardinal(text.dropFirst()))
        }
        if let code = SpokenNumbers.hexadecimal(text) { return code }
        if text.count > 1, text.hasPrefix("#"), text.dropFirst().first?.isLetter == true {
            return Spoken("hashtag " + words(text.dropFirst()))
        }
        guard text.count == 1, let sign = text.first else { return nil }
        let before = reading[-1].last, after = reading[1].first
        let isBetweenNumbers = before?.isNumber == true && after?.isNumber == true
        let isTerm = isBetweenNumbers || reading[-1].count == 1 && reading[1].count == 1
        switch sign {
        case "-", "−": return Spoken(isTerm ? "minus" : "")
        case "–", "—": return Spoken(isBetweenNumbers ? "to" : "")
        case "*", "x", "·":
            return isTerm && (sign != "x" || isBetweenNumbers) ? Spoken("times") : sign == "x" ? nil : Spoken("")
        case "/": return Spoken(isBetweenNumbers ? "divided by" : isTerm ? "over" : "")
        case "<": return Spoken("less than")
        case ">": return Spoken("greater than")
        case "~": return Spoken("about")
        case "#": return Spoken(after?.isNumber == true ? "number" : "")
        default: return nil
        }
    }

    /// Any run of characters without spaces, as words: nothing is left but letters, apostrophes and hyphens.
    static func words(_ text: Substring) -> String {
        if text.isPlainWord { return letters(text) }
        if let known = whole[String(text)] { return known }
        // "file(s)", whose bracket is gone.
        if text.hasSuffix("(s"), text.count > 3 { return words(text.dropLast(2)) + "s" }
        var said: [String] = [], rest = text
        let isFormula = text.contains { "=+*^<>".contains($0) }
        while let first = rest.first {
            if first.isASCIIDigit {
                guard let (numeral, tail) = Numeral.read(rest, signed: false) else { break }
                // "4.5.6" and "1e5x" are read up to what is a number.
                said.append(numeral.isPlain ? digits(numeral.whole) : numeral.words)
                rest = tail
            } else if first.isLetter {
                let run = rest.prefix { $0.isLetter || $0 == "'" || $0 == "’" || $0 == "-" }
                let word = run.trimmed { $0 == "-" || $0 == "'" || $0 == "’" }
                said.append(hyphenated(word, alone: word.count == text.count))
                rest = rest.dropFirst(max(1, run.count))
                if run.hasSuffix("-"), rest.first?.isNumber == true, isFormula { said.append("minus") }
            } else if let name = pairs[String(rest.prefix(2))], rest.count > 1 {
                said.append(name)
                rest = rest.dropFirst(2)
            } else {
                // Two angles are brackets, as in Array<Int>.
                let isAngle = first == "<" || first == ">"
                let isOnly = text.count { $0 == first || isAngle && "<>".contains($0) } == 1
                said.append(
                    sign(first, before: said.last, after: rest.dropFirst().first, isFormula: isFormula, isOnly: isOnly))
                rest = rest.dropFirst()
            }
        }
        return said.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func digits(_ digits: String) -> String {
        let isCode = digits.count > 1 && digits.hasPrefix("0") || digits.count > 6 && !digits.hasSuffix("000")
        return isCode ? Spelling.one(by: digits) : Spelling.cardinal(digits)
    }

    private static func hyphenated(_ word: Substring, alone: Bool) -> String {
        let parts = word.split(separator: "-")
        // A letter beside digits is one by name: "A4", "B2B".
        if parts.count == 1, let letter = parts[0].first, parts[0].count == 1, !alone, letter.isASCIILetter {
            return Acronyms.letter(letter)
        }
        return parts.map { letters($0) }.joined(separator: "-")
    }

    private static func letters(_ word: Substring) -> String {
        if word.count == 1, let letter = word.first, let name = greek[letter] { return name }
        var word = word
        if word.contains("’") { word = Substring(word.map { $0 == "’" ? "'" : $0 }) }
        return Acronyms.word(word)
    }

    private static func sign(_ sign: Character, before: String?, after: Character?, isFormula: Bool, isOnly: Bool)
        -> String
    {
        if let name = names[sign] { return name }
        let isInside = before != nil && after != nil
        switch sign {
        case ".":
            return isInside && after?.isLetter == true || before == nil && after?.isLetter == true
                ? "dot" : isInside && after?.isNumber == true ? "point" : ""
        case "/":
            if !isInside { return "" }
            return isFormula && isOnly ? "over" : isOnly && after?.isLetter == true ? "" : "slash"
        case "*": return isInside ? "times" : ""
        case "-": return isFormula && after != nil ? "minus" : ""
        case "–", "—": return isInside && after?.isNumber == true ? "to" : ""
        case "<", ">": return isOnly && isInside ? (sign == "<" ? "less than" : "greater than") : ""
        case "#": return after == nil ? "sharp" : "hash"
        case "~": return after?.isNumber == true ? "about" : ""
        case "_": return ""
        default: return sign.isNumber ? sign.wholeNumberValue.map { Spelling.cardinal($0) } ?? "" : ""
        }
    }
}

extension Substring {
    /// Without what `isMargin` holds for at both ends.
    func trimmed(_ isMargin: (Character) -> Bool) -> Substring {
        var text = drop(while: isMargin)
        while let last = text.last, isMargin(last) { text = text.dropLast() }
        return text
    }
}
