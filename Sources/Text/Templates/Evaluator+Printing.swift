import OrderedCollections
import TuttiCheckpoints

extension Evaluator {
    /// Python's `str`: what a value prints as.
    func text(of value: Value) throws(TemplateError) -> String {
        switch value {
        case .undefined: return ""
        case .string(let text), .markup(let text): return text
        case .integer(let value): return String(value)
        case .none: return "None"
        case .bool(let value): return value ? "True" : "False"
        case .float(let value): return PythonNumber.representation(of: value)
        default: return try representation(of: value)
        }
    }

    /// Python's `repr`: how a value looks within a list.
    func representation(of value: Value) throws(TemplateError) -> String {
        var text = ""
        try represent(value, into: &text)
        try charge(byteCount: text.utf8.count)
        return text
    }

    private func represent(_ value: Value, into text: inout String) throws(TemplateError) {
        try charge()
        guard text.utf8.count <= limits.outputByteCount else {
            throw .limit("a list prints as more bytes than are allowed")
        }
        switch value {
        case .undefined: text += "Undefined"
        case .string(let string): text += PythonText.quoted(string)
        case .markup(let string): text += "Markup(\(PythonText.quoted(string)))"
        case .list(let list): try represent(list.items, "[", "]", into: &text)
        case .tuple(let list): try represent(list.items, "(", list.items.count == 1 ? ",)" : ")", into: &text)
        case .dictionary(let dictionary): try represent(dictionary, into: &text)
        case .view(let view):
            text += "dict_\(view.kind.rawValue)("
            try represent((0..<view.count).map { view[$0] }, "[", "]", into: &text)
            text += ")"
        case .range(let range):
            text += "range(\(range.start), \(range.stop)\(range.step == 1 ? "" : ", \(range.step)"))"
        case .namespace(let namespace):
            text += "<Namespace "
            try deeper()  // a namespace may hold itself
            try represent(ValueDictionary(members: namespace.members, depth: 1), into: &text)
            shallower()
            text += ">"
        case .loop(let loop): text += "<LoopContext \(loop.index + 1)/\(try loop.count())>"
        case .macro(let macro): text += "<Macro \(macro.node.name.map { PythonText.quoted($0) } ?? "anonymous")>"
        // What Python prints for these ends in an address, which no template can mean to print.
        case .iterator(let iterator): text += "<\(iterator.typeName) object>"
        case .function(let function): text += "<function \(function.rawValue)>"
        case .method(let method): text += "<built-in method \(method.name) of \(method.receiver.typeName) object>"
        case .cycler: text += "<Cycler object>"
        case .joiner: text += "<Joiner object>"
        default: text += try self.text(of: value)
        }
    }

    private func represent(
        _ items: [Value], _ open: String, _ close: String, into text: inout String
    ) throws(TemplateError) {
        text += open
        for (index, item) in items.enumerated() {
            if index > 0 { text += ", " }
            try represent(item, into: &text)
        }
        text += close
    }

    private func represent(_ dictionary: ValueDictionary, into text: inout String) throws(TemplateError) {
        text += "{"
        for (index, (key, value)) in dictionary.members.enumerated() {
            if index > 0 { text += ", " }
            try represent(key.value, into: &text)
            text += ": "
            try represent(value, into: &text)
        }
        text += "}"
    }

    // MARK: JSON

    /// `json.dumps` of a value, with its own message for what has no form in JSON.
    func json(_ value: Value, _ style: JSON.Style) throws(TemplateError) -> String {
        var text = ""
        try writeJSON(value, style, level: 0, into: &text)
        try charge(byteCount: text.utf8.count)
        return text
    }

    private func writeJSON(_ value: Value, _ style: JSON.Style, level: Int, into text: inout String)
        throws(TemplateError)
    {
        try charge()
        guard text.utf8.count <= limits.outputByteCount else { throw .limit("JSON of more bytes than are allowed") }
        switch value {
        case .none: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .float(let value): text += JSON.text(of: value)
        case .string(let string), .markup(let string):
            JSON.quote(string, into: &text, escapingNonASCII: style.escapesNonASCII)
        case .list(let list), .tuple(let list):
            text += "["
            for (index, item) in list.items.enumerated() {
                if index > 0 { text += style.itemSeparator }
                JSON.breakLine(&text, style, level: level + 1)
                try writeJSON(item, style, level: level + 1, into: &text)
            }
            if !list.items.isEmpty { JSON.breakLine(&text, style, level: level) }
            text += "]"
        case .dictionary(let dictionary): try writeJSON(dictionary, style, level: level, into: &text)
        default: throw .runtime("a value of type '\(value.typeName)' has no form in JSON")
        }
    }

    private func writeJSON(
        _ dictionary: ValueDictionary, _ style: JSON.Style, level: Int, into text: inout String
    ) throws(TemplateError) {
        var members = dictionary.members.elements.map { ($0.key.value, $0.value) }
        if style.sortsKeys {
            members = try sorted(members) { (a, b) throws(TemplateError) in try holds(a.0, .less, b.0) }
        }
        text += "{"
        for (index, (key, value)) in members.enumerated() {
            if index > 0 { text += style.itemSeparator }
            JSON.breakLine(&text, style, level: level + 1)
            JSON.quote(try keyText(key), into: &text, escapingNonASCII: style.escapesNonASCII)
            text += style.keySeparator
            try writeJSON(value, style, level: level + 1, into: &text)
        }
        if !members.isEmpty { JSON.breakLine(&text, style, level: level) }
        text += "}"
    }

    private func keyText(_ key: Value) throws(TemplateError) -> String {
        switch key {
        case .string(let text), .markup(let text): return text
        case .none: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return String(value)
        case .float(let value): return JSON.text(of: value)
        default: throw .runtime("a key of type '\(key.typeName)' has no form in JSON")
        }
    }

    // MARK: Sorting

    /// A stable merge sort that pays for its comparisons.
    func sorted<T>(
        _ items: [T], _ isLess: (T, T) throws(TemplateError) -> Bool
    ) throws(TemplateError) -> [T] {
        var items = items, merged = items
        var width = 1
        while width < items.count {
            var start = 0
            while start < items.count {
                let middle = min(start + width, items.count), end = min(start + 2 * width, items.count)
                var left = start, right = middle, place = start
                try charge(steps: end - start)
                while place < end {
                    var takesRight = left == middle
                    if !takesRight, right < end { takesRight = try isLess(items[right], items[left]) }
                    merged[place] = items[takesRight ? right : left]
                    if takesRight { right += 1 } else { left += 1 }
                    place += 1
                }
                start = end
            }
            swap(&items, &merged)
            width *= 2
        }
        return items
    }
}
