import OrderedCollections
import TuttiCheckpoints

extension Evaluator {
    func holds(_ left: Value, _ comparison: Comparison, _ right: Value) throws(TemplateError) -> Bool {
        switch comparison {
        case .equal: try equals(left, right)
        case .notEqual: try !equals(left, right)
        case .isIn: try contains(left, in: right)
        case .isNotIn: try !contains(left, in: right)
        case .less, .lessOrEqual, .greater, .greaterOrEqual: try isOrdered(left, comparison, right)
        }
    }

    /// Python's `==`: numbers by value, strings by code points, what holds things by what it holds.
    func equals(_ left: Value, _ right: Value) throws(TemplateError) -> Bool {
        switch (left, right) {
        case (.string(let a), .string(let b)), (.string(let a), .markup(let b)), (.markup(let a), .string(let b)),
            (.markup(let a), .markup(let b)):
            try charge(steps: min(a.utf8.count, b.utf8.count) >> 6)
            return hasSameBytes(a, b)
        case (.none, .none), (.undefined, .undefined): return true
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            guard a.items.count == b.items.count else { return false }
            try charge(steps: a.items.count)
            for (a, b) in zip(a.items, b.items) where try !equals(a, b) { return false }
            return true
        case (.dictionary(let a), .dictionary(let b)):
            guard a.members.count == b.members.count else { return false }
            try charge(steps: a.members.count)
            for (key, value) in a.members {
                guard let other = b.members[key], try equals(value, other) else { return false }
            }
            return true
        case (.range(let a), .range(let b)):
            return a.hasSameItems(as: b)
        case (.view(let a), .view(let b)):
            guard a.kind != .values, a.count == b.count else { return a === b }
            for index in 0..<a.count where try !contains(a[index], in: right) { return false }
            return true
        default: return left.numberEquals(right) || left.isSame(as: right)
        }
    }

    private func isOrdered(_ left: Value, _ comparison: Comparison, _ right: Value) throws(TemplateError) -> Bool {
        if case .integer(let a) = left, case .integer(let b) = right { return Self.holds(a, comparison, b) }
        if let a = left.text, let b = right.text {
            try charge(steps: min(a.utf8.count, b.utf8.count) >> 6)
            // The order of UTF-8 bytes is that of code points.
            if hasSameBytes(a, b) { return comparison == .lessOrEqual || comparison == .greaterOrEqual }
            let isLess = a.utf8.lexicographicallyPrecedes(b.utf8)
            return isLess == (comparison == .less || comparison == .lessOrEqual)
        }
        if let a = left.wholeNumber, let b = right.wholeNumber { return Self.holds(a, comparison, b) }
        if let a = left.number, let b = right.number { return Self.holds(a, comparison, b) }
        switch (left, right) {
        case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw .runtime(undefined.message)
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            try charge(steps: min(a.items.count, b.items.count))
            for (a, b) in zip(a.items, b.items) where try !equals(a, b) { return try isOrdered(a, comparison, b) }
            return Self.holds(Int128(a.items.count), comparison, Int128(b.items.count))
        default:
            throw .runtime("'\(comparison.rawValue)' does not work on '\(left.typeName)' and '\(right.typeName)'")
        }
    }

    private static func holds<T: Comparable>(_ a: T, _ comparison: Comparison, _ b: T) -> Bool {
        switch comparison {
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        default: a >= b
        }
    }

    func contains(_ wanted: Value, in container: Value) throws(TemplateError) -> Bool {
        switch container {
        case .string(let text), .markup(let text):
            guard let part = wanted.text else {
                if case .undefined(let undefined) = wanted { throw .runtime(undefined.message) }
                throw .runtime("a string holds strings only, not '\(wanted.typeName)'")
            }
            return try firstOffset(of: part, in: text) != nil
        case .dictionary(let dictionary): return dictionary.members[try key(wanted)] != nil
        case .view(let view) where view.kind == .keys: return view.dictionary.members[try key(wanted)] != nil
        case .range(let range):
            guard let number = wanted.wholeNumber ?? wanted.number.flatMap({ Int128(exactly: $0) }) else {
                return false
            }
            let distance = number - Int128(range.start), step = Int128(range.step)
            return distance % step == 0 && distance / step >= 0 && distance / step < Int128(range.count)
        default:
            let (next, _) = try walk(container)
            while let item = try next() {
                try charge()
                if try equals(item, wanted) { return true }
            }
            return false
        }
    }

    /// Where a string first occurs in another, in bytes.
    func firstOffset(of part: String, in text: String) throws(TemplateError) -> Int? {
        try charge(steps: (text.utf8.count + part.utf8.count) >> 4)
        if part.isEmpty { return 0 }
        if part.utf8.count > text.utf8.count { return nil }
        return ByteSearch(part).offsets(in: Array(text.utf8), limit: 1).first
    }
}
