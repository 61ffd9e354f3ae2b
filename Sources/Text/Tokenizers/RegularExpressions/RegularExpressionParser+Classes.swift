extension RegularExpressionParser {
    /// What a backslash stands for: a set of scalars.
    /// - Parameter inClass: Within brackets Oniguruma does not count Latin-1's `¹²³¼½¾` as parts of words.
    mutating func escapedSet(_ start: Int, inClass: Bool) throws(RegularExpressionError) -> ScalarSet {
        guard let scalar = next else { throw error("a backslash stands at the end", at: start) }
        offset += 1
        switch scalar {
        case "d": return ScalarSet.digits
        case "D": return ScalarSet.digits.inverted
        case "w": return inClass ? ScalarSet.posixWords : ScalarSet.words
        case "W": return (inClass ? ScalarSet.posixWords : ScalarSet.words).inverted
        case "s": return ScalarSet.whitespace
        case "S": return ScalarSet.whitespace.inverted
        case "h": return ScalarSet.hexadecimalDigits
        case "H": return ScalarSet.hexadecimalDigits.inverted
        case "p", "P": return try property(start, isInverted: scalar == "P")
        default:
            offset -= 1
            return ScalarSet(try escapedScalar(start))
        }
    }

    /// What a backslash stands for if it is one scalar.
    private mutating func escapedScalar(_ start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
        guard let scalar = next else { throw error("a backslash stands at the end", at: start) }
        offset += 1
        switch scalar {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "f": return "\u{0C}"
        case "v": return "\u{0B}"
        case "a": return "\u{07}"
        case "e": return "\u{1B}"
        case "x":
            if take("{") {
                let value = try hexadecimal(1...8, start)
                guard take("}") else { throw error("\\x{ has no end", at: start) }
                return value
            }
            return try hexadecimal(1...2, start)
        case "u": return try hexadecimal(4...4, start)
        case "0":
            var value: UInt32 = 0, count = 0
            while let digit = next, 0x30...0x37 ~= digit.value, count < 2 {
                value = value * 8 + digit.value - 0x30
                offset += 1
                count += 1
            }
            return Unicode.Scalar(value) ?? "\0"
        case "a"..."z", "A"..."Z", "1"..."9":
            // Oniguruma takes other letters for themselves; no published pattern has one.
            throw error("\\\(Character(scalar)) is not known here", at: start)
        default: return scalar
        }
    }

    private mutating func hexadecimal(
        _ digits: ClosedRange<Int>, _ start: Int
    ) throws(RegularExpressionError) -> Unicode.Scalar {
        var value: UInt32 = 0, count = 0
        while count < digits.upperBound, let scalar = next, let digit = Character(scalar).hexDigitValue,
            scalar.isASCII
        {
            value = value << 4 | UInt32(digit)
            offset += 1
            count += 1
        }
        guard count >= digits.lowerBound, let scalar = Unicode.Scalar(value) else {
            throw error("this is no character's number", at: start)
        }
        return scalar
    }

    /// `\p{Name}`, `\p{^Name}`, `\pL` is not Oniguruma's.
    private mutating func property(_ start: Int, isInverted: Bool) throws(RegularExpressionError) -> ScalarSet {
        guard take("{") else { throw error("\\p wants a name in braces", at: start) }
        let isInverted = isInverted != take("^")
        var name = ""
        while let scalar = next, scalar != "}" {
            name.unicodeScalars.append(scalar)
            offset += 1
        }
        guard take("}") else { throw error("\\p{ has no end", at: start) }
        guard let set = properties[name] ?? ScalarSet(property: name) else {
            throw error("the property '\(name)' is not known here", at: start)
        }
        properties[name] = set
        return isInverted ? set.inverted : set
    }

    /// A class in brackets, behind its opening bracket.
    mutating func characterClass() throws(RegularExpressionError) -> ScalarSet {
        let start = offset - 1
        return try characterClass(start, depth: 0)
    }

    private mutating func characterClass(_ start: Int, depth: Int) throws(RegularExpressionError) -> ScalarSet {
        guard depth < 32 else { throw error("its classes lie too deeply within each other", at: start) }
        let isInverted = take("^")
        var ranges: [Range<UInt32>] = []
        var intersected: ScalarSet?
        var isFirst = true
        while true {
            guard let scalar = next else { throw error("a class has no end", at: start) }
            if scalar == "]", !isFirst {
                offset += 1
                break
            }
            isFirst = false
            if take("&&") {
                let set = ScalarSet(ranges: ranges)
                intersected = intersected?.intersection(set) ?? set
                ranges = []
                continue
            }
            if isNext("[:"), let set = try posixClass() {
                ranges += set.ranges
                continue
            }
            if scalar == "[" {
                offset += 1
                ranges += try characterClass(offset - 1, depth: depth + 1).ranges
                continue
            }
            let place = offset
            guard let low = try classScalar() else {
                ranges += try classSet(place).ranges
                continue
            }
            guard next == "-", let behind = peek(), behind != "]" else {
                ranges.append(low.value..<low.value + 1)
                continue
            }
            offset += 1
            if isNext("[") || isNext("&&") {  // a hyphen that stands for itself
                ranges += [low.value..<low.value + 1, 0x2D..<0x2E]
                continue
            }
            let highPlace = offset
            guard let high = try classScalar() else {
                ranges += [low.value..<low.value + 1, 0x2D..<0x2E]
                ranges += try classSet(highPlace).ranges
                continue
            }
            guard low <= high else { throw error("a range in a class runs backwards", at: place) }
            ranges.append(low.value..<high.value + 1)
        }
        var set = ScalarSet(ranges: ranges)
        if let intersected { set = intersected.intersection(set) }
        return isInverted ? set.inverted : set
    }

    /// The next scalar of a class; nothing, and nothing read, if a set comes next.
    private mutating func classScalar() throws(RegularExpressionError) -> Unicode.Scalar? {
        guard let scalar = next else { return nil }
        guard scalar == "\\" else {
            offset += 1
            return scalar
        }
        switch peek() {
        case "d", "D", "w", "W", "s", "S", "h", "H", "p", "P", "R": return nil
        case "b":
            offset += 2
            return "\u{08}"
        default:
            offset += 1
            return try escapedScalar(offset - 1)
        }
    }

    private mutating func classSet(_ start: Int) throws(RegularExpressionError) -> ScalarSet {
        offset = start + 1
        return try escapedSet(start, inClass: true)
    }

    /// `[:alpha:]`; nothing, and nothing read, if it is none.
    private mutating func posixClass() throws(RegularExpressionError) -> ScalarSet? {
        let start = offset
        offset += 2
        let isInverted = take("^")
        var name = ""
        while let scalar = next, 0x61...0x7A ~= scalar.value, name.utf8.count < 8 {
            name.unicodeScalars.append(scalar)
            offset += 1
        }
        guard take(":]"), let set = properties["[:" + name] ?? ScalarSet(posix: name) else {
            offset = start
            return nil
        }
        properties["[:" + name] = set
        return isInverted ? set.inverted : set
    }
}
