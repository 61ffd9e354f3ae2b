/// Shortened words, in full, and whether the dot after one ends a sentence.
enum Abbreviations {
    /// What the dot after a word can mean.
    enum Dot {
        /// Never the end of a sentence.
        case inside
        /// The end if a capital follows.
        case perhaps
        /// The end if a word follows that often begins a sentence: what is shortened may stand before a name.
        case rarely
    }

    private static let titles = [
        "dr": "doctor", "mr": "mister", "mrs": "missus", "ms": "miz", "prof": "professor", "gov": "governor",
        "gen": "general", "col": "colonel", "sgt": "sergeant", "capt": "captain", "lt": "lieutenant", "rev": "reverend",
        "hon": "honorable", "sen": "senator", "rep": "representative", "pres": "president", "cmdr": "commander",
        "maj": "major", "messrs": "messieurs", "mt": "mount", "ft": "fort", "fr": "father",
    ]
    private static let inner = [
        "e.g": "for example", "eg": "for example", "i.e": "that is", "ie": "that is", "vs": "versus", "cf": "compare",
        "viz": "namely", "approx": "approximately", "ca": "about", "incl": "including", "excl": "excluding",
        "esp": "especially",
        "resp": "respectively", "fig": "figure", "figs": "figures", "vol": "volume", "ch": "chapter", "sec": "section",
        "eq": "equation", "eqs": "equations", "pp": "pages", "ed": "edition", "dept": "department",
        "est": "established", "tel": "telephone",
        "ext": "extension", "nos": "numbers", "aka": "also known as", "a.k.a": "also known as", "univ": "university",
    ]
    private static let last = [
        "etc": "et cetera", "inc": "incorporated", "ltd": "limited", "co": "company", "corp": "corporation",
        "jr": "junior",
        "sr": "senior", "bros": "brothers", "ave": "avenue", "blvd": "boulevard", "rd": "road", "al": "al",
        "min": "minimum",
        "max": "maximum", "avg": "average", "dist": "district", "assn": "association", "gov't": "government",
        "hwy": "highway",
        "apt": "apartment",
    ]
    /// Those that are no other word, so that they need no dot.
    private static let sureWithoutDot: Set<String> = [
        "dr", "mr", "mrs", "ms", "prof", "vs", "etc", "approx", "incl", "excl", "messrs", "aka", "jr", "sr", "ltd",
        "avg",
        "dept", "eg", "blvd", "a.k.a", "e.g", "i.e",
    ]
    private static let numbered: Set<String> = ["no", "c", "b", "d", "p", "art", "para", "par", "op", "nr", "ver", "v"]
    private static let starters: Set<String> = [
        "the", "it", "he", "she", "they", "we", "i", "you", "this", "that", "these", "those", "there", "but", "and",
        "in",
        "if", "when", "however", "so", "a", "an", "his", "her", "its", "their", "our", "my", "as", "at", "for", "on",
        "then",
        "what", "why", "how", "who", "where", "is", "are", "was", "were", "do", "does", "did", "can", "please", "after",
        "by",
        "with", "since", "while", "although", "today", "yes", "no", "to", "from", "one", "some", "all",
    ]

    /// Whether a word of small letters without a dot stands for itself.
    static func isInFull(_ word: Substring) -> Bool {
        word.count != 1 && (word.count > 6 || !sureWithoutDot.contains(String(word)))
    }

    static func startsSentence(_ word: some StringProtocol) -> Bool {
        word.isCapitalized && starters.contains(word.lowercased())
    }

    /// What a dot after `word` means; nil for a word in full.
    static func dot(after word: some StringProtocol) -> Dot? {
        let lower = word.lowercased()
        if lower == "st" { return .rarely }
        if [
            "am", "min", "max", "sec", "ed", "ch", "al", "co", "fig", "ca", "est", "ext", "fr", "ie", "eg", "hon",
            "gen", "rep", "col",
        ].contains(lower),
            lower == word, !["al", "co", "fig", "sec", "ch", "ed", "ca", "est", "ext", "eg", "ie"].contains(lower)
        {
            return ["min", "max"].contains(lower) ? .perhaps : nil
        }
        if titles[lower] != nil || inner[lower] != nil { return .inside }
        if lower == "a.m" || lower == "p.m" { return .rarely }
        if last[lower] != nil { return .perhaps }
        if Dates.month(word) != nil, word.count < 5, !["May", "June", "July"].contains(String(word)) { return .rarely }
        if ["mon", "tue", "tues", "thu", "thur", "thurs"].contains(lower), word.isCapitalized { return .rarely }
        // U.S. and the like, and initials.
        if dotted(word) != nil || (word.count == 1 && word.isAllCapitals && word != "I") { return .rarely }
        return nil
    }

    /// Whether a dot after `word` and before a number shortens it: "No. 5".
    static func isNumbered(_ word: some StringProtocol) -> Bool { numbered.contains(word.lowercased()) }

    static func rule(_ reading: Reading) -> Spoken? {
        let word = reading.word, lower = word.text.lowercased()
        if lower == "st", word.hasDot || word.text == "St" {
            let isStreet = reading[-1].isCapitalized && !reading.next.isCapitalized
            return Spoken(isStreet ? "Street" : "Saint")
        }
        if numbered.contains(lower), word.hasDot || lower == "v", reading.next.first?.isASCIIDigit == true {
            switch lower {
            case "no", "nr": return Spoken("number")
            case "c": return Spoken("circa")
            case "b": return Spoken("born")
            case "d": return Spoken("died")
            case "p": return Spoken("page")
            case "art": return Spoken("article")
            case "op": return Spoken("opus")
            case "ver", "v": return Spoken("version")
            default: return Spoken("paragraph")
            }
        }
        if lower == "v", word.hasDot { return Spoken("versus") }
        if let letters = dotted(word.text) {
            if let known = inner[lower] { return Spoken(known) }
            if lower == "a.m" || lower == "p.m" { return Spoken(lower == "a.m" ? "eigh M" : "PM") }
            if lower == "ph.d" { return Spoken("PhD") }
            return Spoken(Acronyms.word(Substring(letters)))
        }
        // "ms" are milliseconds, "Ms" is a title.
        let isSure = sureWithoutDot.contains(lower) && (titles[lower] == nil || word.text.isCapitalized)
        guard isSure || word.hasDot && dot(after: word.text) != nil else { return nil }
        guard let full = titles[lower] ?? inner[lower] ?? last[lower] else { return nil }
        return Spoken(word.text.isCapitalized ? full.prefix(1).uppercased() + full.dropFirst() : full)
    }

    /// The letters of "U.S" and "e.g"; nil if it is nothing like that.
    private static func dotted(_ word: some StringProtocol) -> String? {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        if word == "Ph.D" { return "PhD" }
        guard parts.count > 1, parts.allSatisfy({ $0.count == 1 && $0.first?.isLetter == true }) else { return nil }
        return parts.joined().uppercased()
    }
}
