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
        default: return flat
        }
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
