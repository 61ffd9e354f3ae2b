internal import Foundation

/// Makes written text speakable: what stays are words that can be read as they stand.
public enum Speakable {
    /// The words of a piece of text within one clause.
    /// - Parameters:
    ///   - text: As it was written, with inline markdown; marks within it are not kept.
    /// - language: A code such as `en`, `en-gb`, `de`. In English nothing is left but letters, apostrophes and hyphens.
    /// In
    ///     other languages digits, marks and signs stay, which espeak-ng reads in its language; markdown and emoji go.
    /// - Returns: Words with one space between; empty if there is nothing to say.
    public static func words(_ text: String, language: String = "en") -> String {
        let plain = Emoji.removed(from: InlineMarkdown.text(text))
        return isEnglish(language) ? english(plain) : other(plain)
    }

    static func isEnglish(_ language: String) -> Bool {
        language.lowercased().split { "-_".contains($0) }.first == "en"
    }

    private static let rules: [@Sendable (Reading) -> Spoken?] = [
        { Symbols.rule($0) }, { Dates.rule($0) }, { Telephone.rule($0) }, { Addresses.rule($0) }, { Times.rule($0) },
        { SpokenNumbers.rule($0) }, { Abbreviations.rule($0) }, { Amounts.rule($0) },
    ]

    /// Until nothing changes any more: what signs are replaced with may be shortened itself ("=etc.").
    private static func english(_ text: String) -> String {
        var said = text
        for _ in 0..<5 {
            let (words, isChanged) = once(said)
            said = words
            if !isChanged { break }
        }
        return said
    }

    private static func once(_ text: String) -> (words: String, isChanged: Bool) {
        var reading = Reading(text), said: [String] = [], isChanged = false
        while reading.place < reading.words.count {
            let word = reading.word
            // Most words are as they should be.
            if !word.hasDot, word.text.utf8.allSatisfy({ (0x61...0x7A).contains($0) }),
                Abbreviations.isInFull(word.text)
            {
                said.append(String(word.text))
                reading.place += 1
                continue
            }
            let spoken = rules.lazy.compactMap { $0(reading) }.first ?? Spoken(Symbols.words(reading.word.text))
            isChanged = isChanged || spoken.words != word.text
            said.append(spoken.words)
            reading.place += max(1, spoken.count)
        }
        let words = said.lazy.flatMap { $0.split { $0.isWhitespace } }.map(letters).filter { !$0.isEmpty }
        return (words.joined(separator: " "), isChanged)
    }

    /// Letters, and apostrophes and hyphens between or after them; nothing of a word in a script that an English voice
    /// cannot read, of which espeak-ng would say "Chinese letter" for each sign.
    private static func letters(_ word: Substring) -> String {
        var kept = ""
        for character in word.trimmed({ !$0.isLetter }) where character.isLetter || "'-".contains(character) {
            kept.append(character)
        }
        if kept.unicodeScalars.allSatisfy(isReadable) { return kept }
        // "ﬁne" and letters of mathematics are letters all the same.
        let usual = kept.precomposedStringWithCompatibilityMapping
        return usual.unicodeScalars.allSatisfy(isReadable) && usual.isPlainWord ? usual : ""
    }

    /// Latin and Greek.
    private static func isReadable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x24F, 0x300...0x3FF, 0x1E00...0x1EFF: true
        default: false
        }
    }

    /// Addresses shortened, brackets and the like dropped.
    private static func other(_ text: String) -> String {
        let words = Reading(text).words
        return words.enumerated().map { place, word in
            if word.text.contains("://") || word.text.hasPrefix("www."), let url = url(word.text) { return url }
            // A dot within a clause is that of an ordinal or of an abbreviation.
            let dot = word.hasDot && !word.isClosed && place < words.count - 1 ? "." : ""
            return String(word.text.filter { !"*_`~|#<>[]{}\\\"".contains($0) }) + dot
        }.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The host alone.
    private static func url(_ text: Substring) -> String? {
        let host =
            text.contains("://") ? text.split(separator: "/").dropFirst().first : text.split(separator: "/").first
        guard var host, text.first != "/" else { return nil }
        if host.hasPrefix("www.") { host = host.dropFirst(4) }
        return String(host.prefix { $0 != "?" && $0 != "#" })
    }
}
