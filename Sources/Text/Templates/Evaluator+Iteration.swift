import OrderedCollections

extension Evaluator {
    /// How to walk a value item by item, and how many there are if that is known.
    func walk(
        _ value: Value
    ) throws(TemplateError) -> (next: () throws(TemplateError) -> Value?, count: Int?) {
        switch value {
        case .list(let list), .tuple(let list): return Self.walk(count: list.items.count) { list.items[$0] }
        case .range(let range): return Self.walk(count: range.count) { range[$0] }
        case .view(let view): return Self.walk(count: view.count) { view[$0] }
        case .dictionary(let dictionary):
            return Self.walk(count: dictionary.members.count) { dictionary.members.elements[$0].key.value }
        case .iterator(let iterator): return ({ () throws(TemplateError) in try iterator.next() }, nil)
        default:
            let items = try items(of: value)
            return Self.walk(count: items.count) { items[$0] }
        }
    }

    private static func walk(
        count: Int, _ item: @escaping (Int) -> Value
    ) -> (next: () throws(TemplateError) -> Value?, count: Int?) {
        var place = 0
        return (
            { () throws(TemplateError) in
                guard place < count else { return nil }
                place += 1
                return item(place - 1)
            }, count
        )
    }

    /// All items of a value that can be walked.
    func items(of value: Value) throws(TemplateError) -> [Value] {
        switch value {
        case .list(let list), .tuple(let list): return list.items
        case .undefined: return []
        case .string(let text), .markup(let text):
            try charge(itemCount: text.utf8.count)
            return text.unicodeScalars.map { .string(String($0)) }
        case .range(let range):
            try charge(itemCount: range.count)
            return (0..<range.count).map { range[$0] }
        case .dictionary(let dictionary):
            try charge(itemCount: dictionary.members.count)
            return dictionary.members.keys.map(\.value)
        case .view(let view):
            try charge(itemCount: view.count * 3)
            return (0..<view.count).map { view[$0] }
        case .iterator(let iterator):
            var items: [Value] = []
            while let item = try iterator.next() {
                try charge(itemCount: 1)
                items.append(item)
            }
            return items
        default: throw .runtime("a value of type '\(value.typeName)' is nothing to walk through")
        }
    }

    /// Python's `len`.
    func length(of value: Value) throws(TemplateError) -> Int {
        switch value {
        case .undefined: return 0
        case .string(let text), .markup(let text):
            try charge(steps: text.utf8.count >> 6)
            return PythonText.length(text)
        case .list(let list), .tuple(let list): return list.items.count
        case .dictionary(let dictionary): return dictionary.members.count
        case .range(let range): return range.count
        case .view(let view): return view.count
        case .loop(let loop): return try loop.count()
        default: throw .runtime("a value of type '\(value.typeName)' has no length")
        }
    }

    // MARK: Slices

    func slice(_ owner: Value, start: Value, stop: Value, step: Value) throws(TemplateError) -> Value {
        let count: Int
        switch owner {
        case .undefined(let undefined): throw .runtime(undefined.message)
        case .string, .markup, .list, .tuple, .range: count = try length(of: owner)
        default: throw .runtime("a value of type '\(owner.typeName)' cannot be sliced")
        }
        let places = try places(start, stop, step, count: count)
        switch owner {
        case .list(let list): return .list(try self.list(places.map { list.items[$0] }))
        case .tuple(let list): return .tuple(try self.list(places.map { list.items[$0] }))
        case .range(let range):
            let first = range.start + places.start * range.step
            return .range(
                ValueRange(
                    start: first, stop: range.start + places.stop * range.step, step: places.step * range.step)
            )
        case .string(let text): return .string(try slice(text, places))
        case .markup(let text): return .markup(try slice(text, places))
        default: return .none
        }
    }

    private func slice(_ text: String, _ places: Places) throws(TemplateError) -> String {
        try charge(byteCount: places.count)
        let scalars = text.unicodeScalars
        if places.step == 1 {
            let isASCII = PythonText.isASCII(text)
            func index(_ place: Int) -> String.Index {
                isASCII
                    ? text.utf8.index(text.startIndex, offsetBy: place)
                    : scalars.index(scalars.startIndex, offsetBy: place)
            }
            guard places.count > 0 else { return "" }
            return String(scalars[index(places.start)..<index(places.start + places.count)])
        }
        let all = Array(scalars)
        return String(String.UnicodeScalarView(places.map { all[$0] }))
    }

    /// The places that a slice takes.
    struct Places: Sequence {
        let start: Int, stop: Int, count: Int, step: Int

        func makeIterator() -> AnyIterator<Int> {
            var index = 0
            return AnyIterator {
                guard index < count else { return nil }
                index += 1
                return start + (index - 1) * step
            }
        }
    }

    private func places(_ start: Value, _ stop: Value, _ step: Value, count: Int) throws(TemplateError) -> Places {
        func bound(_ value: Value) throws(TemplateError) -> Int? {
            if value.isNone { return nil }
            guard let number = value.wholeNumber else {
                if case .undefined(let undefined) = value { throw .runtime(undefined.message) }
                throw .runtime("a slice's bounds have to be integers, not of type '\(value.typeName)'")
            }
            // Whatever lies further out means the same as this.
            return Int(Swift.min(Swift.max(number, -(1 << 40)), 1 << 40))
        }
        let step = try bound(step) ?? 1
        guard step != 0 else { throw .runtime("the step of a slice cannot be 0") }
        func clamped(_ index: Int, _ low: Int, _ high: Int) -> Int {
            Swift.min(Swift.max(index < 0 ? index + count : index, low), high)
        }
        let first: Int, last: Int
        if step > 0 {
            first = try bound(start).map { clamped($0, 0, count) } ?? 0
            last = try bound(stop).map { clamped($0, 0, count) } ?? count
        } else {
            first = try bound(start).map { clamped($0, -1, count - 1) } ?? count - 1
            last = try bound(stop).map { clamped($0, -1, count - 1) } ?? -1
        }
        let span = step > 0 ? last - first : first - last
        return Places(start: first, stop: last, count: span <= 0 ? 0 : (span - 1) / abs(step) + 1, step: step)
    }
}
