import OrderedCollections

/// `pprint`: a value on one line if it fits in 80 columns, else an item a line; keys are sorted.
extension Evaluator {
    func prettyPrinted(_ value: Value) throws(TemplateError) -> String {
        try pretty(value, indent: 0, allowance: 0)
    }

    private func pretty(_ value: Value, indent: Int, allowance: Int) throws(TemplateError) -> String {
        try charge()
        let flat = try flat(value)
        if PythonText.length(flat) <= 80 - indent - allowance { return flat }
        switch value {
        case .list(let list): return try pretty(list.items, "[", "]", indent, allowance)
        case .tuple(let list):
            return try pretty(list.items, "(", list.items.count == 1 ? ",)" : ")", indent, allowance)
        case .dictionary(let dictionary):
            var parts: [String] = []
            let members = try sortedMembers(dictionary)
            for (index, (key, value)) in members.enumerated() {
                let name = try representation(of: key) + ": "
                let isLast = index == members.count - 1
                let inner = indent + 1 + PythonText.length(name)
                parts.append(name + (try pretty(value, indent: inner, allowance: isLast ? allowance + 1 : 1)))
            }
            return "{" + (try join(parts, by: ",\n" + String(repeating: " ", count: indent + 1))) + "}"
        case .string(let text) where !text.isEmpty: return try pretty(text, indent: indent, allowance: allowance)
        default: return flat
        }
    }

    /// A long string, cut between words into a column of shorter ones.
    private func pretty(_ text: String, indent: Int, allowance: Int) throws(TemplateError) -> String {
        // Only a string that stands by itself gets brackets around the column.
        let isOutermost = indent == 0
        let allowance = isOutermost ? allowance + 1 : allowance, indent = isOutermost ? 1 : indent
        var chunks: [String] = []
        let lines = PythonText.lines(text, keepingEnds: true)
        for (index, line) in lines.enumerated() {
            let room = 80 - indent - (index == lines.count - 1 ? allowance : 0)
            if PythonText.length(PythonText.quoted(line)) <= room {
                chunks.append(PythonText.quoted(line))
                continue
            }
            var current = ""
            let parts = Self.wordsWithBlanks(line)
            for (place, part) in parts.enumerated() {
                try charge(byteCount: current.utf8.count)
                let candidate = current + part
                let isLastPart = place == parts.count - 1 && index == lines.count - 1
                if !current.isEmpty,
                    PythonText.length(PythonText.quoted(candidate)) > 80 - indent - (isLastPart ? allowance : 0)
                {
                    chunks.append(PythonText.quoted(current))
                    current = part
                } else {
                    current = candidate
                }
            }
            if !current.isEmpty { chunks.append(PythonText.quoted(current)) }
        }
        if chunks.count == 1 { return chunks[0] }
        let column = try join(chunks, by: "\n" + String(repeating: " ", count: indent))
        return isOutermost ? "(" + column + ")" : column
    }

    private static func wordsWithBlanks(_ line: String) -> [String] {
        var parts: [String] = [], current = String.UnicodeScalarView(), endedWord = false
        for scalar in line.unicodeScalars {
            let isSpace = PythonText.isSpace(scalar)
            if endedWord, !isSpace {
                parts.append(String(current))
                current = .init()
                endedWord = false
            }
            current.append(scalar)
            if isSpace { endedWord = true }
        }
        if !current.isEmpty { parts.append(String(current)) }
        return parts
    }

    private func pretty(
        _ items: [Value], _ open: String, _ close: String, _ indent: Int, _ allowance: Int
    ) throws(TemplateError) -> String {
        var parts: [String] = []
        for (index, item) in items.enumerated() {
            let isLast = index == items.count - 1
            parts.append(
                try pretty(item, indent: indent + 1, allowance: isLast ? allowance + close.utf8.count : 1))
        }
        return open + (try join(parts, by: ",\n" + String(repeating: " ", count: indent + 1))) + close
    }

    private func sortedMembers(_ dictionary: ValueDictionary) throws(TemplateError) -> [(Value, Value)] {
        try sorted(dictionary.members.elements.map { ($0.key.value, $0.value) }) { (a, b) throws(TemplateError) in
            if a.0.typeName == b.0.typeName, a.0.text != nil || a.0.number != nil { return try holds(a.0, .less, b.0) }
            return a.0.typeName.utf8.lexicographicallyPrecedes(b.0.typeName.utf8)
        }
    }

    private func flat(_ value: Value) throws(TemplateError) -> String {
        switch value {
        case .list(let list):
            var parts: [String] = []
            for item in list.items { parts.append(try flat(item)) }
            return "[" + (try join(parts, by: ", ")) + "]"
        case .tuple(let list):
            var parts: [String] = []
            for item in list.items { parts.append(try flat(item)) }
            return "(" + (try join(parts, by: ", ")) + (parts.count == 1 ? ",)" : ")")
        case .dictionary(let dictionary):
            var parts: [String] = []
            for (key, value) in try sortedMembers(dictionary) {
                parts.append(try representation(of: key) + ": " + flat(value))
            }
            return "{" + (try join(parts, by: ", ")) + "}"
        default: return try representation(of: value)
        }
    }
}
