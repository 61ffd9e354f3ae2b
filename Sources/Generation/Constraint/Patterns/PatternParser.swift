import TuttiText

/// Reads a regular expression in ECMA-262's dialect, as JSON Schema means it.
///
/// Where dialects differ in what a class contains, the sets are chosen so that JavaScript and Python both agree: `\d` is
/// ASCII, `\D` leaves out every Unicode digit. Refused by name: references to groups, looking behind, word boundaries.
struct PatternParser {
    let scalars: [Unicode.Scalar]
    private(set) var offset = 0
    private var depth = 0
    private var foldsCase = false
    static let longestPattern = 1 << 16
    private static let deepestNesting = 100
    private static let mostRepeats = 1 << 20

    init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    func error(_ message: String, at place: Int? = nil) -> PatternError {
        PatternError(message: message, offset: place ?? offset)
    }

    mutating func parse() throws(PatternError) -> PatternNode {
        guard scalars.count <= Self.longestPattern else { throw error("the pattern is too long") }
        if take("(?i)") { foldsCase = true }
        let node = try choice()
        guard offset == scalars.count else { throw error("a parenthesis is closed that was not opened") }
        return node
    }

    private var next: Unicode.Scalar? { offset < scalars.count ? scalars[offset] : nil }

    private mutating func take(_ text: String) -> Bool {
        guard scalars[offset...].starts(with: text.unicodeScalars) else { return false }
        offset += text.unicodeScalars.count
        return true
    }

    private mutating func choice() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestNesting else { throw error("the groups lie too deeply within each other") }
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let node = try atom()
            nodes.append(try repeated(node))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func repeated(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        let start = offset
        var bounds: (Int, Int?)
        switch next {
        case "*": bounds = (0, nil)
        case "+": bounds = (1, nil)
        case "?": bounds = (0, 1)
        case "{":
            guard let found = try interval() else { return atom }
            bounds = found
            offset -= 1
        default: return atom
        }
        offset += 1
        // How greedy it is changes nothing about which texts it takes.
        if next == "?" || next == "+" { offset += 1 }
        if next == "*" || next == "+" || next == "?" { throw error("a quantifier follows a quantifier") }
        if let maximum = bounds.1, maximum < bounds.0 { throw error("an interval ends before it begins", at: start) }
        return .repetition(atom, bounds.0, bounds.1)
    }

    /// `{n}`, `{n,}` or `{n,m}`; anything else is a brace.
    private mutating func interval() throws(PatternError) -> (Int, Int?)? {
        var place = offset + 1
        func number() -> Int? {
            var value: Int?
            while place < scalars.count, "0"..."9" ~= scalars[place] {
                value = min((value ?? 0) * 10 + Int(scalars[place].value - 0x30), Self.mostRepeats + 1)
                place += 1
            }
            return value
        }
        let minimum = number()
        var maximum = minimum
        if place < scalars.count, scalars[place] == "," {
            place += 1
            maximum = number()
            // Python reads {,n} as at most n.
            if minimum == nil, maximum == nil { return nil }
        } else if minimum == nil {
            return nil
        }
        guard place < scalars.count, scalars[place] == "}" else { return nil }
        guard minimum ?? 0 <= Self.mostRepeats, maximum ?? 0 <= Self.mostRepeats else {
            throw error("more than \(Self.mostRepeats) repeats are asked for")
        }
        offset = place + 1
        return (minimum ?? 0, maximum)
    }

    private func cased(_ set: ScalarSet) -> PatternNode { .characters(foldsCase ? set.foldingCase : set) }

    private mutating func atom() throws(PatternError) -> PatternNode {
        let start = offset
        guard let scalar = next else { return .empty }
        offset += 1
        switch scalar {
        case "(": return try group(start)
        case "[": return cased(try characterClass(start))
        case ".": return .characters(Self.lineEnds.inverted)
        case "^": return .textStart
        case "$": return .textEnd
        case "*", "+", "?": throw error("a quantifier has nothing before it", at: start)
        case "\\": return try escape(start)
        default: return cased(ScalarSet(scalar))
        }
    }

    private mutating func group(_ start: Int) throws(PatternError) -> PatternNode {
        let node: PatternNode
        if take("?:") {
            node = try choice()
        } else if take("?=") {
            node = .ahead(try choice(), isNegative: false)
        } else if take("?!") {
            node = .ahead(try choice(), isNegative: true)
        } else if take("?<=") || take("?<!") {
            throw error("looking behind, (?<=…) and (?<!…), cannot be compiled", at: start)
        } else if take("?<") || take("?P<") {
            while let scalar = next, scalar != ">" {
                guard scalar.properties.isAlphabetic || scalar == "_" || "0"..."9" ~= scalar else { break }
                offset += 1
            }
            guard take(">") else { throw error("a group's name has no end", at: start) }
            node = try choice()
        } else if next == "?" {
            throw error("this kind of group cannot be compiled", at: start)
        } else {
            node = try choice()
        }
        guard take(")") else { throw error("a group has no end", at: start) }
        return node
    }

    private mutating func escape(_ start: Int) throws(PatternError) -> PatternNode {
        switch next {
        case "b", "B": throw error("word boundaries, \\b and \\B, cannot be compiled", at: start)
        case "1", "2", "3", "4", "5", "6", "7", "8", "9", "k":
            throw error("references to groups cannot be compiled", at: start)
        case "A":
            offset += 1
            return .textStart
        case "Z", "z":
            offset += 1
            return .textEnd
        default: return cased(try escaped(start, isNegated: false))
        }
    }

    // MARK: Sets

    static let lineEnds = ScalarSet(ranges: [0x0A..<0x0B, 0x0D..<0x0E, 0x2028..<0x202A])
    private static let asciiDigits = ScalarSet(0x30..<0x3A)
    private static let asciiWords = ScalarSet(ranges: [0x30..<0x3A, 0x41..<0x5B, 0x5F..<0x60, 0x61..<0x7B])
    private static let spaces = ScalarSet.whitespace.intersection(ScalarSet(0x85..<0x86).inverted)
    private static let allSpaces = ScalarSet.whitespace.union(ScalarSet(ranges: [0x1C..<0x20, 0xFEFF..<0xFF00]))
    private static let allWords = ScalarSet.words.union(asciiWords)

    /// What stands behind a backslash.
    /// - Parameter isNegated: Whether it is part of a class that is turned round.
    private mutating func escaped(_ start: Int, isNegated: Bool) throws(PatternError) -> ScalarSet {
        guard let scalar = next else { throw error("a backslash stands at the end", at: start) }
        offset += 1
        switch scalar {
        case "d": return isNegated ? .digits : Self.asciiDigits
        case "D": return isNegated ? Self.asciiDigits.inverted : ScalarSet.digits.inverted
        case "w": return isNegated ? Self.allWords : Self.asciiWords
        case "W": return isNegated ? Self.asciiWords.inverted : Self.allWords.inverted
        case "s": return isNegated ? Self.allSpaces : Self.spaces
        case "S": return isNegated ? Self.spaces.inverted : Self.allSpaces.inverted
        case "p", "P":
            guard take("{") else { throw error("\\p takes a property in braces", at: start) }
            let from = offset
            while let scalar = next, scalar != "}" { offset += 1 }
            var name = String(String.UnicodeScalarView(scalars[from..<offset]))
            guard take("}") else { throw error("a property has no end", at: start) }
            for prefix in ["Script=", "sc=", "General_Category=", "gc="] where name.hasPrefix(prefix) {
                name.removeFirst(prefix.count)
            }
            guard let set = ScalarSet(property: name) else {
                throw error("there is no property “\(name)”", at: start)
            }
            return scalar == "p" ? set : set.inverted
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "t": return ScalarSet("\t")
        case "f": return ScalarSet("\u{0C}")
        case "v": return ScalarSet("\u{0B}")
        case "a": return ScalarSet("\u{07}")
        case "e": return ScalarSet("\u{1B}")
        case "0": return ScalarSet("\0")
        case "c":
            guard let letter = next, letter.isASCII, letter.properties.isAlphabetic else {
                throw error("\\c takes a letter", at: start)
            }
            offset += 1
            return ScalarSet(Unicode.Scalar(UInt8(letter.value & 0x1F)))
        case "x": return try hexadecimal(2, start)
        case "u":
            if take("{") {
                let from = offset
                while let scalar = next, scalar != "}" { offset += 1 }
                let text = String(String.UnicodeScalarView(scalars[from..<offset]))
                guard take("}"), let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
                    throw error("\\u{…} takes a character's number", at: start)
                }
                return ScalarSet(scalar)
            }
            return try hexadecimal(4, start)
        default:
            guard !scalar.isASCII || !scalar.properties.isAlphabetic else {
                throw error("there is no escape \\\(scalar)", at: start)
            }
            return ScalarSet(scalar)
        }
    }

    private mutating func hexadecimal(_ count: Int, _ start: Int) throws(PatternError) -> ScalarSet {
        func number() -> UInt32? {
            guard offset + count <= scalars.count else { return nil }
            let text = String(String.UnicodeScalarView(scalars[offset..<offset + count]))
            guard text.allSatisfy(\.isHexDigit) else { return nil }
            return UInt32(text, radix: 16)
        }
        guard var value = number() else { throw error("\(count) hexadecimal digits are expected", at: start) }
        offset += count
        if 0xD800..<0xDC00 ~= value, take("\\u"), let low = number(), 0xDC00..<0xE000 ~= low {
            offset += count
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        // Half of a pair is no character and stands in no text; it still bounds ranges.
        return ScalarSet(value..<value + 1)
    }

    private mutating func characterClass(_ start: Int) throws(PatternError) -> ScalarSet {
        let isNegated = take("^")
        var ranges: [Range<UInt32>] = []
        while true {
            guard next != nil else { throw error("a class has no end", at: start) }
            if take("]") { break }
            let low = try classAtom(start, isNegated)
            let before = offset
            if take("-"), next != "]", next != nil, low.ranges.count == 1, low.ranges[0].count == 1 {
                let high = try classAtom(start, isNegated)
                guard high.ranges.count == 1, high.ranges[0].count == 1 else {
                    throw error("a range ends with a class", at: before)
                }
                let first = low.ranges[0].lowerBound, last = high.ranges[0].lowerBound
                guard first <= last else { throw error("a range ends before it begins", at: before) }
                ranges.append(first..<last + 1)
            } else {
                offset = before
                ranges += low.ranges
            }
        }
        let set = ScalarSet(ranges: ranges)
        if !isNegated { return set }
        return (foldsCase ? set.foldingCase : set).inverted
    }

    private mutating func classAtom(_ start: Int, _ isNegated: Bool) throws(PatternError) -> ScalarSet {
        guard let scalar = next else { throw error("a class has no end", at: start) }
        offset += 1
        guard scalar == "\\" else { return ScalarSet(scalar) }
        if next == "b" {
            offset += 1
            return ScalarSet("\u{08}")
        }
        return try escaped(offset - 1, isNegated: isNegated)
    }
}

/// What of a regular expression cannot be read or compiled.
struct PatternError: Error, Equatable {
    let message: String
    /// Counted in characters from the beginning.
    let offset: Int
}
