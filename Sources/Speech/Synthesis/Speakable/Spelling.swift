/// Digits as English says them.
enum Spelling {
    private static let small = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ]
    private static let tens = [
        "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ]
    private static let scales = [
        "", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion",
    ]
    private static let irregularOrdinals = [
        "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
        "twelve": "twelfth",
    ]

    /// A whole number: "1204" is "one thousand two hundred four". More than 24 digits are said one by one.
    /// - Parameter digits: 0 to 9 only.
    static func cardinal(_ digits: some StringProtocol) -> String {
        let digits = Array(digits.drop { $0 == "0" })
        if digits.isEmpty { return small[0] }
        guard digits.count <= 3 * scales.count else { return one(by: String(digits)) }
        var words: [String] = []
        var start = 0
        while start < digits.count {
            let end = start + (digits.count - start - 1) % 3 + 1
            let group = Int(String(digits[start..<end])) ?? 0
            if group > 0 {
                words += belowThousand(group)
                let scale = scales[(digits.count - end) / 3]
                if !scale.isEmpty { words.append(scale) }
            }
            start = end
        }
        return words.joined(separator: " ")
    }

    static func cardinal(_ number: Int) -> String { cardinal(String(number)) }

    /// "1204" is "one thousand two hundred fourth".
    static func ordinal(_ digits: some StringProtocol) -> String {
        var words = cardinal(digits).split(separator: " ").map(String.init)
        words[words.count - 1] = ordinal(of: words[words.count - 1])
        return words.joined(separator: " ")
    }

    /// "007" is "zero zero seven".
    static func one(by digits: some StringProtocol) -> String {
        digits.compactMap { $0.wholeNumberValue.map { small[$0] } }.joined(separator: " ")
    }

    /// As years are said: 1905 is "nineteen oh five", 2024 "twenty twenty four".
    static func year(_ year: Int) -> String {
        let (century, rest) = (year / 100, year % 100)
        switch year {
        case 1000...9999 where rest > 9 || century % 10 != 0:
            let end = rest == 0 ? "hundred" : rest < 10 ? "oh " + small[rest] : cardinal(rest)
            return cardinal(century) + " " + end
        default: return cardinal(year)
        }
    }

    /// A number of things in words: "second" and "seconds".
    static func plural(_ word: String) -> String {
        if word.hasSuffix("y"), let before = word.dropLast().last, !"aeiou".contains(before) {
            return word.dropLast() + "ies"
        }
        return word + (word.hasSuffix("s") || word.hasSuffix("x") || word.hasSuffix("ch") ? "es" : "s")
    }

    /// What a denominator is called: 2 "half", 4 "quarter", 3 "third".
    static func denominator(_ digits: some StringProtocol, isOne: Bool) -> String {
        switch Int(digits) {
        case 2: isOne ? "half" : "halves"
        case 4: isOne ? "quarter" : "quarters"
        default: ordinal(digits) + (isOne ? "" : "s")
        }
    }

    private static func ordinal(of word: String) -> String {
        if let known = irregularOrdinals[word] { return known }
        return word.hasSuffix("y") ? word.dropLast() + "ieth" : word.hasSuffix("t") ? word + "h" : word + "th"
    }

    private static func belowThousand(_ number: Int) -> [String] {
        var words = number >= 100 ? [small[number / 100], "hundred"] : []
        let rest = number % 100
        if rest >= 20 {
            words.append(tens[rest / 10])
            if rest % 10 > 0 { words.append(small[rest % 10]) }
        } else if rest > 0 {
            words.append(small[rest])
        }
        return words
    }
}
