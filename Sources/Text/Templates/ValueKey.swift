import TuttiCheckpoints

/// A key of a dictionary: a value that cannot change, with Python's equality (`1`, `1.0` and `true` are one key).
struct ValueKey: Hashable {
    let value: Value

    init(_ text: String) { value = .string(text) }

    /// nil for what cannot be a key.
    init?(_ value: Value) {
        guard value.isHashable else { return nil }
        self.value = value
    }

    static func == (a: ValueKey, b: ValueKey) -> Bool {
        switch (a.value, b.value) {
        case (.string(let a), .string(let b)), (.string(let a), .markup(let b)), (.markup(let a), .string(let b)),
            (.markup(let a), .markup(let b)):
            hasSameBytes(a, b)
        case (.none, .none), (.undefined, .undefined): true
        case (.tuple(let a), .tuple(let b)):
            a === b
                || a.items.count == b.items.count
                    && zip(a.items, b.items).allSatisfy { ValueKey($0).map { [$0] } == ValueKey($1).map { [$0] } }
        case (.range(let a), .range(let b)): a.hasSameItems(as: b)
        case (let a, let b): a.numberEquals(b) || a.isSame(as: b)
        }
    }

    func hash(into hasher: inout Hasher) {
        switch value {
        case .string(let text), .markup(let text): hasher.combine(text)
        case .bool(let value): hasher.combine(Int128(value ? 1 : 0))
        case .integer(let value): hasher.combine(value)
        case .float(let value):
            if let whole = Int128(exactly: value) { hasher.combine(whole) } else { hasher.combine(value) }
        case .tuple(let list): for item in list.items { ValueKey(item)?.hash(into: &hasher) }
        case .range(let range): hasher.combine(range.count)
        default: if let object = value.object { hasher.combine(ObjectIdentifier(object)) }
        }
    }
}

extension Value {
    var isHashable: Bool {
        switch self {
        case .list, .dictionary, .view: false
        // A tuple as key is short; one that holds much is no key, so that hashing stays cheap.
        case .tuple(let list): list.depth == 1 && list.items.count <= 64 && list.items.allSatisfy(\.isHashable)
        default: true
        }
    }

    /// The object behind a value that is one.
    fileprivate var object: AnyObject? {
        switch self {
        case .list(let object), .tuple(let object): object
        case .dictionary(let object): object
        case .range(let object): object
        case .view(let object): object
        case .iterator(let object): object
        case .namespace(let object): object
        case .loop(let object): object
        case .macro(let object): object
        case .cycler(let object): object
        case .joiner(let object): object
        case .undefined(let object): object
        default: nil
        }
    }

    /// Python's `is`: one object. Short values are compared by value, as Python shares them.
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.none, .none): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.float(let a), .float(let b)): a == b
        case (.string(let a), .string(let b)): hasSameBytes(a, b)
        case (.function(let a), .function(let b)): a == b
        case (.tuple(let a), .tuple(let b)): a === b || a.items.isEmpty && b.items.isEmpty
        default: object.map { $0 === other.object } ?? false
        }
    }
}
