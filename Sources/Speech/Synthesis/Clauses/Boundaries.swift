/// Finds where the first clause of a text ends.
struct Boundaries {
    /// The end of a clause, and the mark that is heard there.
    struct Cut: Equatable {
        /// The place after it: after its mark and one space.
        let end: Int
        let mark: Character
    }

    let text: [Unicode.Scalar]
    /// Where what is spoken begins; no space.
    let start: Int
    let kind: BlockMarkdown.Kind
    let language: String
    /// It should be short.
    let isFirst: Bool
    /// No more text will come.
    let isWhole: Bool
    var isInParentheses: Bool

    private var hasWords = false
    private var joints: Joints
    private var wordStart: Int?

    init(
        text: [Unicode.Scalar], start: Int, kind: BlockMarkdown.Kind, language: String, isFirst: Bool, isWhole: Bool,
        isInParentheses: Bool
    ) {
        (self.text, self.start, self.kind, self.language) = (text, start, kind, language)
        (self.isFirst, self.isWhole, self.isInParentheses) = (isFirst, isWhole, isInParentheses)
        joints = Joints(start: start, language: language, isFirst: isFirst)
    }

    /// What a look at one place told.
    private enum Finding {
        case goOn(Int)
        case cut(Cut)
        /// Only more text will tell.
        case wait
    }

    /// - Returns: Nil if more text is needed.
    mutating func first() -> Cut? {
        var place = start
        while place < text.count {
            switch look(at: place) {
            case .goOn(let next): place = next
            case .cut(let cut): return cut
            case .wait: return nil
            }
        }
        return isWhole ? Cut(end: text.count, mark: ".") : nil
    }

    private mutating func look(at place: Int) -> Finding {
        let scalar = text[place]
        // What goes on for so long is no text; a long run without words is dropped.
        if place - start > (hasWords ? 2000 : 256) { return .cut(Cut(end: place, mark: ",")) }
        switch scalar {
        case "`", "[", "<", "$", "\\", "!":
            switch InlineMarkdown.extent(of: text, at: place, isWhole: isWhole) {
            case .open: return .wait
            case .ends(let end):
                begin(place)
                hasWords = true
                return .goOn(end)
            case .none: break
            }
            if scalar == "\\", place + 1 < text.count, text[place + 1] != "\n" {
                begin(place)
                return .goOn(place + 2)
            }
        case "\n": return lineEnd(at: place)
        case "(":
            guard place == start || text[place - 1].properties.isWhitespace else { break }
            guard place + 4 < text.count || isWhole else { return .wait }
            guard isRemark(after: place) else { break }
            if hasWords { return .cut(Cut(end: place, mark: ",")) }
            isInParentheses = true
        case ")" where isInParentheses:
            isInParentheses = false
            guard let next = character(at: place + 1) else { return isWhole ? .goOn(place + 1) : .wait }
            if next.properties.isWhitespace, next != "\n", hasWords { return .cut(Cut(end: place + 2, mark: ",")) }
        case "—", "–", "-":
            if let finding = dash(at: place) { return finding }
        default: break
        }
        if Marks.all.contains(scalar) { return mark(at: place) }
        if scalar.properties.isWhitespace { return space(at: place) }
        begin(place)
        if scalar.properties.isAlphabetic || scalar.properties.numericType != nil { hasWords = true }
        let isBetweenWords = joints.isWordless(scalar) && place > start && joints.isWordless(text[place - 1])
        return place - start >= Joints.longest && isBetweenWords ? .cut(Cut(end: place, mark: ",")) : .goOn(place + 1)
    }

    private mutating func begin(_ place: Int) { if wordStart == nil { wordStart = place } }

    private func character(at place: Int) -> Unicode.Scalar? { place < text.count ? text[place] : nil }

    /// Whether words stand in the bracket: not the prefix of a telephone number, as in (555) 123-4567.
    private func isRemark(after place: Int) -> Bool {
        let beginning = text[(place + 1)...].prefix(4)
        guard let first = beginning.first else { return false }
        let isPrefix =
            beginning.count == 4 && beginning.last == ")"
            && beginning.dropLast().allSatisfy { ("0"..."9").contains($0) }
        return !isPrefix
            && (first.properties.isAlphabetic || Character(first).isNumber
                || "$€£~±≈\"“*_".unicodeScalars.contains(first))
    }

    // MARK: Spaces

    private mutating func space(at place: Int) -> Finding {
        defer { wordStart = nil }
        guard let wordStart else { return .goOn(place + 1) }
        if let cut = joints.add(text[wordStart..<place]) { return .cut(Cut(end: cut, mark: ",")) }
        return .goOn(place + 1)
    }

    private mutating func lineEnd(at place: Int) -> Finding {
        if let wordStart, let cut = joints.add(text[wordStart..<place]) { return .cut(Cut(end: cut, mark: ",")) }
        wordStart = nil
        if !hasWords || kind == .heading { return .cut(Cut(end: place + 1, mark: ".")) }
        var next = place + 1
        while let scalar = character(at: next),
            scalar == " " || scalar == "\t" || scalar == "\r" || (kind == .quote && scalar == ">")
        {
            next += 1
        }
        guard let scalar = character(at: next) else { return isWhole ? .cut(Cut(end: place + 1, mark: ".")) : .wait }
        // What begins a block of its own, seen at once or after a few characters.
        if scalar == "\n" || "|#>~•".unicodeScalars.contains(scalar) { return .cut(Cut(end: place + 1, mark: ".")) }
        if scalar == "`" {
            guard next + 2 < text.count || isWhole else { return .wait }
            let isFence = text[next...].prefix(3).count { $0 == "`" } == 3
            return isFence ? .cut(Cut(end: place + 1, mark: ".")) : .goOn(next)
        }
        switch BlockMarkdown.line(Array(text[next...]), isWhole: isWhole) {
        case .undecided: return .wait
        case .spoken(.text, _): break
        default: return .cut(Cut(end: place + 1, mark: "."))
        }
        // A line that begins with a capital is one of verse, or an address, more often than the rest of a sentence.
        guard
            let letter = text[next...].prefix(4).first(where: { $0.properties.isAlphabetic || Character($0).isNumber })
        else {
            return next + 4 <= text.count || isWhole ? .goOn(next) : .wait
        }
        guard letter.properties.isUppercase else { return .goOn(next) }
        return .cut(Cut(end: place + 1, mark: kind == .item ? "." : ","))
    }

    // MARK: Dashes

    /// Nil for a hyphen within a word and the sign before a number.
    private mutating func dash(at place: Int) -> Finding? {
        let before = place > start ? text[place - 1] : " "
        let isLong = text[place] == "—"
        if isLong, !hasWords { return .goOn(place + 1) }
        var end = place + 1
        if text[place] == "-" {
            guard let next = character(at: end) else { return isWhole ? nil : .wait }
            if next == "-" { end += 1 }
        }
        let isDouble = end == place + 2
        guard let after = character(at: end) else { return isWhole ? nil : .wait }
        let isSpaced = before.properties.isWhitespace && after.properties.isWhitespace
        let isBetween = isDouble && Character(before).isLetter && Character(after).isLetter
        guard isLong || isSpaced || isBetween else { return nil }
        guard hasWords else { return .goOn(end) }
        var next = end
        while let scalar = character(at: next), scalar == " " { next += 1 }
        guard let follower = character(at: next) else { return isWhole ? .goOn(end) : .wait }
        if after == "\n" { return .goOn(end) }
        let last = text[start..<place].last { !$0.properties.isWhitespace } ?? " "
        let isOfNumbers =
            Character(last).isNumber && (Character(follower).isNumber || "$€£¥".unicodeScalars.contains(follower))
        if isOfNumbers { return .goOn(end) }
        return .cut(Cut(end: after.properties.isWhitespace ? end + 1 : end, mark: ","))
    }

    // MARK: Marks

    private mutating func mark(at place: Int) -> Finding {
        var end = place
        while end - place < 64, let scalar = character(at: end), Marks.all.contains(scalar) { end += 1 }
        let run = text[place..<end]
        while let scalar = character(at: end), Marks.closers.contains(scalar) { end += 1 }
        let after = character(at: end)
        if after == nil, !isWhole { return .wait }
        let isWide = run.contains { Marks.wide[$0] != nil }
        // The end of "&amp;".
        if text[place] == ";",
            let start = text[start..<place].lastIndex(where: {
                !Character($0).isASCIILetter && !Character($0).isASCIIDigit && $0 != "#"
            }), text[start] == "&", place - start > 2
        {
            begin(place)
            return .goOn(place + 1)
        }
        let isBeforeSpace = after?.properties.isWhitespace ?? true
        guard hasWords, isBeforeSpace || isWide else {
            begin(place)
            return .goOn(place + run.count)
        }
        let word = wordStart.map { Marks.word(text[$0..<place]) } ?? ""
        let mark = Marks.heard(run)
        let verdict: Bool? =
            switch mark {
            case "…": true
            case "." where run.count == 1 && !isWide: endsSentence(word, at: end)
            case "," where run.count == 1: isPause(word, at: end)
            default: true
            }
        guard let verdict else { return .wait }
        guard verdict else {
            begin(place)
            return .goOn(end)
        }
        isInParentheses = isInParentheses && !text[place..<end].contains(")")
        let cutEnd = after == nil || !isBeforeSpace ? end : end + 1
        guard mark == "…" else { return .cut(Cut(end: cutEnd, mark: mark)) }
        // Three dots are a pause before a small letter and an end before a capital.
        guard let next = nextCharacter(from: end) else { return isWhole ? .cut(Cut(end: cutEnd, mark: ".")) : .wait }
        return .cut(Cut(end: cutEnd, mark: next.properties.isLowercase ? "," : "."))
    }

    /// The first scalar from `place` on that is no space; a line's end counts as one.
    private func nextCharacter(from place: Int) -> Unicode.Scalar? {
        text[min(place, text.count)...].first { !$0.properties.isWhitespace || $0 == "\n" }
    }

    /// The next word, if it is complete; "" at the end of the line.
    private func nextWord(from place: Int) -> String? {
        guard
            let first = text[min(place, text.count)...].firstIndex(where: { !$0.properties.isWhitespace || $0 == "\n" })
        else {
            return isWhole ? "" : nil
        }
        if text[first] == "\n" { return "" }
        guard
            let last = text[first...].firstIndex(where: { $0.properties.isWhitespace }) ?? (isWhole ? text.count : nil)
        else { return nil }
        return Marks.word(text[first..<last])
    }

    /// Whether a dot after `word` ends a sentence; nil if only more text will tell.
    private func endsSentence(_ word: String, at end: Int) -> Bool? {
        if !Speakable.isEnglish(language) {
            return Marks.endsSentence(word, language: language, next: nextCharacter(from: end), isWhole: isWhole)
        }
        if Abbreviations.isNumbered(word) {
            guard let next = nextCharacter(from: end) else { return isWhole ? true : nil }
            if Character(next).isNumber { return false }
        }
        guard let dot = Abbreviations.dot(after: word) else { return true }
        guard let next = nextCharacter(from: end) else { return isWhole ? true : nil }
        if next == "\n" { return true }
        switch dot {
        case .inside: return false
        case .perhaps: return next.properties.isUppercase
        case .rarely: return nextWord(from: end).map { Abbreviations.startsSentence($0) || $0.isEmpty }
        }
    }

    /// Whether a comma is heard: not the one of "March 5, 2024".
    private func isPause(_ word: String, at end: Int) -> Bool? {
        let digits = word.prefix { $0.isASCIIDigit }
        guard (1...2).contains(digits.count), let wordStart else { return true }
        let before = text[start..<wordStart].split { $0.properties.isWhitespace }.last.map { Marks.word($0) } ?? ""
        guard Dates.month(before.trimmedDot) != nil else { return true }
        return nextWord(from: end).map { !SpokenNumbers.isYear($0.prefix { $0.isLetter || $0.isNumber }) }
    }
}

extension String {
    fileprivate var trimmedDot: String { hasSuffix(".") ? String(dropLast()) : self }
}
