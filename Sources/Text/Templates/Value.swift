import OrderedCollections
import TuttiCheckpoints

/// A value that a template computes with, behaving as Python's does.
///
/// Lists and dictionaries never change (the sandbox that templates are made for refuses methods that would change
/// them); what does change (a namespace, a loop, a cycler, an iterator) is an object that its variables share.
enum Value {
    case undefined(Undefined)
    case none
    case bool(Bool)
    case integer(Int128)
    case float(Double)
    case string(String)
    /// Text that is marked as safe HTML: what is added to it gets escaped.
    case markup(String)
    case list(ValueList)
    case tuple(ValueList)
    case dictionary(ValueDictionary)
    case range(ValueRange)
    case view(DictionaryView)
    /// What filters like `map` give: it can be walked once, and has no length.
    case iterator(ValueIterator)
    case namespace(Namespace)
    case loop(Loop)
    case macro(Macro)
    case function(GlobalFunction)
    case method(BoundMethod)
    case cycler(Cycler)
    case joiner(Joiner)
}

/// What a name or attribute that does not exist gives: it prints as nothing, is false and empty, and fails otherwise.
final class Undefined {
    enum Reason {
        case name(String)
        case attribute(String, typeName: String)
        case element(String, typeName: String)
        /// The attribute exists, but out of a template's reach.
        case unsafe(String, typeName: String)
        case hint(String)
    }
    let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    // The owner is not kept: it could hold another of these, and so on, deeper than a stack can take apart.
    static func attribute(_ name: String, of owner: Value) -> Value {
        .undefined(Undefined(.attribute(name, typeName: owner.typeName)))
    }

    static func element(_ key: Value, of owner: Value) -> Value {
        .undefined(Undefined(.element(key.shortDescription, typeName: owner.typeName)))
    }

    /// What to say when it is used, such as "'x' is undefined".
    var message: String {
        switch reason {
        case .name(let name): "'\(name)' is undefined"
        case .attribute(let name, let typeName): "'\(Self.objectName(typeName))' has no attribute '\(name)'"
        case .element(let key, let typeName): "\(Self.objectName(typeName)) has no element \(key)"
        case .unsafe(let name, let typeName): "access to attribute '\(name)' of '\(typeName)' object is unsafe."
        case .hint(let text): text
        }
    }

    /// As Jinja calls a value whose attribute is missing.
    private static func objectName(_ typeName: String) -> String {
        typeName == "NoneType" ? "None" : "\(typeName) object"
    }
}

final class ValueList {
    let items: [Value]
    /// How deeply lists and dictionaries lie within each other here.
    let depth: Int
    /// The groups that `groupby` gives are tuples whose items have names.
    let isGroup: Bool

    /// Lists are made by `Evaluator.list`, which checks the depth.
    init(items: [Value], depth: Int, isGroup: Bool = false) {
        self.items = items
        self.depth = depth
        self.isGroup = isGroup
    }
}

final class ValueDictionary {
    let members: OrderedDictionary<ValueKey, Value>
    let depth: Int

    init(members: OrderedDictionary<ValueKey, Value>, depth: Int) {
        self.members = members
        self.depth = depth
    }
}

final class ValueRange {
    let start: Int, stop: Int, step: Int
    let count: Int

    init(start: Int, stop: Int, step: Int) {
        self.start = start
        self.stop = stop
        self.step = step
        let span = step > 0 ? stop - start : start - stop
        count = span <= 0 ? 0 : (span - 1) / abs(step) + 1
    }

    subscript(_ index: Int) -> Value { .integer(Int128(start + index * step)) }

    func hasSameItems(as other: ValueRange) -> Bool {
        count == other.count && (count == 0 || start == other.start && (count == 1 || step == other.step))
    }
}

/// What `keys()`, `values()` and `items()` of a dictionary give.
final class DictionaryView {
    enum Kind: String { case keys, values, items }
    let kind: Kind
    let dictionary: ValueDictionary

    init(_ kind: Kind, of dictionary: ValueDictionary) {
        self.kind = kind
        self.dictionary = dictionary
    }

    var count: Int { dictionary.members.count }

    subscript(_ index: Int) -> Value {
        let (key, value) = dictionary.members.elements[index]
        return switch kind {
        case .keys: key.value
        case .values: value
        case .items: .tuple(ValueList(items: [key.value, value], depth: value.depth + 1))
        }
    }
}

final class ValueIterator {
    /// As Python calls its type, such as `generator`.
    let typeName = "generator"
    /// How deeply values lie within each other in what it walks.
    let depth: Int
    private let step: () throws(TemplateError) -> Value?

    /// Iterators are made by `Evaluator.iterator`, which checks the depth.
    init(depth: Int, _ step: @escaping () throws(TemplateError) -> Value?) {
        self.depth = depth
        self.step = step
    }

    func next() throws(TemplateError) -> Value? { try step() }
}

final class Namespace: Clearable {
    var members: OrderedDictionary<ValueKey, Value>
    init(members: OrderedDictionary<ValueKey, Value>) { self.members = members }
    func clear() { members = [:] }
}

/// What can come to hold itself, or a chain of its kind of any length; it is emptied when the rendering ends, since
/// reference counting neither frees a ring nor takes a long chain apart without a deep stack.
protocol Clearable: AnyObject {
    func clear()
}

/// A macro together with the variables that it was defined among.
final class Macro {
    let node: MacroNode
    let scope: Scope

    init(_ node: MacroNode, in scope: Scope) {
        self.node = node
        self.scope = scope
    }
}

/// A method taken from its value without being called.
final class BoundMethod {
    let receiver: Value
    let name: String

    init(_ name: String, of receiver: Value) {
        self.name = name
        self.receiver = receiver
    }
}

final class Cycler {
    let items: ValueList
    var place = 0
    init(_ items: ValueList) { self.items = items }
}

final class Joiner {
    let separator: Value
    var isUsed = false
    init(_ separator: Value) { self.separator = separator }
}

enum GlobalFunction: String, CaseIterable {
    case range
    case dict
    case namespace
    case cycler
    case joiner
    case raiseException = "raise_exception"
    case strftimeNow = "strftime_now"
}

extension Value {
    /// How deeply lists and dictionaries lie within this value; 0 for what holds nothing.
    var depth: Int {
        switch self {
        case .list(let list), .tuple(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        case .view(let view): view.dictionary.depth
        case .iterator(let iterator): iterator.depth
        case .cycler(let cycler): cycler.items.depth
        case .joiner(let joiner): joiner.separator.depth + 1
        case .method(let method): method.receiver.depth + 1
        case .loop(let loop): loop.valueDepth
        default: 0
        }
    }

    /// The text of a string, whether marked as safe or not.
    var text: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
    var isNone: Bool { if case .none = self { true } else { false } }

    /// An integer or a boolean, which Python counts among them.
    var wholeNumber: Int128? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// Any number as a float.
    var number: Double? {
        switch self {
        case .float(let value): value
        case .integer(let value): Double(value)
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// Whether both are numbers of one value, however they are written.
    func numberEquals(_ other: Value) -> Bool {
        switch (self, other) {
        case (.float(let a), .float(let b)): return a == b
        case (.float(let a), let b), (let b, .float(let a)):
            guard let b = b.wholeNumber else { return false }
            return Int128(exactly: a) == b
        default:
            guard let a = wholeNumber, let b = other.wholeNumber else { return false }
            return a == b
        }
    }

    init(_ literal: Literal) {
        switch literal {
        case .none: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = .float(value)
        case .string(let text): self = .string(text)
        }
    }

    /// A key or index, for messages.
    var shortDescription: String {
        switch self {
        case .integer(let value): String(value)
        case .float(let value): PythonNumber.representation(of: value)
        case .bool(let value): value ? "True" : "False"
        case .none: "None"
        default: "of type \(typeName)"
        }
    }

    /// Python's name of the type, for messages.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .range: "range"
        case .view(let view): "dict_\(view.kind.rawValue)"
        case .iterator(let iterator): iterator.typeName
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .macro: "Macro"
        case .function: "function"
        case .method: "method"
        case .cycler: "Cycler"
        case .joiner: "Joiner"
        }
    }

    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let text), .markup(let text): !text.isEmpty
        case .list(let list), .tuple(let list): !list.items.isEmpty
        case .dictionary(let dictionary): !dictionary.members.isEmpty
        case .range(let range): range.count > 0
        case .view(let view): view.count > 0
        default: true
        }
    }
}
