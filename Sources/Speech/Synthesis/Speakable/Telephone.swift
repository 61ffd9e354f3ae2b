/// Telephone numbers, digit by digit.
enum Telephone {
    static func rule(_ reading: Reading) -> Spoken? {
        let first = reading.word.text
        guard let start = first.first, start == "+" || start == "(" || start.isASCIIDigit else { return nil }
        var taken = 0, digits = 0, groups = 0
        while case let word = reading[taken], isGroup(word),
            taken == 0 || !reading.words[reading.place + taken - 1].isClosed || reading[taken - 1].hasSuffix(")")
        {
            digits += word.count { $0.isASCIIDigit }
            groups += word.split { !$0.isASCIIDigit }.count
            taken += 1
        }
        let text = first.split { "-.".contains($0) }.map(\.count)
        let isWhole = text == [3, 3, 4] || text == [1, 3, 3, 4] || (text == [3, 4] && first.contains("-"))
        let isSpread = (start == "+" || start == "(") && (7...15).contains(digits) && (groups > 1 || digits > 9)
        guard isSpread || isWhole && first.allSatisfy({ $0.isASCIIDigit || "-.".contains($0) }) else { return nil }
        let count = isSpread ? taken : 1
        let words = (0..<count).map { number in
            let word = reading[number]
            return (word.first == "+" ? "plus " : "") + Spelling.one(by: word)
        }
        return Spoken(words.joined(separator: " "), count)
    }

    private static func isGroup(_ word: Substring) -> Bool {
        word.contains { $0.isASCIIDigit } && word.allSatisfy { $0.isASCIIDigit || "+-.()".contains($0) }
    }
}
