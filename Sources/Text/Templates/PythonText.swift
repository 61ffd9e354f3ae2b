/// Text as Python sees it: a row of code points, with Python's ideas of blanks, lines, cases and what can be printed.
///
/// Swift counts grapheme clusters and compares by canonical equivalence; nothing here does.
enum PythonText {
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0d, 0x1c...0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000: true
        default: false
        }
    }

    static func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0a...0x0d, 0x1c...0x1e, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    static func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

    /// The number of code points.
    static func length(_ text: String) -> Int { text.unicodeScalars.count }

    static func decimalValue(_ scalar: Unicode.Scalar) -> Int? {
        if scalar.isASCII { return (48...57).contains(scalar.value) ? Int(scalar.value) - 48 : nil }
        guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue else { return nil }
        return Int(value)
    }

    // MARK: Stripping

    /// Without the characters at the ends for which `isStripped` holds.
    static func strip(
        _ text: String, left: Bool = true, right: Bool = true,
        where isStripped: (Unicode.Scalar) -> Bool = PythonText.isSpace
    ) -> String {
        var scalars = Substring(text).unicodeScalars
        if left { scalars = scalars.drop(while: isStripped) }
        if right { while let last = scalars.last, isStripped(last) { scalars.removeLast() } }
        return String(scalars)
    }

    // MARK: Splitting

    /// Python's `split()`: at runs of blanks, none at the ends.
    static func words(_ text: String, limit: Int = .max) -> [String] {
        var words: [String] = []
        var rest = Substring(text).unicodeScalars.drop(while: isSpace)
        while !rest.isEmpty {
            guard words.count < limit, let end = rest.firstIndex(where: isSpace) else {
                words.append(String(rest))  // what is left keeps its blanks
                return words
            }
            words.append(String(rest[..<end]))
            rest = rest[end...].drop(while: isSpace)
        }
        return words
    }

    /// Python's `rsplit()`: as `words`, counted from the end.
    static func wordsFromEnd(_ text: String, limit: Int) -> [String] {
        var words: [String] = []
        var rest = Substring(strip(text, left: false)).unicodeScalars
        while !rest.isEmpty {
            guard words.count < limit else {
                words.append(String(rest))
                break
            }
            let space = rest.lastIndex(where: isSpace)
            words.append(String(space.map { rest[rest.index(after: $0)...] } ?? rest))
            rest = space.map { rest[..<$0] } ?? rest[..<rest.startIndex]
            while let last = rest.last, isSpace(last) { rest.removeLast() }
        }
        return words.reversed()
    }

    /// Python's `splitlines`: at every kind of line break, without an empty line after the last one.
    static func lines(_ text: String, keepingEnds: Bool = false) -> [String] {
        var lines: [String] = []
        let scalars = text.unicodeScalars
        var start = scalars.startIndex, place = start
        while place < scalars.endIndex {
            guard isLineBreak(scalars[place]) else {
                scalars.formIndex(after: &place)
                continue
            }
            let end = place
            let isReturn = scalars[place] == "\r"
            scalars.formIndex(after: &place)
            if isReturn, place < scalars.endIndex, scalars[place] == "\n" { scalars.formIndex(after: &place) }
            lines.append(String(scalars[start..<(keepingEnds ? place : end)]))
            start = place
        }
        if start < scalars.endIndex { lines.append(String(scalars[start...])) }
        return lines
    }

    // MARK: Cases

    static func uppercased(_ text: String) -> String { text.uppercased() }

    static func lowercased(_ text: String) -> String {
        guard text.unicodeScalars.contains("Σ") else { return text.lowercased() }
        // A sigma that ends a word has a small letter of its own.
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            let isFinal = scalar == "Σ" && isFinalSigma(index, in: scalars)
            result.append(contentsOf: isFinal ? "ς".unicodeScalars : scalar.properties.lowercaseMapping.unicodeScalars)
        }
        return String(result)
    }

    private static func isFinalSigma(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        isCased(before: index, in: scalars) && !isCased(after: index, in: scalars)
    }

    private static func isCased(before index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        scalars[..<index].last { !$0.properties.isCaseIgnorable }?.properties.isCased ?? false
    }

    private static func isCased(after index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }?.properties.isCased ?? false
    }

    static func capitalized(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return text }
        return first.properties.titlecaseMapping + lowercased(String(text.unicodeScalars.dropFirst()))
    }

    /// Python's `str.title`: a capital wherever a cased letter follows something uncased.
    static func titled(_ text: String) -> String {
        var result = "", followsCased = false
        let scalars = text.unicodeScalars.contains("Σ") ? Array(text.unicodeScalars) : []
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if followsCased, scalar == "Σ" {
                result += isFinalSigma(index, in: scalars) ? "ς" : "σ"
            } else {
                result += followsCased ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            }
            followsCased = scalar.properties.isCased
        }
        return result
    }

    static func swappedCase(_ text: String) -> String {
        var result = ""
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            if scalar == "Σ" {
                result += isFinalSigma(index, in: scalars) ? "ς" : "σ"
            } else {
                let properties = scalar.properties
                result += properties.isUppercase ? properties.lowercaseMapping : properties.uppercaseMapping
            }
        }
        return result
    }

    static func folded(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars {
            switch scalar {
            case "ß": result.append(contentsOf: "ss".unicodeScalars)
            case "ς": result.append("σ")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    // MARK: Kinds

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        isLetter(scalar) || scalar.properties.numericType != nil
    }

    /// `\w` of Python's regular expressions.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool { isAlphanumeric(scalar) || scalar == "_" }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
    }

    /// Python's `isupper` (or `islower`): some cased letter, and no letter of the other case.
    static func isAll(uppercase: Bool, _ text: String) -> Bool {
        var found = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            if properties.generalCategory == .titlecaseLetter
                || (uppercase ? properties.isLowercase : properties.isUppercase)
            {
                return false
            }
            if uppercase ? properties.isUppercase : properties.isLowercase { found = true }
        }
        return found
    }

    static func isTitled(_ text: String) -> Bool {
        var found = false, followsCased = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
                if followsCased { return false }
                followsCased = true
                found = true
            } else if properties.isLowercase {
                if !followsCased { return false }
                followsCased = true
                found = true
            } else {
                followsCased = false
            }
        }
        return found
    }

    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7f }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    // MARK: Printing

    /// Python's `repr` of a string.
    static func quoted(_ text: String) -> String {
        let quote: Unicode.Scalar = text.utf8.contains(0x27) && !text.utf8.contains(0x22) ? "\"" : "'"
        var result = String(Character(quote))
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\": result += "\\" + String(Character(scalar))
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if isPrintable(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    let digits = String(scalar.value, radix: 16)
                    let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
                    result += "\\" + mark + String(repeating: "0", count: width - digits.count) + digits
                }
            }
        }
        return result + String(Character(quote))
    }

    /// `<`, `>`, `&` and both quotes as HTML entities.
    static func escapedForHTML(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x26, 0x3c, 0x3e, 0x27, 0x22].contains($0) }) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "\"": result.append(contentsOf: "&#34;".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
