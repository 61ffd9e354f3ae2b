/// What TeX writes between dollars, in words that the rules for numbers go on with.
enum Formulas {
    private static let commands = [
        "times": "times", "cdot": "times", "div": "divided by", "pm": "plus or minus", "le": "at most",
        "leq": "at most",
        "ge": "at least", "geq": "at least", "ne": "is not", "neq": "is not", "approx": "is about", "infty": "infinity",
        "sum": "the sum of", "int": "the integral of", "prod": "the product of", "to": "to", "rightarrow": "to",
        "Rightarrow": "implies", "in": "in", "cup": "union", "cap": "intersection", "partial": "partial",
        "ldots": "and so on",
        "dots": "and so on", "lim": "the limit of", "sqrt": "the square root of", "equiv": "is equivalent to",
        "sim": "is like",
        "left": "", "right": "", "quad": "", "qquad": "", "displaystyle": "", "text": "", "mathrm": "", "mathbf": "",
        "mathbb": "", "mathcal": "", "operatorname": "", "boxed": "", "hat": "", "bar": "", "vec": "", "begin": "",
        "end": "",
    ]

    static func words(_ formula: some StringProtocol) -> String {
        var said = "", rest = Substring(formula)
        while let first = rest.first {
            rest = rest.dropFirst()
            switch first {
            case "\\":
                let name = rest.prefix { $0.isASCIILetter }
                rest = rest.dropFirst(max(1, name.count))
                if name == "frac" || name == "dfrac" || name == "tfrac" {
                    said += " " + words(group(&rest)) + " over " + words(group(&rest)) + " "
                } else if !name.isEmpty {
                    said += " " + (commands[String(name)] ?? String(name)) + " "
                } else {
                    said += " "
                }
            case "^":
                let power = group(&rest)
                said += power == "2" ? " squared" : power == "3" ? " cubed" : " to the power of " + words(power)
                said += " "
            case "_": said += " sub " + words(group(&rest)) + " "
            case "{", "}", "&", "$": said += " "
            case "=": said += " equals "
            case "+": said += " plus "
            case "-": said += said.allSatisfy { $0.isWhitespace } ? "-" : " minus "
            case "<": said += " is less than "
            case ">": said += " is greater than "
            case "/": said += " over "
            case "|", "(", ")", "[", "]", "*": said += " "
            default: said.append(first)
            }
        }
        return said
    }

    /// What follows in braces, or one character.
    private static func group(_ rest: inout Substring) -> Substring {
        rest = rest.drop { $0 == " " }
        guard rest.first == "{" else {
            let one = rest.prefix(1)
            rest = rest.dropFirst(one.count)
            return one
        }
        var depth = 0
        for place in rest.indices {
            if rest[place] == "{" { depth += 1 }
            if rest[place] == "}" { depth -= 1 }
            if depth == 0 {
                let inner = rest[rest.index(after: rest.startIndex)..<place]
                rest = rest[rest.index(after: place)...]
                return inner
            }
        }
        let inner = rest.dropFirst()
        rest = ""
        return inner
    }
}
