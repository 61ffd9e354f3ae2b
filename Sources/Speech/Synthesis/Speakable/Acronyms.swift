/// Words of capitals. espeak-ng spells most of those that are spelled (HTTP, USA) and says the others (NASA); here are
/// those
/// that it takes for words.
enum Acronyms {
    private static let spelled: Set<String> = [
        "AWS", "FAQ", "LED", "URL", "IDE", "CLI", "EOF", "AM", "ET", "VIP", "ETA", "IO", "UX", "QA", "ER", "NYC", "ICU",
        "WHO",
        "AA", "AAA", "AKA", "ALU", "APU", "AUX", "EEG", "EPS", "ESA", "IEC", "IMO", "IOU", "IQ", "IRA", "ISP", "IOT",
        "IV",
        "OLED", "PA", "PO", "RIP", "ROI", "SOS", "TPU", "UAE", "UPS", "ACL", "AOL", "EV", "OEM", "OOP", "UID", "GID",
        "PID",
        "URI", "UUID", "ACK",
    ]
    private static let said = [
        "SQLite": "S Q lite", "PostgreSQL": "postgres Q L", "ONNX": "on x", "YouTube": "YouTube",
    ]

    /// A word of letters, spelled if it must be.
    static func word(_ word: Substring) -> String {
        let text = String(word)
        if let known = said[text] { return known }
        if spelled.contains(text) { return text.map { letter($0) }.joined(separator: " ") }
        // APIs, CPUs: the plural of what is spelled.
        if text.hasSuffix("s"), text.count > 2, text.dropLast().isAllCapitals {
            return self.word(word.dropLast()) + "'s"
        }
        return text
    }

    /// A letter by its name: "A" alone would be taken for the article.
    static func letter(_ letter: Character) -> String { letter == "a" || letter == "A" ? "eigh" : letter.uppercased() }
}
