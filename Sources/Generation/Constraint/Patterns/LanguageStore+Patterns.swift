import TuttiText

/// Regular expressions as languages.
extension LanguageStore {
    /// One of the characters in `set`, as a form writes it.
    mutating func character(_ set: ScalarSet, _ form: TextForm) -> Language {
        switch form {
        case .plain: return character(set)
        case .json:
            let escaped = ScalarSet(ranges: [0..<0x20, 0x22..<0x23, 0x5C..<0x5D])
            var rows = Self.byteRows(set.intersection(escaped.inverted))
            for range in set.intersection(escaped).ranges {
                for value in range { rows.append(JSONText.escape(value).map { $0...$0 }) }
            }
            return byteRows(rows)
        }
    }

    /// Any number of any characters.
    mutating func anyText(_ form: TextForm, atLeast minimum: Int = 0, atMost maximum: Int? = nil) -> Language {
        repetition(character(.all, form), minimum, maximum)
    }

    /// The texts that a regular expression matches as a whole.
    mutating func whole(_ pattern: String, _ form: TextForm) throws(PatternError) -> Language {
        var parser = PatternParser(pattern)
        let node = try parser.parse()
        return try sequence([node], then: .blank, atStart: true, form)
    }

    /// The texts in which a regular expression matches somewhere.
    mutating func search(_ pattern: String, _ form: TextForm) throws(PatternError) -> Language {
        var parser = PatternParser(pattern)
        let node = try parser.parse()
        let rest = anyText(form)
        let first = try sequence([node], then: rest, atStart: true, form)
        let later = try sequence([node], then: rest, atStart: false, form)
        if later == first { return concatenation(rest, first) }
        return union([first, concatenation(anyText(form, atLeast: 1), later)])
    }

    /// A node without assertions.
    private mutating func plain(_ node: PatternNode, _ form: TextForm) -> Language {
        switch node {
        case .characters(let set): return character(set, form)
        case .sequence(let nodes):
            var language = Language.blank
            for node in nodes.reversed() { language = concatenation(plain(node, form), language) }
            return language
        case .choice(let nodes): return union(nodes.map { plain($0, form) })
        case .repetition(let node, let minimum, let maximum):
            return repetition(plain(node, form), minimum, maximum)
        case .ahead, .textStart, .textEnd: return .blank
        }
    }

    /// Some nodes in a row, and `rest` behind them.
    /// - Parameter atStart: Whether the text begins here.
    private mutating func sequence(
        _ nodes: [PatternNode], then rest: Language, atStart: Bool, _ form: TextForm
    ) throws(PatternError) -> Language {
        guard let node = nodes.first else { return rest }
        let others = Array(nodes.dropFirst())
        if !node.hasAssertions {
            let language = plain(node, form)
            guard others.contains(where: \.hasAssertions) else {
                let last = concatenation(plain(.sequence(others), form), rest)
                return concatenation(language, last)
            }
            let later = try sequence(others, then: rest, atStart: false, form)
            guard atStart, isNullable(language), others.contains(where: \.asksForStart) else {
                return concatenation(language, later)
            }
            // Whether the rest stands at the beginning depends on whether this was anything.
            let some = intersection([language, anyText(form, atLeast: 1)])
            let first = try sequence(others, then: rest, atStart: true, form)
            return union([concatenation(some, later), first])
        }
        switch node {
        case .characters: return .nothing
        case .sequence(let inside): return try sequence(inside + others, then: rest, atStart: atStart, form)
        case .choice(let inside):
            var languages: [Language] = []
            for one in inside { languages.append(try sequence([one] + others, then: rest, atStart: atStart, form)) }
            return union(languages)
        case .repetition(let inside, 0, 1):
            let without = try sequence(others, then: rest, atStart: atStart, form)
            return union([without, try sequence([inside] + others, then: rest, atStart: atStart, form)])
        case .repetition(let inside, 1, 1):
            return try sequence([inside] + others, then: rest, atStart: atStart, form)
        case .repetition:
            throw PatternError(message: "^, $ or looking ahead inside a repeat cannot be compiled", offset: 0)
        case .ahead(let inside, let isNegative):
            let ahead = try sequence([inside], then: anyText(form), atStart: atStart, form)
            let others = try sequence(others, then: rest, atStart: atStart, form)
            return intersection([isNegative ? complement(ahead) : ahead, others])
        case .textStart: return atStart ? try sequence(others, then: rest, atStart: true, form) : .nothing
        case .textEnd:
            let others = try sequence(others, then: rest, atStart: atStart, form)
            return isNullable(others) ? .blank : .nothing
        }
    }
}

/// Texts as JSON writes them.
enum JSONText {
    /// How a character that needs an escape is written.
    static func escape(_ value: UInt32) -> [UInt8] {
        switch value {
        case 0x22: Array(#"\""#.utf8)
        case 0x5C: Array(#"\\"#.utf8)
        case 0x08: Array(#"\b"#.utf8)
        case 0x09: Array(#"\t"#.utf8)
        case 0x0A: Array(#"\n"#.utf8)
        case 0x0C: Array(#"\f"#.utf8)
        case 0x0D: Array(#"\r"#.utf8)
        default: Array((value < 16 ? #"\u000"# : #"\u00"#).utf8) + Array(String(value, radix: 16).utf8)
        }
    }

    /// A string in quotes.
    static func quoted(_ text: String) -> [UInt8] {
        var bytes = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { bytes += escape(UInt32(byte)) } else { bytes.append(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }
}
