/// Times of day, durations and ratios with colons.
enum Times {
    private static let halves: [String: String] = ["am": "eigh M", "pm": "PM", "a.m": "eigh M", "p.m": "PM"]

    static func rule(_ reading: Reading) -> Spoken? {
        let text = reading.word.text
        if let dash = text.firstIndex(where: { "–—-".contains($0) }), dash != text.startIndex {
            let (from, to) = (text[..<dash], text[text.index(after: dash)...])
            guard from.contains(":") || isHalf(from) || isHalf(to), let end = time(to, then: reading.next),
                let start = time(from, then: "") ?? (from.isDigits ? (Spelling.cardinal(from), false) : nil)
            else { return nil }
            return Spoken(start.words + " to " + end.words, end.takesNext ? 2 : 1)
        }
        guard let time = time(text, then: reading.next) else { return nil }
        return Spoken(time.words, time.takesNext ? 2 : 1)
    }

    private static func isHalf(_ text: Substring) -> Bool { halves[String(text.lowercased().suffix(2))] != nil }

    /// - Parameter next: The word after it, which may be "pm".
    private static func time(_ text: Substring, then next: Substring) -> (words: String, takesNext: Bool)? {
        var body = text, half: String?, takesNext = false
        let lower = text.lowercased()
        for (ending, words) in halves where lower.hasSuffix(ending) {
            (half, body) = (words, text.dropLast(ending.count))
        }
        if half == nil, let found = halves[next.lowercased()], body.last?.isASCIIDigit == true {
            (half, takesNext) = (found, true)
        }
        var zone = ""
        if half == nil, body.hasSuffix("Z"), body.contains(":") { (zone, body) = (" UTC", body.dropLast()) }
        let parts = body.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0.isDigits && $0.count <= 2 }), let hour = Int(parts[0]) else { return nil }
        switch parts.count {
        case 1:
            guard let half, (0...24).contains(hour) else { return nil }
            return (Spelling.cardinal(hour) + " " + half, takesNext)
        case 2, 3:
            guard parts.dropFirst().allSatisfy({ $0.count == 2 }), let minute = Int(parts[1]), minute < 60, hour < 25
            else {
                // 16:9 is no time.
                return parts.count == 2
                    ? (Spelling.cardinal(parts[0]) + " to " + Spelling.cardinal(parts[1]), false) : nil
            }
            var words = Spelling.cardinal(hour)
            if minute > 0 {
                words += minute < 10 ? " oh " + Spelling.cardinal(minute) : " " + Spelling.cardinal(minute)
            } else if half == nil {
                words += hour > 12 || hour == 0 ? " hundred" : " o'clock"
            }
            if parts.count == 3, let second = Int(parts[2]), second > 0 {
                words += " and " + Spelling.cardinal(second) + (second == 1 ? " second" : " seconds")
            }
            return (words + (half.map { " " + $0 } ?? "") + zone, takesNext)
        default: return nil
        }
    }
}
