import OrderedCollections

extension Evaluator {
    func applySequence(_ filter: FilterName, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        var reader = ArgumentReader(arguments, of: "the filter '\(filter.rawValue)'")
        switch filter {
        case .map: return try map(value, arguments)
        case .select, .reject: return try select(value, arguments, byAttribute: false, keeping: filter == .select)
        case .selectattr, .rejectattr:
            return try select(value, arguments, byAttribute: true, keeping: filter == .selectattr)
        case .join:
            let separator = try reader.next("d") ?? .string(""), attribute = try reader.next("attribute")
            try reader.finish()
            var texts: [String] = []
            for item in try items(of: value) {
                try charge()
                texts.append(try text(of: try look(up: attribute, in: item)))
            }
            return .string(try join(texts, by: try text(of: separator)))
        case .list:
            try reader.finish()
            return .list(try list(items(of: value)))
        case .first:
            try reader.finish()
            return try walk(value).next() ?? .undefined(Undefined(.hint("no first item, the sequence is empty")))
        case .last:
            try reader.finish()
            if case .iterator = value { throw .runtime("a '\(value.typeName)' has no last item; make it a list first") }
            return try items(of: value).last ?? .undefined(Undefined(.hint("no last item, the sequence is empty")))
        case .reverse:
            try reader.finish()
            return try reverse(value)
        case .sort: return try sort(value, &reader)
        case .dictsort: return try sortDictionary(value, &reader)
        case .unique: return try unique(value, &reader)
        case .min, .max: return try extreme(value, &reader, isMaximum: filter == .max)
        case .groupby: return try group(value, &reader)
        case .batch: return try batch(value, &reader)
        case .slice: return try slices(of: value, &reader)
        case .items:
            try reader.finish()
            if value.isUndefined { return try iterator(over: []) }
            guard case .dictionary(let dictionary) = value else {
                throw .runtime("only a dictionary has pairs of key and value, not '\(value.typeName)'")
            }
            return try iterator(over: items(of: .view(DictionaryView(.items, of: dictionary))))
        default:  // attr
            let name = try reader.requiredText("name")
            try reader.finish()
            if case .dictionary(let dictionary) = value, dictionary.members[ValueKey(name)] != nil {
                let bare = Value.dictionary(ValueDictionary(members: [:], depth: 1))
                guard case .method = try attribute(name, of: bare) else {
                    return Undefined.attribute(name, of: value)
                }
            }
            return try attribute(name, of: value)
        }
    }

    /// An iterator whose depth is one more than that of everything it holds on to.
    private func iterator(
        holding depth: Int, _ step: @escaping () throws(TemplateError) -> Value?
    ) throws(TemplateError) -> Value {
        try check(valueDepth: depth + 1)
        try charge(itemCount: 4)
        return .iterator(ValueIterator(depth: depth + 1, step))
    }

    private func iterator(over items: [Value]) throws(TemplateError) -> Value {
        var place = 0
        return try iterator(holding: items.reduce(0) { max($0, $1.depth) }) { () throws(TemplateError) in
            guard place < items.count else { return nil }
            place += 1
            return items[place - 1]
        }
    }

    // MARK: Attributes

    /// The attribute that a filter's argument names: `"a.b.0"` or a number; without a name the item itself.
    func look(up attribute: Value?, in item: Value, default fallback: Value? = nil) throws(TemplateError) -> Value {
        guard let attribute, !attribute.isNone else { return item }
        guard let path = attribute.text else { return try self.item(attribute, of: item) }
        var result = item
        for part in path.split(separator: ".", omittingEmptySubsequences: false) {
            try charge()
            let isNumber = !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) }
            let key: Value =
                isNumber ? Int128(part).map { .integer($0) } ?? .string(String(part)) : .string(String(part))
            result = try self.item(key, of: result)
            if let fallback, !fallback.isNone, result.isUndefined { result = fallback }
        }
        return result
    }

    private func foldingCase(_ value: Value, unless isCaseSensitive: Bool) throws(TemplateError) -> Value {
        guard !isCaseSensitive, let text = value.text else { return value }
        return try string(PythonText.lowercased(text))
    }

    // MARK: Walking

    private func map(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard value.isTrue else { return try iterator(over: []) }
        var next: (() throws(TemplateError) -> Value?)?
        var change: ((Value) throws(TemplateError) -> Value)?
        return try iterator(holding: max(value.depth, arguments.depth)) { [self] () throws(TemplateError) in
            // As in Jinja nothing happens, and nothing fails, before somebody walks.
            if next == nil {
                change = try mapping(arguments)
                next = try walk(value).next
            }
            try charge()
            guard let item = try next?() else { return nil }
            return try change?(item)
        }
    }

    private func mapping(_ arguments: Arguments) throws(TemplateError) -> (Value) throws(TemplateError) -> Value {
        if arguments.positional.isEmpty, arguments.named.contains(where: { $0.name == "attribute" }) {
            var reader = ArgumentReader(arguments, of: "the filter 'map'")
            let attribute = try reader.next("attribute"), fallback = try reader.next("default")
            try reader.finish()
            return { [self] (item) throws(TemplateError) in try look(up: attribute, in: item, default: fallback) }
        }
        guard let name = arguments.positional.first?.text else { throw .runtime("map needs the name of a filter") }
        let rest = Arguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
        return { [self] (item) throws(TemplateError) in try apply(filterNamed: name, to: item, rest) }
    }

    private func select(_ value: Value, _ arguments: Arguments, byAttribute: Bool, keeping: Bool) throws(TemplateError)
        -> Value
    {
        guard value.isTrue else { return try iterator(over: []) }
        var next: (() throws(TemplateError) -> Value?)?
        return try iterator(holding: max(value.depth, arguments.depth)) { [self] () throws(TemplateError) in
            var positional = arguments.positional[...]
            var attribute: Value?
            if byAttribute {
                attribute = positional.popFirst()
                if attribute == nil { throw .runtime("the name of an attribute is missing") }
            }
            let test = positional.popFirst()
            let rest = Arguments(positional: Array(positional), named: arguments.named)
            if next == nil { next = try walk(value).next }
            while let item = try next?() {
                try charge()
                let tested = try look(up: attribute, in: item)
                let holds: Bool
                if let test {
                    guard let name = test.text else { throw .runtime("the name of a test has to be a string") }
                    holds = try check(tested, testNamed: name, rest)
                } else {
                    holds = tested.isTrue
                }
                if holds == keeping { return item }
            }
            return nil
        }
    }

    private func unique(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        let isCaseSensitive = try reader.flag("case_sensitive") ?? false, attribute = try reader.next("attribute")
        try reader.finish()
        var seen: Set<ValueKey> = [], result: [Value] = []
        for item in try items(of: value) {
            try charge()
            let key = try foldingCase(look(up: attribute, in: item), unless: isCaseSensitive)
            if seen.insert(try self.key(key)).inserted { result.append(item) }
        }
        return try iterator(over: result)
    }

    private func reverse(_ value: Value) throws(TemplateError) -> Value {
        if let text = value.text {
            let reversed = String(String.UnicodeScalarView(text.unicodeScalars.reversed()))
            try charge(byteCount: reversed.utf8.count)
            return value.isMarkup ? .markup(reversed) : .string(reversed)
        }
        let items = try items(of: value)
        try charge(itemCount: items.count)
        if case .iterator = value { return .list(try list(items.reversed())) }
        return try iterator(over: items.reversed())
    }

    // MARK: Sorting

    private func sort(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        let isReversed = try reader.flag("reverse") ?? false,
            isCaseSensitive = try reader.flag("case_sensitive") ?? false
        let attribute = try reader.next("attribute")
        try reader.finish()
        let attributes: [Value?] =
            attribute?.text.map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map { .string(String($0)) }
            } ?? [attribute]
        var keyed: [(keys: [Value], item: Value)] = []
        for item in try items(of: value) {
            var keys: [Value] = []
            for attribute in attributes {
                keys.append(try foldingCase(look(up: attribute, in: item), unless: isCaseSensitive))
            }
            keyed.append((keys, item))
        }
        let comparison: Comparison = isReversed ? .greater : .less
        let sorted = try sorted(keyed) { (a, b) throws(TemplateError) in
            for (a, b) in zip(a.keys, b.keys) where try !equals(a, b) { return try holds(a, comparison, b) }
            return false
        }
        return .list(try list(sorted.map(\.item)))
    }

    private func sortDictionary(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        let isCaseSensitive = try reader.flag("case_sensitive") ?? false, by = try reader.text("by") ?? "key"
        let isReversed = try reader.flag("reverse") ?? false
        try reader.finish()
        guard by == "key" || by == "value" else { throw .runtime("dictsort sorts by 'key' or by 'value'") }
        guard case .dictionary(let dictionary) = value else {
            if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
            throw .runtime("dictsort takes a dictionary, not '\(value.typeName)'")
        }
        var keyed: [(key: Value, item: Value)] = []
        for (key, value) in dictionary.members {
            let pair = Value.tuple(try list([key.value, value]))
            keyed.append((try foldingCase(by == "key" ? key.value : value, unless: isCaseSensitive), pair))
        }
        let comparison: Comparison = isReversed ? .greater : .less
        let sorted = try sorted(keyed) { (a, b) throws(TemplateError) in try holds(a.key, comparison, b.key) }
        return .list(try list(sorted.map(\.item)))
    }

    private func extreme(
        _ value: Value, _ reader: inout ArgumentReader, isMaximum: Bool
    ) throws(TemplateError) -> Value {
        let isCaseSensitive = try reader.flag("case_sensitive") ?? false, attribute = try reader.next("attribute")
        try reader.finish()
        var best: (key: Value, item: Value)?
        for item in try items(of: value) {
            try charge()
            let key = try foldingCase(look(up: attribute, in: item), unless: isCaseSensitive)
            if let known = best, try !holds(key, isMaximum ? .greater : .less, known.key) { continue }
            best = (key, item)
        }
        return best?.item ?? .undefined(Undefined(.hint("no extreme item, the sequence is empty")))
    }

    private func group(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        let attribute = try reader.required("attribute"), fallback = try reader.next("default")
        let isCaseSensitive = try reader.flag("case_sensitive") ?? false
        try reader.finish()
        var keyed: [(key: Value, folded: Value, item: Value)] = []
        for item in try items(of: value) {
            let key = try look(up: attribute, in: item, default: fallback)
            keyed.append((key, try foldingCase(key, unless: isCaseSensitive), item))
        }
        let sorted = try sorted(keyed) { (a, b) throws(TemplateError) in try holds(a.folded, .less, b.folded) }
        var groups: [Value] = [], start = 0
        while start < sorted.count {
            var end = start + 1
            while end < sorted.count, try equals(sorted[start].folded, sorted[end].folded) { end += 1 }
            let members = Value.list(try list(sorted[start..<end].map(\.item)))
            groups.append(.tuple(try list([sorted[start].key, members], isGroup: true)))
            start = end
        }
        return .list(try list(groups))
    }

    // MARK: Cutting

    private func batch(_ value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        guard let size = try reader.integer("linecount") else { throw .runtime("batch needs the length of a line") }
        let filler = try reader.next("fill_with") ?? .none
        try reader.finish()
        var batches: [Value] = [], batch: [Value] = []
        for item in try items(of: value) {
            if batch.count == size {
                batches.append(.list(try list(batch)))
                batch = []
            }
            batch.append(item)
        }
        if !batch.isEmpty {
            if !filler.isNone, batch.count < size {
                try charge(itemCount: size - batch.count)
                batch += Array(repeating: filler, count: size - batch.count)
            }
            batches.append(.list(try list(batch)))
        }
        return try iterator(over: batches)
    }

    private func slices(of value: Value, _ reader: inout ArgumentReader) throws(TemplateError) -> Value {
        guard let count = try reader.integer("slices") else { throw .runtime("slice needs the number of slices") }
        let filler = try reader.next("fill_with") ?? .none
        try reader.finish()
        let items = try items(of: value)
        guard count != 0 else { throw .runtime("division by zero") }
        guard count > 0 else { return try iterator(over: []) }
        let size = items.count / count, longer = items.count % count
        var slices: [Value] = [], start = 0
        for index in 0..<count {
            let end = start + size + (index < longer ? 1 : 0)
            var slice = Array(items[start..<end])
            if !filler.isNone, index >= longer { slice.append(filler) }
            slices.append(.list(try list(slice)))
            start = end
        }
        return try iterator(over: slices)
    }
}
