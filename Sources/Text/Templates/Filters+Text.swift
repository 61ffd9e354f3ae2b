import OrderedCollections
import TuttiCheckpoints

extension Evaluator {
    func applyText(_ filter: FilterName, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        var reader = ArgumentReader(arguments, of: "the filter '\(filter.rawValue)'")
        let isMarkup = value.isMarkup
        func result(_ text: String) throws(TemplateError) -> Value {
            try charge(byteCount: text.utf8.count)
            return isMarkup ? .markup(text) : .string(text)
        }
        switch filter {
        case .trim:
            let text = try text(of: value), set = try reader.text("chars").map { Set($0.unicodeScalars) }
            try reader.finish()
            return try result(
                PythonText.strip(text) { scalar in set.map { $0.contains(scalar) } ?? PythonText.isSpace(scalar) })
        case .upper, .lower, .capitalize, .title, .wordcount, .string, .striptags, .urlencode, .escape, .e,
            .forceescape,
            .safe, .pprint:
            try reader.finish()
            return try applyPlain(filter, value)
        case .replace:
            let text = try text(of: value)
            let old = try self.text(of: reader.required("old")), new = try self.text(of: reader.required("new"))
            let limit = try reader.integer("count") ?? -1
            try reader.finish()
            return .string(try replace(text, old, new, limit: limit < 0 ? .max : limit))
        case .indent: return try result(indent(value, &reader))
        case .center:
            let text = try text(of: value), width = try reader.integer("width") ?? 80
            try reader.finish()
            return try result(pad(text, width: width, fill: " ", .center))
        case .truncate: return try truncate(value, &reader)
        case .wordwrap: return try result(wrap(value, &reader))
        case .format:
            guard arguments.positional.isEmpty || arguments.named.isEmpty else {
                throw .runtime("format takes values by place or by name, not both")
            }
            var values = Value.tuple(try list(arguments.positional))
            if !arguments.named.isEmpty {
                values = .dictionary(
                    try dictionary(.init(uniqueKeysWithValues: arguments.named.map { (ValueKey($0.name), $0.value) })))
            }
            return try format(text(of: value), isMarkup: isMarkup, values)
        case .xmlattr:
            let hasSpace = try reader.flag("autospace") ?? true
            try reader.finish()
            return .string(try attributes(value, withSpace: hasSpace))
        default:  // filesizeformat
            let isBinary = try reader.flag("binary") ?? false
            try reader.finish()
            return .string(try fileSize(value, isBinary: isBinary))
        }
    }

    private func applyPlain(_ filter: FilterName, _ value: Value) throws(TemplateError) -> Value {
        let text = try text(of: value), isMarkup = value.isMarkup
        try charge(byteCount: text.utf8.count)
        func result(_ text: String) -> Value { isMarkup ? .markup(text) : .string(text) }
        switch filter {
        case .upper: return result(PythonText.uppercased(text))
        case .lower: return result(PythonText.lowercased(text))
        case .capitalize: return result(PythonText.capitalized(text))
        case .title: return .string(titled(text))
        case .wordcount:
            var count = 0, isInWord = false
            for scalar in text.unicodeScalars {
                let isWord = PythonText.isWord(scalar)
                if isWord, !isInWord { count += 1 }
                isInWord = isWord
            }
            return .integer(Int128(count))
        case .string: return result(text)
        case .striptags: return .string(try withoutTags(text))
        case .urlencode: return .string(try urlEncoded(value))
        case .escape, .e: return isMarkup ? value : .markup(PythonText.escapedForHTML(text))
        case .forceescape: return .markup(PythonText.escapedForHTML(text))
        case .pprint: return .string(try prettyPrinted(value))
        default: return .markup(text)  // safe
        }
    }

    /// A capital at the start and after blanks, hyphens and opening brackets; the filter's idea, not `str.title`'s.
    private func titled(_ text: String) -> String {
        var result = "", isStart = true
        for scalar in text.unicodeScalars {
            if PythonText.isSpace(scalar) || "-({[<".unicodeScalars.contains(scalar) {
                result.unicodeScalars.append(scalar)
                isStart = true
            } else {
                result += isStart ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
                isStart = false
            }
        }
        return result
    }

    // MARK: Lines

    private func requireText(_ value: Value, _ filter: String) throws(TemplateError) -> String {
        if let text = value.text { return text }
        if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
        throw .runtime("\(filter) takes a string, not '\(value.typeName)'")
    }

    private func indent(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> String {
        let width = try reader.next("width") ?? .integer(4)
        let isFirst = try reader.flag("first") ?? false, isBlank = try reader.flag("blank") ?? false
        try reader.finish()
        let text = try requireText(value, "indent")
        let indent: String
        if let given = width.text {
            indent = given
        } else {
            guard let count = width.wholeNumber else { throw .runtime("indent takes a number or a string") }
            try charge(byteCount: 1, times: Int(clamping: count))
            indent = String(repeating: " ", count: max(Int(clamping: count), 0))
        }
        let lines = PythonText.lines(text + "\n")
        try charge(byteCount: indent.utf8.count, times: lines.count)
        var result = isFirst ? indent : ""
        for (index, line) in lines.enumerated() {
            if index > 0 {
                result += "\n"
                if isBlank || !line.isEmpty { result += indent }
            }
            result += line
        }
        return result
    }

    private func truncate(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        let length = try reader.integer("length") ?? 255, killsWords = try reader.flag("killwords") ?? false
        let end = try reader.text("end") ?? "...", leeway = try reader.integer("leeway") ?? 5
        try reader.finish()
        let endLength = PythonText.length(end)
        guard length >= endLength, leeway >= 0 else { throw .runtime("truncate to a length shorter than its ellipsis") }
        // Whatever has a length and is short enough is left as it is.
        guard try self.length(of: value) > length.addingReportingOverflow(leeway).partialValue, length < 1 << 40 else {
            return value
        }
        let kept = try requireText(value, "truncate").unicodeScalars.prefix(length - endLength)
        let space = killsWords ? nil : kept.lastIndex(of: " ")
        let text = String(space.map { kept[..<$0] } ?? kept) + end
        try charge(byteCount: text.utf8.count)
        return value.isMarkup ? .markup(text) : .string(text)
    }

    // MARK: Tags and addresses

    private func withoutTags(_ text: String) throws(TemplateError) -> String {
        var bytes = Array(text.utf8)
        for (open, close) in [("<!--", "-->"), ("<", ">")] {
            let opening = ByteSearch(open), closing = ByteSearch(close)
            while let start = opening.offsets(in: bytes, limit: 1).first,
                let end = closing.offsets(in: bytes, from: start, limit: 1).first
            {
                try charge(steps: 1 + bytes.count >> 4)
                bytes.removeSubrange(start..<end + close.utf8.count)
            }
        }
        return HTMLEntities.unescaped(PythonText.words(String(decoding: bytes, as: UTF8.self)).joined(separator: " "))
    }

    private func urlEncoded(_ value: Value) throws(TemplateError) -> String {
        let pairs: [Value]
        switch value {
        case .dictionary(let dictionary): pairs = try items(of: .view(DictionaryView(.items, of: dictionary)))
        case .undefined, .list, .tuple, .range, .view, .iterator: pairs = try items(of: value)
        default: return Self.urlQuoted(try text(of: value), inQuery: false)
        }
        var parts: [String] = []
        for pair in pairs {
            let pair = try items(of: pair)
            guard pair.count == 2 else { throw .runtime("urlencode needs pairs of key and value") }
            parts.append(
                Self.urlQuoted(try text(of: pair[0]), inQuery: true) + "="
                    + Self.urlQuoted(try text(of: pair[1]), inQuery: true))
        }
        return parts.joined(separator: "&")
    }

    private static func urlQuoted(_ text: String, inQuery: Bool) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x2e, 0x2d, 0x7e:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x2f where !inQuery: result += "/"
            case 0x20 where inQuery: result += "+"
            default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }

    private func attributes(_ value: Value, withSpace: Bool) throws(TemplateError) -> String {
        guard case .dictionary(let dictionary) = value else {
            if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
            throw .runtime("xmlattr takes a dictionary, not '\(value.typeName)'")
        }
        var parts: [String] = []
        for (key, value) in dictionary.members where !value.isNone && !value.isUndefined {
            let name = try requireText(key.value, "the name of an attribute")
            guard !name.unicodeScalars.contains(where: { "\t\n\u{0b}\u{0c}\r />=".unicodeScalars.contains($0) }) else {
                throw .runtime("the name of an attribute cannot hold blanks, '/', '>' or '='")
            }
            parts.append(
                "\(PythonText.escapedForHTML(name))=\"\(value.isMarkup ? try text(of: value) : PythonText.escapedForHTML(try text(of: value)))\""
            )
        }
        return (withSpace && !parts.isEmpty ? " " : "") + parts.joined(separator: " ")
    }

    private func fileSize(_ value: Value, isBinary: Bool) throws(TemplateError) -> String {
        if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
        guard let size = value.number ?? value.text.flatMap(PythonNumber.float) else {
            throw .runtime("'\(value.typeName)' is no size of a file")
        }
        let base: Double = isBinary ? 1024 : 1000
        if size == 1 { return "1 Byte" }
        if size < base { return "\(PythonNumber.integerText(size)) Bytes" }
        var unit = base
        let prefixes =
            isBinary ? ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] : ["k", "M", "G", "T", "P", "E", "Z", "Y"]
        for prefix in prefixes {
            unit *= base
            if size < unit || prefix == prefixes.last {
                return PythonNumber.formatted(base * size / unit, precision: 1, conversion: "f") + " \(prefix)B"
            }
        }
        return ""
    }
}
