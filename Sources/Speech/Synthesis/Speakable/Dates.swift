/// Days, months and years.
enum Dates {
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let shortDays = [
        "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
        "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
    ]

    static func rule(_ reading: Reading) -> Spoken? {
        numeric(reading.word.text) ?? monthFirst(reading) ?? dayFirst(reading) ?? weekday(reading)
    }

    /// The month that a word names in full or by its usual beginning.
    static func month(_ word: some StringProtocol) -> String? {
        guard word.isCapitalized, word.count >= 3 else { return nil }
        let name = String(word)
        return months.first {
            $0 == name || (name.count == 3 && $0.hasPrefix(name)) || (name == "Sept" && $0 == "September")
        }
    }

    /// "2024-03-05", "3/5/2024", "05.03.2024"; a time may follow after T.
    private static func numeric(_ text: Substring) -> Spoken? {
        let day = text.prefix { $0 != "T" }, time = text.dropFirst(day.count + 1)
        for separator: Character in ["-", "/", "."] {
            let parts = day.split(separator: separator, omittingEmptySubsequences: false)
            let numbers = parts.compactMap { $0.isDigits ? Int($0) : nil }
            guard parts.count == 3, numbers.count == 3 else { continue }
            if parts[0].count == 4, separator != ".", parts[1].count <= 2, parts[2].count <= 2 {
                guard let words = words(day: numbers[2], month: numbers[1], year: numbers[0]) else { return nil }
                if time.isEmpty { return text.contains("T") ? nil : Spoken(words) }
                let clock = time.firstIndex { "+.".contains($0) }.map { time[..<$0] } ?? time
                guard let spoken = Times.rule(Reading(String(clock))) else { return nil }
                return Spoken(words + " " + spoken.words)
            }
            guard time.isEmpty, parts[2].count == 4 || (parts[2].count == 2 && separator == "/"), parts[0].count <= 2,
                parts[1].count <= 2
            else { continue }
            let year = parts[2].count == 2 ? 2000 + numbers[2] : numbers[2]
            // With slashes the month stands first, as Americans write it, unless it cannot be one.
            let isMonthFirst = separator == "/" && numbers[0] <= 12
            return words(
                day: numbers[isMonthFirst ? 1 : 0], month: numbers[isMonthFirst ? 0 : 1], year: year
            ).map { Spoken($0) }
        }
        return nil
    }

    private static func words(day: Int, month: Int, year: Int) -> String? {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        return months[month - 1] + " " + Spelling.ordinal(String(day)) + " " + Spelling.year(year)
    }

    /// "March 5th, 2024", "Mar 5", "March 2024", "March 5–7".
    private static func monthFirst(_ reading: Reading) -> Spoken? {
        guard let month = month(reading.word.text) else { return nil }
        let next = reading.next
        if SpokenNumbers.isYear(next), let year = Int(next) { return Spoken(month + " " + Spelling.year(year), 2) }
        guard let words = days(next) else {
            // "Sept." alone is still a month.
            return reading.word.hasDot && month != String(reading.word.text) ? Spoken(month) : nil
        }
        let year = reading[2]
        guard SpokenNumbers.isYear(year), let number = Int(year) else { return Spoken(month + " " + words, 2) }
        return Spoken(month + " " + words + " " + Spelling.year(number), 3)
    }

    /// "5 March 2024", "5th of March", "5 Mar".
    private static func dayFirst(_ reading: Reading) -> Spoken? {
        guard let day = days(reading.word.text), !reading.word.isClosed else { return nil }
        let hasOf = reading[1] == "of", place = hasOf ? 2 : 1
        guard let month = month(reading[place]) else { return nil }
        let year = reading[place + 1]
        let words = (hasOf || reading[-1].lowercased() == "the" ? "" : "the ") + day + " of " + month
        guard SpokenNumbers.isYear(year), let number = Int(year) else { return Spoken(words, place + 1) }
        return Spoken(words + " " + Spelling.year(number), place + 2)
    }

    private static func days(_ text: Substring) -> String? {
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { "–-—".contains($0) }.map(day)
        guard !parts.contains(nil) else { return nil }
        return parts.compactMap { $0 }.joined(separator: " to ")
    }

    private static func day(_ text: Substring) -> String? {
        let digits = text.prefix { $0.isASCIIDigit }, ending = text.dropFirst(digits.count)
        guard let number = Int(digits), (1...31).contains(number), digits.count <= 2,
            ending.isEmpty || ["st", "nd", "rd", "th"].contains(ending)
        else { return nil }
        return Spelling.ordinal(digits)
    }

    private static func weekday(_ reading: Reading) -> Spoken? {
        guard let day = shortDays[String(reading.word.text)] else { return nil }
        let isFollowed = month(reading[1]) != nil || reading[1].first?.isASCIIDigit == true
        // Words in their own right.
        let isWord = ["Sun", "Sat", "Wed"].contains(reading.word.text) && reading[-1] != "on"
        return isFollowed || !isWord ? Spoken(day) : nil
    }
}
