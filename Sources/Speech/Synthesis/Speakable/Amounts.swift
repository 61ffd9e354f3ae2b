/// Numbers with what is counted: money, units, percent, ordinals, ranges.
enum Amounts {
    private static let dashes: Set<Character> = ["-", "–", "—", "−"]
    private static let scaleWords: Set<String> = ["hundred", "thousand", "million", "billion", "trillion"]

    static func rule(_ reading: Reading) -> Spoken? {
        let text = reading.word.text
        if let currency = Money.named(text), let (numeral, rest) = Numeral.read(reading.next), rest.isEmpty {
            return Spoken(Money.words(numeral, currency), 2)
        }
        // The unit of what is no plain number: 3×10^8 m/s.
        if reading[-1].last?.isNumber == true, text.contains("/"), let unit = Units.words(text, isOne: false) {
            return Spoken(unit)
        }
        var sign = "", body = text, currency: Money.Currency?
        if let first = text.first, let word = Numeral.signs[first], let (found, rest) = Money.prefix(text.dropFirst()) {
            (sign, currency, body) = (word + " ", found, rest)
        } else if let (found, rest) = Money.prefix(text) {
            (currency, body) = (found, rest)
        }
        guard let (numeral, rest) = Numeral.read(body) else { return nil }
        if let currency {
            guard let spoken = money(numeral, currency, rest, reading) else { return nil }
            return Spoken(sign + spoken.words, spoken.count)
        }
        if let dash = rest.first, dashes.contains(dash),
            case let (upper, unit)? = Numeral.read(rest.dropFirst(), signed: false)
        {
            return range(numeral, upper, unit, reading)
        }
        return counted(numeral, rest, reading)
    }

    // MARK: Money

    private static func money(
        _ numeral: Numeral, _ currency: Money.Currency, _ rest: Substring, _ reading: Reading
    ) -> Spoken? {
        if let dash = rest.first, dashes.contains(dash) {
            let second = Money.prefix(rest.dropFirst())?.rest ?? rest.dropFirst()
            guard let (upper, tail) = Numeral.read(second, signed: false) else {
                return rest.count > 1
                    ? Spoken(Money.words(numeral, currency) + " " + Symbols.words(rest.dropFirst())) : nil
            }
            guard let end = money(upper, currency, tail, reading) else { return nil }
            return Spoken(numeral.words + " to " + end.words, end.count)
        }
        if let slash = rest.first, slash == "/" {
            return Spoken(Money.words(numeral, currency) + " per " + Symbols.words(rest.dropFirst()))
        }
        if let scale = scale(of: rest, money: true) { return Spoken(Money.words(numeral, currency, scale: scale)) }
        guard rest.isEmpty || rest == "+" else { return nil }
        let plus = rest == "+" ? " plus" : ""
        if plus.isEmpty, scaleWords.contains(String(reading.next)) {
            return Spoken(Money.words(numeral, currency, scale: String(reading.next)), 2)
        }
        return Spoken(Money.words(numeral, currency) + plus)
    }

    private static func scale(of letters: Substring, money: Bool) -> String? {
        switch letters {
        case "k", "K": "thousand"
        case "M", "mn", "MM": "million"
        case "m": money ? "million" : nil
        case "bn", "B": "billion"
        case "b": money ? "billion" : nil
        case "tn": "trillion"
        case "T": money ? "trillion" : nil
        default: nil
        }
    }

    // MARK: Ranges

    private static func range(_ lower: Numeral, _ upper: Numeral, _ rest: Substring, _ reading: Reading) -> Spoken? {
        guard var end = counted(upper, rest, reading, inRange: true) else { return nil }
        // "5-3=2" is said sign by sign.
        if rest.contains("=") { return nil }
        let isOrdinal = ["st", "nd", "rd", "th"].contains(rest.lowercased())
        // "747-400" is a name.
        if lower.whole.count > 2, lower.isPlain, upper.isPlain, let from = Int(lower.whole), let to = Int(upper.whole),
            to < from
        {
            return Spoken(lower.words + " " + end.words, end.count)
        }
        if isOrdinal { end.words = Spelling.ordinal(upper.whole) }
        return Spoken((isOrdinal ? Spelling.ordinal(lower.whole) : lower.words) + " to " + end.words, end.count)
    }

    // MARK: Things counted

    private static func counted(
        _ numeral: Numeral, _ rest: Substring, _ reading: Reading, inRange: Bool = false
    ) -> Spoken? {
        let isOne = numeral.isOne && !inRange
        if rest.isEmpty { return spaced(numeral, isOne, reading) }
        let lower = rest.lowercased()
        if ["st", "nd", "rd", "th", "º", "ª"].contains(lower), numeral.isPlain || numeral.isGrouped {
            // "20 °C" may be written with the sign of Spanish ordinals.
            return Spoken(Spelling.ordinal(numeral.whole))
        }
        if let words = ordinal(numeral, rest) { return Spoken(words) }
        if (["4", "8"].contains(numeral.whole) && rest == "K") { return Spoken(numeral.words + " K") }
        if let scale = scale(of: rest, money: false) {
            if let currency = Money.named(reading.next) {
                return Spoken(Money.words(numeral, currency, scale: scale), 2)
            }
            return Spoken(numeral.words + " " + scale)
        }
        if let unit = Units.words(rest, isOne: isOne) { return Spoken(numeral.words + " " + unit) }
        if let currency = Money.named(rest) { return Spoken(Money.words(numeral, currency)) }
        switch lower {
        case "x": return Spoken(numeral.words + " times")
        case "+": return Spoken(numeral.words + " plus")
        case "s" where numeral.isPlain: return Spoken(Spelling.plural(numeral.words))
        case "'s", "’s": return Spoken(numeral.words + "'s")
        case "c", "p": return Spoken(numeral.words + " " + (lower == "c" ? "cents" : "P"))
        default: break
        }
        if let words = feet(numeral, rest) { return Spoken(words) }
        if let sign = rest.first, sign == "x" || sign == "×",
            case let (other, tail)? = Numeral.read(rest.dropFirst(), signed: false)
        {
            guard let end = counted(other, tail, reading, inRange: true) else { return nil }
            return Spoken(
                numeral.words + (sign == "x" || numeral.whole.count > 2 ? " by " : " times ") + end.words, end.count)
        }
        if rest.first == "-", rest.count > 1, rest.dropFirst().first?.isLetter == true {
            let tail = rest.dropFirst()
            let unit = Units.words(tail, isOne: true) ?? Symbols.words(tail)
            return Spoken(numeral.words + " " + unit)
        }
        return nil
    }

    /// "19th-century" and "3rd–5th".
    private static func ordinal(_ numeral: Numeral, _ rest: Substring) -> String? {
        guard numeral.isPlain, ["st", "nd", "rd", "th"].contains(rest.prefix(2)), let dash = rest.dropFirst(2).first,
            dashes.contains(dash)
        else { return nil }
        let tail = rest.dropFirst(3), words = Spelling.ordinal(numeral.whole)
        guard let (upper, end) = Numeral.read(tail, signed: false) else { return words + " " + Symbols.words(tail) }
        return words + " to " + (end.count == 2 && upper.isPlain ? Spelling.ordinal(upper.whole) : Symbols.words(tail))
    }

    /// The unit may be the next word.
    private static func spaced(_ numeral: Numeral, _ isOne: Bool, _ reading: Reading) -> Spoken? {
        let next = reading.next
        if let currency = Money.named(next) { return Spoken(Money.words(numeral, currency), 2) }
        if scaleWords.contains(String(next)) {
            if let currency = Money.named(reading[2]) {
                return Spoken(Money.words(numeral, currency, scale: String(next)), 3)
            }
            return Spoken(numeral.words + " " + next, 2)
        }
        if let unit = Units.words(next, isOne: isOne, isSpaced: true) { return Spoken(numeral.words + " " + unit, 2) }
        if next == "in", reading.words.count == reading.place + 2 || reading.words[reading.place + 1].hasDot {
            return Spoken(numeral.words + (isOne ? " inch" : " inches"), 2)
        }
        if next == "°", let unit = Units.words("°" + reading[2], isOne: isOne) {
            return Spoken(numeral.words + " " + unit, 3)
        }
        return Spoken(SpokenNumbers.plain(numeral, in: reading))
    }

    /// 5'11" and 6′.
    private static func feet(_ numeral: Numeral, _ rest: Substring) -> String? {
        guard let mark = rest.first else { return nil }
        if "\"”″".contains(mark), rest.count == 1 { return numeral.words + (numeral.isOne ? " inch" : " inches") }
        guard "'’′".contains(mark) else { return nil }
        if rest.count == 1 { return numeral.words + (numeral.isOne ? " foot" : " feet") }
        let inches = rest.dropFirst().prefix { $0.isASCIIDigit }, end = rest.dropFirst(1 + inches.count)
        guard !inches.isEmpty, end.isEmpty || "\"”″".contains(end) else { return nil }
        return numeral.words + " foot " + Spelling.cardinal(inches)
    }
}
