import OrderedCollections

/// The methods of Python's strings that a template may call.
enum StringMethod: String, CaseIterable {
    case strip, lstrip, rstrip, split, rsplit, splitlines, partition, rpartition
    case startswith, endswith, find, rfind, index, rindex, count, replace, join, format
    case upper, lower, title, capitalize, swapcase, casefold
    case removeprefix, removesuffix, zfill, center, ljust, rjust, expandtabs
    case isdigit, isdecimal, isnumeric, isalpha, isalnum, isspace, isupper, islower, istitle, isascii, isidentifier
    case isprintable
    case formatMap = "format_map"

    static let named = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })
}

extension Evaluator {
    func call(
        _ method: StringMethod, of text: String, isMarkup: Bool, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try charge(steps: text.utf8.count >> 6)
        var reader = ArgumentReader(arguments, of: method.rawValue)
        func string(_ result: String) throws(TemplateError) -> Value {
            try charge(byteCount: result.utf8.count)
            return isMarkup ? .markup(result) : .string(result)
        }
        /// What is put into safe HTML is escaped.
        func escaped(_ text: String) -> String { isMarkup ? PythonText.escapedForHTML(text) : text }
        switch method {
        case .strip, .lstrip, .rstrip:
            let set = try reader.text("chars").map { Set($0.unicodeScalars) }
            try reader.finish()
            return try string(
                PythonText.strip(
                    text, left: method != .rstrip, right: method != .lstrip,
                    where: { scalar in set.map { $0.contains(scalar) } ?? PythonText.isSpace(scalar) }))
        case .split, .rsplit:
            let separator = try reader.text("sep"), limit = try reader.integer("maxsplit") ?? -1
            try reader.finish()
            let parts = try split(text, separator, limit: limit < 0 ? .max : limit, fromEnd: method == .rsplit)
            return .list(try list(parts, isMarkup))
        case .splitlines:
            let keepsEnds = try reader.flag("keepends") ?? false
            try reader.finish()
            return .list(try list(PythonText.lines(text, keepingEnds: keepsEnds), isMarkup))
        case .partition, .rpartition:
            let separator = try reader.requiredText("sep")
            try reader.finish()
            return .tuple(try list(partition(text, separator, fromEnd: method == .rpartition), isMarkup))
        case .startswith, .endswith:
            let wanted = try reader.required("prefix")
            let part = try part(of: text, &reader)
            try reader.finish()
            return .bool(try hasEnd(part, wanted, atStart: method == .startswith))
        case .find, .rfind, .index, .rindex, .count:
            let wanted = try reader.requiredText("sub")
            return .integer(Int128(try search(text, wanted, method, &reader)))
        case .replace:
            let old = try reader.requiredText("old"), new = try reader.requiredText("new")
            let limit = try reader.integer("count") ?? -1
            try reader.finish()
            return try string(replace(text, escaped(old), escaped(new), limit: limit < 0 ? .max : limit))
        case .join:
            let parts = try items(of: reader.required("iterable"))
            try reader.finish()
            var texts: [String] = []
            for (index, part) in parts.enumerated() {
                guard let part = part.text else {
                    if case .undefined(let undefined) = part { throw .runtime(undefined.message) }
                    throw .runtime("join takes strings only, and item \(index) is of type '\(part.typeName)'")
                }
                texts.append(escaped(part))
            }
            return try string(join(texts, by: text))
        case .format:
            return try string(FormatMethod.format(text, arguments, self, escaping: isMarkup))
        case .formatMap:
            guard case .dictionary(let dictionary) = try reader.required("mapping") else {
                throw .runtime("format_map takes a dictionary")
            }
            try reader.finish()
            var named: [(name: String, value: Value)] = []
            for (key, value) in dictionary.members { if let name = key.value.text { named.append((name, value)) } }
            return try string(FormatMethod.format(text, Arguments(named: named), self, escaping: isMarkup))
        case .upper, .lower, .title, .capitalize, .swapcase, .casefold:
            try reader.finish()
            return try string(cased(text, method))
        case .removeprefix, .removesuffix:
            let affix = try reader.requiredText("affix")
            try reader.finish()
            return try string(without(affix, text, atStart: method == .removeprefix))
        case .zfill, .center, .ljust, .rjust:
            return try string(pad(text, method, &reader))
        case .expandtabs:
            let width = try reader.integer("tabsize") ?? 8
            try reader.finish()
            return try string(expandTabs(text, width))
        default:
            try reader.finish()
            return .bool(Self.has(method, text))
        }
    }

    private func list(_ parts: [String], _ isMarkup: Bool) throws(TemplateError) -> ValueList {
        var byteCount = 0
        for part in parts { byteCount += part.utf8.count }
        try charge(byteCount: byteCount)
        return try list(parts.map { isMarkup ? .markup($0) : .string($0) })
    }

    private func cased(_ text: String, _ method: StringMethod) -> String {
        switch method {
        case .upper: PythonText.uppercased(text)
        case .lower: PythonText.lowercased(text)
        case .title: PythonText.titled(text)
        case .capitalize: PythonText.capitalized(text)
        case .swapcase: PythonText.swappedCase(text)
        default: PythonText.folded(text)
        }
    }

    // MARK: Parts

    func split(_ text: String, _ separator: String?, limit: Int, fromEnd: Bool) throws(TemplateError) -> [String] {
        try charge(steps: text.utf8.count >> 4)
        guard let separator else {
            return fromEnd ? PythonText.wordsFromEnd(text, limit: limit) : PythonText.words(text, limit: limit)
        }
        guard !separator.isEmpty else { throw .runtime("an empty separator splits nothing") }
        let bytes = Array(text.utf8)
        let offsets =
            fromEnd
            ? ByteSearch.offsetsFromEnd(of: separator, in: bytes, limit: limit)
            : ByteSearch(separator).offsets(in: bytes, limit: limit)
        try charge(byteCount: offsets.count * 32)
        var parts: [String] = [], start = 0
        for offset in offsets {
            parts.append(String(decoding: bytes[start..<offset], as: UTF8.self))
            start = offset + separator.utf8.count
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }

    private func partition(_ text: String, _ separator: String, fromEnd: Bool) throws(TemplateError) -> [String] {
        let parts = try split(text, separator, limit: 1, fromEnd: fromEnd)
        if parts.count == 2 { return [parts[0], separator, parts[1]] }
        return fromEnd ? ["", "", text] : [text, "", ""]
    }

    /// The part of a text that the arguments `start` and `end` leave, in code points.
    private func part(of text: String, _ reader: inout ArgumentReader) throws(TemplateError) -> String {
        let start = try reader.next("start") ?? .none, end = try reader.next("end") ?? .none
        if start.isNone, end.isNone { return text }
        return try slice(.string(text), start: start, stop: end, step: .none).text ?? ""
    }

    private func hasEnd(_ text: String, _ wanted: Value, atStart: Bool) throws(TemplateError) -> Bool {
        switch wanted {
        case .string(let affix), .markup(let affix):
            return atStart
                ? text.utf8.starts(with: affix.utf8) : text.utf8.reversed().starts(with: affix.utf8.reversed())
        case .tuple(let affixes):
            for affix in affixes.items where try hasEnd(text, affix, atStart: atStart) { return true }
            return false
        case .undefined(let undefined): throw .runtime(undefined.message)
        default:
            throw .runtime(
                "\(atStart ? "startswith" : "endswith") takes a string or a tuple of strings, not '\(wanted.typeName)'")
        }
    }

    private func without(_ affix: String, _ text: String, atStart: Bool) throws(TemplateError) -> String {
        guard !affix.isEmpty, try hasEnd(text, .string(affix), atStart: atStart) else { return text }
        let rest = atStart ? text.utf8.dropFirst(affix.utf8.count) : text.utf8.dropLast(affix.utf8.count)
        return String(decoding: Array(rest), as: UTF8.self)
    }

    // MARK: Searching

    private func search(
        _ text: String, _ wanted: String, _ method: StringMethod, _ reader: inout ArgumentReader
    ) throws(TemplateError) -> Int {
        let start = try reader.integer("start") ?? 0, end = try reader.integer("end")
        try reader.finish()
        try charge(steps: (text.utf8.count + wanted.utf8.count) >> 4)
        let length = PythonText.length(text)
        func place(_ index: Int) -> Int { min(max(index < 0 ? index + length : index, 0), length) }
        let first = place(start), last = end.map(place) ?? length
        let isPossible = start <= length && first <= last
        let scalars = text.unicodeScalars
        let part =
            first == 0 && last == length
            ? text
            : isPossible
                ? String(
                    scalars[
                        scalars.index(
                            scalars.startIndex, offsetBy: first)..<scalars.index(scalars.startIndex, offsetBy: last)])
                : ""
        let bytes = Array(part.utf8)
        if method == .count {
            if !isPossible { return 0 }
            return wanted.isEmpty ? last - first + 1 : ByteSearch(wanted).offsets(in: bytes).count
        }
        let isFromEnd = method == .rfind || method == .rindex
        var found: Int?
        if isPossible, wanted.isEmpty {
            found = isFromEnd ? last : first
        } else if isPossible {
            let offset =
                isFromEnd
                ? ByteSearch.offsetsFromEnd(of: wanted, in: bytes, limit: 1).first
                : ByteSearch(wanted).offsets(in: bytes, limit: 1).first
            // Every code point has one byte that does not continue another.
            found = offset.map { first + bytes[..<$0].reduce(0) { $0 + ($1 & 0xc0 != 0x80 ? 1 : 0) } }
        }
        if let found { return found }
        guard method == .find || method == .rfind else { throw .runtime("the substring is not there") }
        return -1
    }

    func replace(_ text: String, _ old: String, _ new: String, limit: Int) throws(TemplateError) -> String {
        guard limit > 0 else { return text }
        if old.isEmpty {
            // Before every code point, and at the end.
            let count = min(PythonText.length(text) + 1, limit)
            try charge(byteCount: new.utf8.count, times: count)
            var result: [UInt8] = [], left = count
            result.reserveCapacity(text.utf8.count + count * new.utf8.count)
            for byte in text.utf8 {
                if byte & 0xc0 != 0x80 {
                    if left > 0 { result += new.utf8 }
                    left -= 1
                }
                result.append(byte)
            }
            if left > 0 { result += new.utf8 }
            return String(decoding: result, as: UTF8.self)
        }
        try charge(steps: (text.utf8.count + old.utf8.count) >> 4)
        let bytes = Array(text.utf8)
        let offsets = ByteSearch(old).offsets(in: bytes, limit: limit)
        if offsets.isEmpty { return text }
        try charge(byteCount: text.utf8.count)
        try charge(byteCount: new.utf8.count, times: offsets.count)
        var result: [UInt8] = [], start = 0
        for offset in offsets {
            result += bytes[start..<offset]
            result += new.utf8
            start = offset + old.utf8.count
        }
        result += bytes[start...]
        return String(decoding: result, as: UTF8.self)
    }

    func join(_ texts: [String], by separator: String) throws(TemplateError) -> String {
        try charge(byteCount: separator.utf8.count, times: max(texts.count - 1, 0))
        var byteCount = 0
        for text in texts { byteCount += text.utf8.count }
        try charge(byteCount: byteCount)
        return texts.joined(separator: separator)
    }

    // MARK: Padding

    private func pad(
        _ text: String, _ method: StringMethod, _ reader: inout ArgumentReader
    ) throws(TemplateError) -> String {
        guard let width = try reader.integer("width") else { throw .runtime("\(method.rawValue) needs a width") }
        let fill = method == .zfill ? "0" : try reader.text("fillchar") ?? " "
        try reader.finish()
        guard fill.unicodeScalars.count == 1 else { throw .runtime("the fill character has to be one character") }
        return try pad(text, width: width, fill: fill, method)
    }

    func pad(_ text: String, width: Int, fill: String, _ method: StringMethod) throws(TemplateError) -> String {
        let length = PythonText.length(text)
        // Compared before it is subtracted: a template may ask for any width, the most negative too.
        guard width > length else { return text }
        let missing = width - length
        try charge(byteCount: fill.utf8.count, times: missing)
        func filling(_ count: Int) -> String { String(repeating: fill, count: count) }
        switch method {
        case .ljust: return text + filling(missing)
        case .rjust: return filling(missing) + text
        case .zfill:
            let hasSign = text.utf8.first == 0x2b || text.utf8.first == 0x2d
            return (hasSign ? String(text.unicodeScalars.prefix(1)) : "") + filling(missing)
                + (hasSign ? String(text.unicodeScalars.dropFirst()) : text)
        default:
            // Python puts the odd one to the left where the width is odd.
            let left = missing / 2 + (missing & width & 1)
            return filling(left) + text + filling(missing - left)
        }
    }

    private func expandTabs(_ text: String, _ width: Int) throws(TemplateError) -> String {
        var result = "", column = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                let count = width > 0 ? width - column % width : 0
                try charge(byteCount: count)
                result += String(repeating: " ", count: count)
                column += count
            } else {
                result.unicodeScalars.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
            }
        }
        return result
    }

    // MARK: Questions

    private static func has(_ method: StringMethod, _ text: String) -> Bool {
        let scalars = text.unicodeScalars
        func all(_ holds: (Unicode.Scalar) -> Bool) -> Bool { !scalars.isEmpty && scalars.allSatisfy(holds) }
        switch method {
        case .isdigit: return all(PythonText.isDigit)
        case .isdecimal: return all { $0.properties.numericType == .decimal }
        case .isnumeric: return all { $0.properties.numericType != nil }
        case .isalpha: return all(PythonText.isLetter)
        case .isalnum: return all(PythonText.isAlphanumeric)
        case .isspace: return all(PythonText.isSpace)
        case .isupper: return PythonText.isAll(uppercase: true, text)
        case .islower: return PythonText.isAll(uppercase: false, text)
        case .istitle: return PythonText.isTitled(text)
        case .isascii: return PythonText.isASCII(text)
        case .isidentifier:
            guard let first = scalars.first, first == "_" || first.properties.isXIDStart else { return false }
            return scalars.allSatisfy(\.properties.isXIDContinue)
        default: return scalars.allSatisfy(PythonText.isPrintable)
        }
    }
}
