/// The words of a clause, and how far they have been made speakable.
struct Reading {
    /// What stands between two spaces, without the quotes, brackets and marks around it.
    struct Word {
        var text: Substring
        /// A full stop followed it: it may be an abbreviation.
        var hasDot = false
        /// Something else stood after it, so that it does not belong to what follows.
        var isClosed = false
    }

    let words: [Word]
    var place = 0

    /// The word `offset` places further on; empty where there is none.
    subscript(offset: Int) -> Substring { words.indices.contains(place + offset) ? words[place + offset].text : "" }

    /// The word here.
    var word: Word { words[place] }

    /// The word after this one, if it belongs to it.
    var next: Substring { word.isClosed ? "" : self[1] }

    init(_ text: String) {
        words = text.split { $0.isWhitespace }.compactMap { Word($0) }
    }
}

/// What some words become.
struct Spoken {
    var words: String
    /// How many words of the text it stands for.
    var count: Int

    init(_ words: String, _ count: Int = 1) {
        self.words = words
        self.count = count
    }
}

extension Reading.Word {
    private static let openers: Set<Character> = [
        "\"", "'", "“", "”", "‘", "’", "„", "‚", "«", "»", "‹", "›", "(", "[", "{", "*", "_", "`", "|", "¿", "¡", "•",
        "·",
    ]
    private static let closers: Set<Character> = [
        "\"", "'", "“", "”", "‘", "’", "«", "»", "‹", "›", ")", "]", "}", "*", "_", "`", "|", ",", ";", ":", "!", "?",
        "…",
        "。", "！", "？", "、", "，", "；", "：",
    ]

    /// Nil for what has nothing but brackets and marks.
    init?(_ raw: Substring) {
        if raw == "*" {
            text = raw
            return
        }
        var rest = raw
        while let first = rest.first, Self.openers.contains(first) {
            // '90s and (555) are read with what stands before them.
            if first == "'" || first == "’", rest.dropFirst().first?.isASCIIDigit == true { break }
            if first == "(", rest.dropFirst().prefix(while: { $0.isASCIIDigit }).count == 3,
                rest.dropFirst(4).first == ")"
            {
                break
            }
            rest = rest.dropFirst()
        }
        while let last = rest.last, Self.closers.contains(last) || last == "." {
            // 5'11" and f() keep theirs.
            if "'\"’”".contains(last), rest.dropLast().last?.isASCIIDigit == true { break }
            if last == ")", rest.hasSuffix("()") || rest.first == "(" { break }
            if last == "." { hasDot = true } else { isClosed = true }
            rest = rest.dropLast()
        }
        if rest.isEmpty { return nil }
        text = rest
    }
}
