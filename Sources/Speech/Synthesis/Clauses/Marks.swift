/// Marks that end clauses, in several scripts.
enum Marks {
    static let wide: [Unicode.Scalar: Character] = [
        "。": ".", "！": "!", "？": "?", "，": ",", "、": ",", "；": ";", "：": ":", "।": ".", "؟": "?", "،": ",", "؛": ";",
        "．": ".", "۔": ".",
    ]
    static let all = Set(".,;:!?…".unicodeScalars).union(wide.keys)
    /// What may stand between a mark and the space after it.
    static let closers = Set("\"'”’»›)]}*_~`」』）】".unicodeScalars)
    private static let openers = Set("\"'“‘«‹„‚([{*_~`「『（【¿¡".unicodeScalars)

    /// The mark that is heard of several: "?!" is a question, ".." a pause.
    static func heard(_ run: ArraySlice<Unicode.Scalar>) -> Character {
        let marks = run.map { wide[$0] ?? Character($0) }
        if marks.contains("?") { return "?" }
        if marks.contains("!") { return "!" }
        if marks.contains("…") || marks.count(where: { $0 == "." }) > 1 { return "…" }
        // "U.S.A.," is a pause.
        return marks.last ?? "."
    }

    /// The letters of a word without quotes and brackets before it.
    static func word(_ text: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(text.drop { openers.contains($0) }))
    }

    /// Languages in which a dot makes an ordinal of a number.
    private static let dottedOrdinals: Set<String> = [
        "de", "da", "nb", "no", "nn", "fi", "cs", "sk", "hu", "hr", "sl", "sr", "pl", "et", "lv", "is", "tr",
    ]
    private static let titles: Set<String> = [
        "dr", "prof", "hr", "fr", "nr", "sr", "sra", "mme", "mlle", "st", "bzw", "ca", "evtl", "inkl", "vgl", "av",
        "ing", "dott", "sig",
    ]

    /// Whether a dot after a word ends a sentence where no table of the language's abbreviations is at hand.
    static func endsSentence(_ word: String, language: String, next: Unicode.Scalar?, isWhole: Bool) -> Bool? {
        guard let next else { return isWhole ? true : nil }
        if next == "\n" { return true }
        let code = String(language.lowercased().prefix { $0 != "-" && $0 != "_" })
        if word.count <= 2, word.isDigits { return !dottedOrdinals.contains(code) }
        let isShort = titles.contains(word.lowercased()) || word.split(separator: ".").allSatisfy { $0.count == 1 }
        return !isShort && !next.properties.isLowercase
    }
}
