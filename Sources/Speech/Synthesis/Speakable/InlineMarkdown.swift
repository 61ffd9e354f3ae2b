internal import Foundation

/// Takes the markdown, HTML and TeX out of a piece of text: what stays is what a reader sees.
enum InlineMarkdown {
    static func text(_ written: String) -> String {
        var reader = Reader(written.unicodeScalars.filter { !isInvisible($0) })
        reader.run()
        return entities(reader.plain)
    }

    /// How far a bracket may be from its partner; past it, it is only a character.
    static let reach = 300

    /// Where a construct that begins at `start` ends, so that nothing may be cut within.
    enum Extent: Equatable {
        case none
        /// The construct ends before this place.
        case ends(Int)
        /// Only more text will tell.
        case open
    }

    /// - Parameter isWhole: No more text will come.
    static func extent(of text: [Unicode.Scalar], at start: Int, isWhole: Bool) -> Extent {
        switch text[start] {
        case "`": codeSpan(text, start, isWhole)
        case "[": link(text, start, isWhole)
        case "!" where start + 1 < text.count && text[start + 1] == "[": link(text, start + 1, isWhole)
        case "<": tag(text, start, isWhole)
        case "$": dollars(text, start, isWhole)
        case "\\": escape(text, start, isWhole)
        default: .none
        }
    }

    // MARK: Constructs

    /// Finds `closing` from `start` on, within reach and one paragraph.
    private static func find(
        _ closing: [Unicode.Scalar], in text: [Unicode.Scalar], from start: Int, isWhole: Bool, reach: Int = reach,
        acrossLines: Bool = true
    ) -> Extent {
        var place = start
        while place < text.count, place - start <= reach {
            if text[place] == closing[0], text[place...].starts(with: closing) {
                return .ends(place + closing.count)
            }
            if text[place] == "\n", !acrossLines || (place + 1 < text.count && text[place + 1] == "\n") { return .none }
            place += 1
        }
        return place - start > reach || isWhole ? .none : .open
    }

    private static func codeSpan(_ text: [Unicode.Scalar], _ start: Int, _ isWhole: Bool) -> Extent {
        var end = start
        while end < text.count, text[end] == "`" { end += 1 }
        if end == text.count { return isWhole ? .none : .open }
        let run = Array(repeating: "`" as Unicode.Scalar, count: end - start)
        var from = end
        while true {
            guard case .ends(let place) = find(run, in: text, from: from, isWhole: isWhole, reach: start + reach - from)
            else {
                return find(run, in: text, from: from, isWhole: isWhole, reach: start + reach - from)
            }
            // A longer run does not close it.
            if place == text.count { return isWhole ? .ends(place) : .open }
            if text[place] != "`" { return .ends(place) }
            from = place
            while from < text.count, text[from] == "`" { from += 1 }
        }
    }

    private static func link(_ text: [Unicode.Scalar], _ start: Int, _ isWhole: Bool) -> Extent {
        var depth = 0, place = start
        while place < text.count, place - start <= reach {
            switch text[place] {
            case "[": depth += 1
            case "]": depth -= 1
            case "\\": place += 1
            case "\n" where place + 1 < text.count && text[place + 1] == "\n": return .none
            default: break
            }
            place += 1
            if depth == 0 { break }
        }
        if depth > 0 { return place - start > reach || isWhole ? .none : .open }
        guard place < text.count else { return isWhole ? footnote(text, start, place) : .open }
        switch text[place] {
        case "(":
            var depth = 0, end = place
            while end < text.count, end - place <= 2 * reach, text[end] != "\n" {
                if text[end] == "(" { depth += 1 }
                if text[end] == ")" { depth -= 1 }
                end += 1
                if depth == 0 { return .ends(end) }
            }
            return end < text.count || isWhole ? footnote(text, start, place) : .open
        case "[": return find(["]"], in: text, from: place + 1, isWhole: isWhole)
        default: return footnote(text, start, place)
        }
    }

    /// "[^1]" and the boxes of tasks stand for themselves; other brackets are only brackets.
    private static func footnote(_ text: [Unicode.Scalar], _ start: Int, _ end: Int) -> Extent {
        let isBox = end - start == 3 && " xX".unicodeScalars.contains(text[start + 1])
        return start + 1 < end && text[start + 1] == "^" || isBox ? .ends(end) : .none
    }

    private static func tag(_ text: [Unicode.Scalar], _ start: Int, _ isWhole: Bool) -> Extent {
        guard start + 1 < text.count else { return isWhole ? .none : .open }
        let next = text[start + 1]
        if next == "!" { return find(["-", "-", ">"], in: text, from: start + 2, isWhole: isWhole, reach: 2000) }
        guard next == "/" || Character(next).isASCIILetter else { return .none }
        return find([">"], in: text, from: start + 2, isWhole: isWhole, reach: 200, acrossLines: false)
    }

    private static func dollars(_ text: [Unicode.Scalar], _ start: Int, _ isWhole: Bool) -> Extent {
        guard start + 1 < text.count else { return isWhole ? .none : .open }
        let next = text[start + 1]
        if next == "$" { return find(["$", "$"], in: text, from: start + 2, isWhole: isWhole, reach: 600) }
        if next.properties.isWhitespace || Character(next).isNumber { return .none }
        var from = start + 1
        while true {
            let extent = find(
                ["$"], in: text, from: from, isWhole: isWhole, reach: start + 120 - from, acrossLines: false)
            guard case .ends(let end) = extent else { return extent }
            if end == text.count, !isWhole { return .open }
            let isFollowed = end < text.count && Character(text[end]).isNumber
            if !text[end - 2].properties.isWhitespace, !isFollowed { return .ends(end) }
            from = end
        }
    }

    private static func escape(_ text: [Unicode.Scalar], _ start: Int, _ isWhole: Bool) -> Extent {
        guard start + 1 < text.count else { return isWhole ? .none : .open }
        switch text[start + 1] {
        case "(": return find(["\\", ")"], in: text, from: start + 2, isWhole: isWhole)
        case "[": return find(["\\", "]"], in: text, from: start + 2, isWhole: isWhole, reach: 600)
        default: return .none
        }
    }

    // MARK: Characters

    /// Controls, marks of direction and width, soft hyphens.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0...0x1F, 0x7F...0x9F, 0xAD, 0x200B, 0x200C, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x2064,
            0x2066...0x2069, 0xFEFF, 0xFFFC,
            0xFFFD, 0xE000...0xF8FF:
            true
        default: false
        }
    }

    private static let named = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "ndash": "–", "mdash": " ",
        "hellip": " ",
        "copy": "©", "reg": "", "trade": "", "deg": "°", "times": "×", "euro": "€", "pound": "£", "rarr": "→",
        "larr": "←", "lsquo": "'",
        "rsquo": "'", "ldquo": "\"", "rdquo": "\"", "middot": " ", "bull": " ", "le": "≤", "ge": "≥", "ne": "≠",
        "frac12": "½", "plusmn": "±", "shy": "",
    ]

    /// "&amp;" and "&#39;".
    private static func entities(_ text: String) -> String {
        guard text.contains("&") else { return text }
        var plain = "", rest = Substring(text)
        while let start = rest.firstIndex(of: "&") {
            plain += rest[..<start]
            let name = rest[rest.index(after: start)...].prefix { $0.isASCIILetter || $0.isASCIIDigit || $0 == "#" }
            if name.count < 10, name.endIndex < rest.endIndex, rest[name.endIndex] == ";", let value = entity(name) {
                plain += value
                rest = rest[rest.index(after: name.endIndex)...]
            } else {
                plain.append("&")
                rest = rest[rest.index(after: start)...]
            }
        }
        return plain + rest
    }

    private static func entity(_ name: Substring) -> String? {
        guard name.hasPrefix("#") else { return named[String(name)] }
        let digits = name.dropFirst(), isHex = digits.first == "x" || digits.first == "X"
        guard let value = UInt32(isHex ? digits.dropFirst() : digits, radix: isHex ? 16 : 10), value >= 0x20,
            let scalar = Unicode.Scalar(value), !isInvisible(scalar)
        else { return nil }
        return String(Character(scalar))
    }

    // MARK: Reading

    private struct Reader {
        let text: [Unicode.Scalar]
        var place = 0
        var plain = ""

        init(_ text: some Sequence<Unicode.Scalar>) { self.text = Array(text) }

        mutating func run() {
            while place < text.count {
                if case .ends(let end) = extent(of: text, at: place, isWhole: true), take(place..<end) {
                    place = end
                } else {
                    step()
                }
            }
        }

        private func string(_ range: Range<Int>) -> String {
            var string = String.UnicodeScalarView()
            string.append(contentsOf: text[range])
            return String(string)
        }

        /// Adds what is seen of a construct; false if it is none after all.
        private mutating func take(_ range: Range<Int>) -> Bool {
            let whole = string(range)
            switch text[range.lowerBound] {
            case "`": plain += whole.trimmingCharacters(in: ["`"])
            case "!", "[": plain += seen(ofLink: whole)
            case "<":
                let inner = whole.dropFirst().dropLast()
                if inner.contains("://") || (inner.contains("@") && !inner.contains(" ")) {
                    plain += inner
                } else if inner.hasPrefix("!") || Self.isTag(inner) {
                    // A tag within a word splits it only where a reader sees a break.
                    let name = inner.drop { $0 == "/" }.prefix { $0.isASCIILetter || $0.isASCIIDigit }.lowercased()
                    if !Self.withinWords.contains(name) { plain += " " }
                } else {
                    return false
                }
            case "$": plain += " " + Formulas.words(whole.trimmingCharacters(in: ["$"])) + " "
            default: plain += " " + Formulas.words(whole.dropFirst(2).dropLast(2)) + " "
            }
            return true
        }

        private static let withinWords: Set<String> = [
            "b", "i", "em", "strong", "u", "s", "sub", "span", "a", "mark", "small", "del", "ins",
        ]

        private static func isTag(_ inner: some StringProtocol) -> Bool {
            let body = inner.drop { $0 == "/" }, name = body.prefix { $0.isASCIILetter || $0.isASCIIDigit || $0 == "-" }
            let rest = body.dropFirst(name.count)
            return !name.isEmpty
                && (rest.isEmpty || rest.first == "/" || rest.first?.isWhitespace == true && rest.contains("=")
                    || rest.allSatisfy { " /".contains($0) })
                && !name.isCapitalized
        }

        private func seen(ofLink whole: String) -> String {
            let isImage = whole.hasPrefix("!")
            let body = isImage ? whole.dropFirst() : Substring(whole)
            if body.hasPrefix("[^") { return " " }
            if body == "[ ]" { return " " }
            if body == "[x]" || body == "[X]" { return " done " }
            var depth = 0
            for place in body.indices {
                if body[place] == "[" { depth += 1 }
                if body[place] == "]" { depth -= 1 }
                if depth == 0 {
                    let label = String(body[body.index(after: body.startIndex)..<place])
                    return (isImage ? " " : "") + InlineMarkdown.text(label) + (isImage ? " " : "")
                }
            }
            return ""
        }

        private mutating func step() {
            let scalar = text[place]
            let before = place > 0 ? text[place - 1] : " ", after = place + 1 < text.count ? text[place + 1] : " "
            place += 1
            switch scalar {
            case "\\" where Character(after).isASCII && (Character(after).isPunctuation || Character(after).isSymbol):
                // Escaped, a sign is only itself; of those that mark text, nothing is heard.
                if !"*_`[]#~|\\".unicodeScalars.contains(after) { plain.unicodeScalars.append(after) }
                place += 1
            case "*":
                var end = place
                while end < text.count, text[end] == "*" { end += 1 }
                let next = end < text.count ? text[end] : " "
                let isBetween = Character(before).isNumber && Character(next).isNumber
                let isAlone = before.properties.isWhitespace && next.properties.isWhitespace && end == place
                if isBetween || isAlone { plain += string(place - 1..<end) }
                place = end
            case "~" where after == "~": place += 1
            case "\n":
                plain += " "
                // Lines of a quotation that goes on.
                while place < text.count, text[place] == ">" || text[place] == " " { place += 1 }
            case "\t", "\r", "\u{A0}", "\u{202F}", "\u{2009}": plain += " "
            default: plain.unicodeScalars.append(scalar)
            }
        }
    }
}
