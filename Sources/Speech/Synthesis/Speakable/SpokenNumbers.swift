/// Numbers without a unit: counts, years, ordinals, fractions, ranges, codes.
enum SpokenNumbers {
    static func rule(_ reading: Reading) -> Spoken? {
        let text = reading.word.text
        return fraction(text, reading) ?? decade(text) ?? hexadecimal(text) ?? longCode(text) ?? roman(reading)
            ?? year(reading).map { Spoken($0) }
    }

    /// A plain number in its place: digit by digit where it is a code.
    static func plain(_ numeral: Numeral, in reading: Reading) -> String {
        guard numeral.isPlain else {
            if let fraction = numeral.fraction, versioned.contains(reading[-1].lowercased()), fraction.count < 3,
                !fraction.hasPrefix("0"), !numeral.whole.isEmpty, numeral.sign.isEmpty
            {
                return Spelling.cardinal(numeral.whole) + " point " + Spelling.cardinal(fraction)
            }
            return numeral.words
        }
        let digits = numeral.whole
        let isCode =
            digits.count > 1 && digits.hasPrefix("0") || coded.contains(reading[-1].lowercased()) && digits.count > 2
        let isLong = digits.count > 6 && !digits.hasSuffix("000")
        return isCode || isLong ? Spelling.one(by: digits) : numeral.words
    }

    /// Names before versions: "Python 3.11" is "three point eleven".
    private static let versioned: Set<String> = [
        "version", "python", "swift", "ubuntu", "debian", "ios", "macos", "android", "node", "java", "ruby", "php",
        "go",
        "rust", "kotlin", "release", "fedora", "django", "postgresql", "postgres", "kernel", "linux", "xcode",
    ]
    private static let coded: Set<String> = [
        "http", "port", "id", "pin", "code", "zip", "postcode", "extension", "ext", "isbn", "otp",
    ]

    // MARK: Years

    private static let beforeYears: Set<String> = [
        "in", "since", "by", "of", "from", "until", "till", "year", "before", "after", "around", "circa", "early",
        "mid",
        "late", "during", "spring", "summer", "autumn", "fall", "winter", "between", "circa", "c", "born", "b", "died",
        "d", "©", "and", "to", "through",
        "copyright",
    ]
    private static let afterYears: Set<String> = [
        "", "and", "to", "was", "were", "is", "when", "the", "a", "an", "with", "for", "at", "it", "he", "she", "they",
        "we",
        "i", "had", "has", "by", "as", "but", "or", "until", "where", "because", "after", "before", "through", "ad",
        "bc",
        "bce", "ce", "on", "there", "that", "which", "who", "this", "its", "his", "her", "their", "our", "under",
        "while",
        "edition", "in", "from", "election", "elections", "season", "report", "census",
    ]

    /// "in 1999", "(1999)", "1914–1918".
    static func year(_ reading: Reading) -> String? {
        let text = reading.word.text
        if let range = text.firstIndex(where: { "–—-−".contains($0) }) {
            let (one, other) = (text[..<range], text[text.index(after: range)...])
            guard isYear(one), isYear(other) || (other.count == 2 && other.isDigits) else { return nil }
            guard let first = Int(one), let second = Int(other) else { return nil }
            // 1999-05 is a month; 1914–18 are years.
            if other.count == 2, second <= first % 100 { return nil }
            return Spelling.year(first) + " to "
                + (other.count == 2 ? Spelling.cardinal(second) : Spelling.year(second))
        }
        guard isYear(text), let year = Int(text) else { return nil }
        let before = reading[-1].lowercased(), after = reading.next.lowercased()
        let isPart = before.count == 2 && "qh".contains(before.first ?? " ") && before.last?.isNumber == true
        let isAlone = reading.words.count == 1 && year >= 1500
        let isFollowed = afterYears.contains(after) || reading.next.isCapitalized
        return (beforeYears.contains(before) && isFollowed) || isAlone && reading.word.isClosed || isPart
            || eras.contains(after)
            ? Spelling.year(year) : nil
    }

    private static let eras: Set<String> = ["ad", "bc", "bce", "ce"]

    static func isYear(_ text: some StringProtocol) -> Bool {
        text.count == 4 && text.isDigits && ("1000"..."2099").contains(String(text))
    }

    /// "1990s" and "'90s".
    private static func decade(_ text: Substring) -> Spoken? {
        guard text.hasSuffix("s") else { return nil }
        let isShort = text.hasPrefix("'") || text.hasPrefix("’")
        let digits = text.dropLast().drop { "'’".contains($0) }
        guard digits.isDigits, digits.hasSuffix("0"), isShort ? digits.count == 2 : isYear(digits) || digits.count == 2
        else {
            return nil
        }
        guard let number = Int(digits) else { return nil }
        let words = digits.count == 2 ? Spelling.cardinal(number) : Spelling.year(number)
        return Spoken(Spelling.plural(words))
    }

    // MARK: Fractions

    private static let signs: [Character: String] = [
        "½": "one half", "⅓": "one third", "⅔": "two thirds", "¼": "one quarter", "¾": "three quarters",
        "⅕": "one fifth",
        "⅖": "two fifths", "⅗": "three fifths", "⅘": "four fifths", "⅙": "one sixth", "⅚": "five sixths",
        "⅛": "one eighth", "⅜": "three eighths", "⅝": "five eighths", "⅞": "seven eighths",
    ]
    private static let fixed = ["24/7": "twenty four seven", "9/11": "nine eleven", "50/50": "fifty fifty"]

    /// "3/4", "1½", "2 1/2".
    private static func fraction(_ text: Substring, _ reading: Reading) -> Spoken? {
        if let known = fixed[String(text)] { return Spoken(known) }
        if let last = text.last, let words = signs[last] {
            let whole = text.dropLast()
            if whole.isEmpty { return Spoken(words) }
            if whole.isDigits { return Spoken(Spelling.cardinal(whole) + " and " + and(words)) }
        }
        if let words = ratio(text) { return Spoken(words) }
        if text.isDigits, let words = ratio(reading.next), text.count < 4 {
            return Spoken(Spelling.cardinal(text) + " and " + and(words), 2)
        }
        return nil
    }

    private static func and(_ words: String) -> String { words.hasPrefix("one ") ? "a " + words.dropFirst(4) : words }

    private static func ratio(_ text: Substring) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.isDigits && $0.count <= 4 }), let over = Int(parts[0]),
            let under = Int(parts[1]), under > 1
        else { return nil }
        // Past what has a name, and for scores such as 9/10: "out of" is for people who know; "over" is always right.
        guard under <= 20 || under == 100 || under == 1000, over < under || under <= 10 else {
            return Spelling.cardinal(over) + " over " + Spelling.cardinal(under)
        }
        return Spelling.cardinal(over) + " " + Spelling.denominator(parts[1], isOne: over == 1)
    }

    // MARK: Codes

    /// "0x1F", "#ff8800", "0b101".
    static func hexadecimal(_ text: Substring) -> Spoken? {
        let lower = text.lowercased()
        func isHexadecimal(_ text: Substring) -> Bool { !text.isEmpty && text.allSatisfy { $0.isHexDigit } }
        if lower.hasPrefix("0x"), isHexadecimal(lower.dropFirst(2)) {
            return Spoken("hex " + spell(lower.dropFirst(2)))
        }
        if lower.hasPrefix("0b"), lower.count > 2, lower.dropFirst(2).allSatisfy({ "01".contains($0) }) {
            return Spoken("binary " + spell(lower.dropFirst(2)))
        }
        let rest = lower.dropFirst()
        if lower.hasPrefix("#"), isHexadecimal(rest), rest.count == 6 || rest.count == 3,
            !rest.isDigits || rest.count == 6
        {
            return Spoken("hash " + spell(rest))
        }
        return nil
    }

    /// A mix of letters and digits that is no word: "a1b2c3d4" letter by letter.
    private static func longCode(_ text: Substring) -> Spoken? {
        guard text.count >= 7, text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            return nil
        }
        // ISBN 978-3-16-148410-0.
        if text.allSatisfy({ !$0.isLetter }), text.count(where: { $0 == "-" }) >= 3 { return Spoken(spell(text)) }
        let changes = zip(text, text.dropFirst()).count { $0.isLetter && $1.isNumber || $0.isNumber && $1.isLetter }
        return changes >= 3 ? Spoken(spell(text)) : nil
    }

    /// Letters and digits one by one.
    static func spell(_ text: some StringProtocol) -> String {
        text.compactMap { character in
            character.isASCIIDigit
                ? Spelling.one(by: String(character)) : character.isLetter ? Acronyms.letter(character) : nil
        }.joined(separator: " ")
    }

    // MARK: Roman numerals

    private static let numbered: Set<String> = [
        "chapter", "part", "act", "scene", "book", "volume", "section", "appendix", "war", "type", "phase", "class",
        "level",
        "stage", "article", "title", "bowl", "division", "grade", "episode", "season", "step", "table", "figure",
        "page",
        "pages",
    ]
    private static let monarchs: Set<String> = [
        "Henry", "Louis", "Elizabeth", "George", "William", "Edward", "Charles", "James", "Richard", "Paul", "Pius",
        "Benedict", "Napoleon", "Philip", "Ferdinand", "Frederick", "Wilhelm", "Alexander", "Nicholas", "Catherine",
        "Ramses", "Ivan", "Leo", "Gregory", "Innocent", "Francis", "Peter", "Mary", "Alfonso", "Gustav", "Christian",
        "Carl", "Clement", "Urban", "John", "Robert", "Otto", "Harald", "Olaf", "Umberto", "Ludwig",
    ]

    /// "Chapter IV", "Henry VIII", "World War II".
    private static func roman(_ reading: Reading) -> Spoken? {
        let text = reading.word.text
        guard text.count <= 7, text.allSatisfy({ "IVX".contains($0) }), let value = value(ofRoman: text) else {
            return nil
        }
        let before = reading[-1]
        if numbered.contains(before.lowercased()) { return Spoken(Spelling.cardinal(value)) }
        let isEnd = reading.place == reading.words.count - 1
        if monarchs.contains(String(before)), text.count > 1 || isEnd || text == "V" {
            return Spoken("the " + Spelling.ordinal(String(value)))
        }
        return before.isCapitalized && text.count > 1 ? Spoken(Spelling.cardinal(value)) : nil
    }

    private static func value(ofRoman text: Substring) -> Int? {
        let values: [Character: Int] = ["I": 1, "V": 5, "X": 10]
        let numbers = text.compactMap { values[$0] }
        var sum = 0
        for (place, number) in numbers.enumerated() {
            sum += place + 1 < numbers.count && numbers[place + 1] > number ? -number : number
        }
        // Only the usual form: "IIX" is none.
        return roman(of: sum) == text ? sum : nil
    }

    private static func roman(of number: Int) -> String {
        guard number > 0, number < 40 else { return "" }
        let ones = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"]
        return String(repeating: "X", count: number / 10) + ones[number % 10]
    }
}
