import OrderedCollections

extension Evaluator {
    /// `owner.name`: Python's attributes first, then a dictionary's key of that name.
    func attribute(_ name: String, of owner: Value) throws(TemplateError) -> Value {
        switch owner {
        case .undefined(let undefined): throw .runtime(undefined.message)
        case .dictionary(let dictionary):
            if let found = method(name, of: owner) { return found }
            if let value = dictionary.members[ValueKey(name)] { return value }
        case .namespace(let namespace):
            if let value = namespace.members[ValueKey(name)] { return value }
        default:
            if let found = try property(name, of: owner) ?? method(name, of: owner) { return found }
        }
        return Undefined.attribute(name, of: owner)
    }

    /// `owner[key]`: an item first, then the attribute of that name.
    func item(_ key: Value, of owner: Value) throws(TemplateError) -> Value {
        switch owner {
        case .undefined(let undefined): throw .runtime(undefined.message)
        case .dictionary(let dictionary):
            if let key = ValueKey(key), let value = dictionary.members[key] { return value }
        case .list(let list), .tuple(let list):
            if let place = place(key, count: list.items.count) { return list.items[place] }
        case .range(let range):
            if let place = place(key, count: range.count) { return range[place] }
        case .string(let text), .markup(let text):
            if key.wholeNumber != nil, let character = try character(key, of: text) {
                if case .markup = owner { return .markup(character) }
                return .string(character)
            }
        default: break
        }
        if let name = key.text {
            if case .namespace(let namespace) = owner, let value = namespace.members[ValueKey(name)] { return value }
            if let found = try property(name, of: owner) ?? method(name, of: owner) { return found }
            return Undefined.attribute(name, of: owner)
        }
        return Undefined.element(key, of: owner)
    }

    /// An index, from either end, as a place from the start; nil where there is none.
    private func place(_ key: Value, count: Int) -> Int? {
        guard let index = key.wholeNumber else { return nil }
        let place = index < 0 ? index + Int128(count) : index
        return place >= 0 && place < Int128(count) ? Int(place) : nil
    }

    private func character(_ key: Value, of text: String) throws(TemplateError) -> String? {
        try charge(steps: text.utf8.count >> 4)
        if PythonText.isASCII(text) {
            guard let place = place(key, count: text.utf8.count) else { return nil }
            return String(text.unicodeScalars[text.utf8.index(text.startIndex, offsetBy: place)])
        }
        let scalars = text.unicodeScalars
        guard let place = place(key, count: scalars.count) else { return nil }
        return String(scalars[scalars.index(scalars.startIndex, offsetBy: place)])
    }

    /// A method that is named but not called; unsafe ones are undefined, with a message of their own.
    private func method(_ name: String, of owner: Value) -> Value? {
        let methods: Set<String>, unsafe: Set<String>
        switch owner {
        case .dictionary: (methods, unsafe) = (Self.dictionaryMethods, Self.dictionaryChanges)
        case .list: (methods, unsafe) = (Self.listMethods, Self.listChanges)
        case .tuple, .range: (methods, unsafe) = (Self.tupleMethods, [])
        case .string, .markup:
            if StringMethod.named[name] != nil { return .method(BoundMethod(name, of: owner)) }
            (methods, unsafe) = ([], [])
        case .loop: (methods, unsafe) = (["cycle", "changed"], [])
        case .cycler: (methods, unsafe) = (["next", "reset"], [])
        case .float: (methods, unsafe) = (["is_integer"], [])
        default: (methods, unsafe) = ([], [])
        }
        if methods.contains(name) { return .method(BoundMethod(name, of: owner)) }
        if unsafe.contains(name) || Self.isInternal(name) {
            return .undefined(Undefined(.unsafe(name, typeName: owner.typeName)))
        }
        return nil
    }

    private static let dictionaryMethods: Set<String> = ["items", "keys", "values", "get", "copy"]
    private static let dictionaryChanges: Set<String> = ["clear", "pop", "popitem", "setdefault", "update"]
    private static let tupleMethods: Set<String> = ["index", "count"]
    private static let listMethods: Set<String> = ["index", "count", "copy"]
    private static let listChanges: Set<String> = [
        "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
    ]

    /// The names that every object of Python has and that no template gets to see.
    private static func isInternal(_ name: String) -> Bool {
        name.utf8.count > 4 && name.hasPrefix("__") && name.hasSuffix("__")
    }

    private func property(_ name: String, of owner: Value) throws(TemplateError) -> Value? {
        switch owner {
        case .loop(let loop): return try property(name, of: loop)
        case .tuple(let list) where list.isGroup:
            if name == "grouper" { return list.items[0] }
            return name == "list" ? list.items[1] : nil
        case .macro(let macro):
            switch name {
            case "name": return macro.node.name.map { .string($0) } ?? Value.none
            case "arguments": return .tuple(try list(macro.node.parameters.map { .string($0.name) }))
            case "catch_kwargs": return .bool(macro.node.usesKeywords)
            case "catch_varargs": return .bool(macro.node.usesPositionals)
            case "caller": return .bool(macro.node.usesCaller)
            default: return nil
            }
        case .cycler(let cycler):
            switch name {
            case "current": return cycler.items.items[cycler.place]
            case "pos": return .integer(Int128(cycler.place))
            case "items": return .tuple(cycler.items)
            default: return nil
            }
        case .joiner(let joiner): return name == "sep" ? joiner.separator : name == "used" ? .bool(joiner.isUsed) : nil
        case .range(let range):
            switch name {
            case "start": return .integer(Int128(range.start))
            case "stop": return .integer(Int128(range.stop))
            case "step": return .integer(Int128(range.step))
            default: return nil
            }
        case .integer, .bool:
            switch name {
            case "real", "numerator": return .integer(owner.wholeNumber ?? 0)
            case "imag": return .integer(0)
            case "denominator": return .integer(1)
            default: return nil
            }
        case .float(let value): return name == "real" ? .float(value) : name == "imag" ? .float(0) : nil
        default: return nil
        }
    }

    private func property(_ name: String, of loop: Loop) throws(TemplateError) -> Value? {
        switch name {
        case "index": .integer(Int128(loop.index + 1))
        case "index0": .integer(Int128(loop.index))
        case "first": .bool(loop.index == 0)
        case "last": .bool(try loop.peek() == nil)
        case "length": .integer(Int128(try loop.count()))
        case "revindex": .integer(Int128(try loop.count() - loop.index))
        case "revindex0": .integer(Int128(try loop.count() - loop.index - 1))
        case "depth": .integer(Int128(loop.depth + 1))
        case "depth0": .integer(Int128(loop.depth))
        case "previtem":
            loop.index == 0 ? .undefined(Undefined(.hint("there is no previous item"))) : loop.previous
        case "nextitem": try loop.peek() ?? .undefined(Undefined(.hint("there is no next item")))
        default: nil
        }
    }
}
