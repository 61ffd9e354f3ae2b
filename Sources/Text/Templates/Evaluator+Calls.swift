import OrderedCollections

extension Evaluator {
    func arguments(_ nodes: ArgumentNodes, in scope: Scope) throws(TemplateError) -> Arguments {
        var arguments = Arguments()
        if nodes.isEmpty { return arguments }
        arguments.positional = try values(of: nodes.positional, in: scope)
        for (name, value) in nodes.named { arguments.named.append((name, try evaluate(value, in: scope))) }
        if let spread = nodes.spread { arguments.positional += try items(of: evaluate(spread, in: scope)) }
        if let spread = nodes.namedSpread {
            let value = try evaluate(spread, in: scope)
            guard case .dictionary(let dictionary) = value else {
                throw .runtime("what follows '**' has to be a dictionary, not of type '\(value.typeName)'")
            }
            for (key, value) in dictionary.members {
                guard let name = key.value.text else { throw .runtime("the name of an argument has to be a string") }
                guard !arguments.named.contains(where: { $0.name == name }) else {
                    throw .runtime("the argument '\(name)' comes twice")
                }
                arguments.named.append((name, value))
            }
        }
        return arguments
    }

    func evaluate(
        _ call: Call, adding extra: (name: String, value: Value)?, in scope: Scope
    ) throws(TemplateError) -> Value {
        if case .attribute(let owner, let name, let line) = call.callee {
            // The usual call of a method makes no object for it.
            let owner = try evaluate(owner, in: scope)
            let isBuiltIn: Bool
            switch owner {
            case .string, .markup: isBuiltIn = StringMethod.named[name] != nil
            default: isBuiltIn = false
            }
            self.line = line
            let callee = isBuiltIn ? .none : try attribute(name, of: owner)
            var arguments = try arguments(call.arguments, in: scope)
            if let extra { arguments.named.append(extra) }
            self.line = call.line
            return isBuiltIn ? try self.call(method: name, of: owner, arguments) : try self.call(callee, arguments)
        }
        let callee = try evaluate(call.callee, in: scope)
        var arguments = try arguments(call.arguments, in: scope)
        if let extra { arguments.named.append(extra) }
        line = call.line
        return try self.call(callee, arguments)
    }

    func call(_ callee: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch callee {
        case .macro(let macro): return try call(macro, arguments)
        case .method(let method): return try call(method: method.name, of: method.receiver, arguments)
        case .function(let function): return try call(function, arguments)
        case .loop(let loop):
            var reader = ArgumentReader(arguments, of: "loop")
            let sequence = try reader.required("iterable")
            try reader.finish()
            let line = line
            let text = try recurse(loop, into: sequence)
            self.line = line
            return text
        case .joiner(let joiner):
            try ArgumentReader(arguments, of: "joiner").finish()
            guard joiner.isUsed else {
                joiner.isUsed = true
                return .string("")
            }
            return joiner.separator
        case .undefined(let undefined): throw .runtime(undefined.message)
        default: throw .runtime("a value of type '\(callee.typeName)' cannot be called")
        }
    }

    // MARK: Macros

    private func call(_ macro: Macro, _ arguments: Arguments) throws(TemplateError) -> Value {
        try charge()
        let node = macro.node, scope = Scope(parent: macro.scope), line = line
        let name = node.name.map { "macro '\($0)'" } ?? "the body of a call block"
        var named = arguments.named
        for (place, parameter) in node.parameters.enumerated() {
            if place < arguments.positional.count {
                scope.set(parameter.id, arguments.positional[place])
            } else if let found = named.firstIndex(where: { $0.name == parameter.name }) {
                scope.set(parameter.id, named.remove(at: found).value)
            } else if let defaultValue = parameter.defaultValue {
                scope.set(parameter.id, try evaluate(defaultValue, in: scope))
            } else {
                let message = "parameter '\(parameter.name)' was not provided"
                scope.set(parameter.id, .undefined(Undefined(.hint(message))))
            }
        }
        if node.usesCaller, !node.parameters.contains(where: { $0.name == "caller" }) {
            let found = named.firstIndex { $0.name == "caller" }
            let caller = found.map { named.remove(at: $0).value }
            scope.set(TemplateProgram.caller, caller ?? .undefined(Undefined(.hint("no caller defined"))))
        }
        if node.usesKeywords {
            var members = OrderedDictionary<ValueKey, Value>()
            for (name, value) in named { members[ValueKey(name)] = value }
            scope.set(TemplateProgram.keywords, .dictionary(try dictionary(members)))
        } else if let surplus = named.first {
            throw .runtime("\(name) takes no argument '\(surplus.name)'")
        }
        if node.usesPositionals {
            let surplus = Array(arguments.positional.dropFirst(node.parameters.count))
            scope.set(TemplateProgram.positionals, .tuple(try list(surplus)))
        } else if arguments.positional.count > node.parameters.count {
            throw .runtime("\(name) takes not more than \(node.parameters.count) arguments")
        }
        let text = try capture { () throws(TemplateError) in _ = try execute(node.body, in: scope) }
        self.line = line
        return .string(text)
    }

    // MARK: Globals

    private func call(_ function: GlobalFunction, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch function {
        case .range: return .range(try range(arguments))
        case .dict: return .dictionary(try dictionary(members(arguments, of: "dict")))
        case .namespace:
            let namespace = Namespace(members: try members(arguments, of: "namespace"))
            try clearAtEnd(namespace)
            return .namespace(namespace)
        case .cycler:
            guard !arguments.positional.isEmpty, arguments.named.isEmpty else {
                throw .runtime("cycler needs at least one item, and takes none by name")
            }
            return .cycler(Cycler(try list(arguments.positional)))
        case .joiner:
            var reader = ArgumentReader(arguments, of: "joiner")
            let separator = try reader.next("sep") ?? .string(", ")
            try reader.finish()
            try check(valueDepth: separator.depth + 1)
            return .joiner(Joiner(separator))
        case .raiseException:
            var reader = ArgumentReader(arguments, of: "raise_exception")
            let message = try reader.required("message")
            try reader.finish()
            throw TemplateError(.raised, try text(of: message))
        case .strftimeNow:
            var reader = ArgumentReader(arguments, of: "strftime_now")
            let format = try reader.requiredText("format")
            try reader.finish()
            return try string(DateFormat.text(format, now()))
        }
    }

    private func range(_ arguments: Arguments) throws(TemplateError) -> ValueRange {
        var bounds: [Int] = []
        for bound in arguments.positional {
            if case .undefined(let undefined) = bound { throw .runtime(undefined.message) }
            guard let value = bound.wholeNumber else { throw .runtime("range takes integers, not '\(bound.typeName)'") }
            guard let small = Int(exactly: value), abs(value) < 1 << 62 else {
                throw .limit("a range with the bound \(value)")
            }
            bounds.append(small)
        }
        guard (1...3).contains(bounds.count), arguments.named.isEmpty else {
            throw .runtime("range takes one to three integers")
        }
        let step = bounds.count == 3 ? bounds[2] : 1
        guard step != 0 else { throw .runtime("the step of a range cannot be 0") }
        let range = ValueRange(
            start: bounds.count > 1 ? bounds[0] : 0, stop: bounds.count > 1 ? bounds[1] : bounds[0], step: step)
        guard range.count <= 100_000 else {
            throw .limit("a range of \(range.count) items, at most 100000 are allowed")
        }
        return range
    }

    private func members(
        _ arguments: Arguments, of function: String
    ) throws(TemplateError) -> OrderedDictionary<ValueKey, Value> {
        var members = OrderedDictionary<ValueKey, Value>()
        guard arguments.positional.count <= 1 else { throw .runtime("\(function) takes at most one argument by place") }
        switch arguments.positional.first {
        case nil: break
        case .dictionary(let dictionary): members = dictionary.members
        case .some(let pairs):
            for pair in try items(of: pairs) {
                let pair = try items(of: pair)
                guard pair.count == 2 else { throw .runtime("\(function) needs pairs of key and value") }
                members[try key(pair[0])] = pair[1]
            }
        }
        for (name, value) in arguments.named { members[ValueKey(name)] = value }
        try charge(byteCount: members.count * 64)
        return members
    }

    // MARK: Methods

    func call(method name: String, of receiver: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch receiver {
        case .string(let text), .markup(let text):
            guard let method = StringMethod.named[name] else { break }
            return try call(method, of: text, isMarkup: receiver.isMarkup, arguments)
        case .dictionary(let dictionary): return try call(method: name, of: dictionary, arguments)
        case .list, .tuple, .range: return try call(method: name, ofSequence: receiver, arguments)
        case .loop(let loop): return try call(method: name, of: loop, arguments)
        case .cycler(let cycler):
            try ArgumentReader(arguments, of: name).finish()
            let items = cycler.items.items, item = items[cycler.place]
            cycler.place = name == "reset" ? 0 : (cycler.place + 1) % items.count
            return name == "reset" ? .none : item
        case .float(let value):
            try ArgumentReader(arguments, of: name).finish()
            return .bool(value.isFinite && value.rounded() == value)
        default: break
        }
        throw .runtime("'\(receiver.typeName)' has no method '\(name)'")
    }

    private func call(
        method name: String, of dictionary: ValueDictionary, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        var reader = ArgumentReader(arguments, of: name)
        if name == "get" {
            let key = try reader.required("key"), fallback = try reader.next("default")
            try reader.finish()
            return dictionary.members[try self.key(key)] ?? fallback ?? .none
        }
        try reader.finish()
        if let kind = DictionaryView.Kind(rawValue: name) { return .view(DictionaryView(kind, of: dictionary)) }
        return .dictionary(dictionary)  // copy: nothing can change it, so it is its own copy
    }

    private func call(
        method name: String, ofSequence receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        var reader = ArgumentReader(arguments, of: name)
        if name == "copy" {
            try reader.finish()
            return receiver
        }
        let wanted = try reader.required("value")
        let start = name == "index" ? try reader.integer("start") : nil
        let stop = name == "index" ? try reader.integer("stop") : nil
        try reader.finish()
        let items = try items(of: receiver)
        if name == "count" {
            var count = 0
            for item in items where try equals(item, wanted) { count += 1 }
            return .integer(Int128(count))
        }
        func place(_ index: Int) -> Int { min(max(index < 0 ? index + items.count : index, 0), items.count) }
        let first = place(start ?? 0), last = place(stop ?? items.count)
        for index in first..<max(first, last) where try equals(items[index], wanted) { return .integer(Int128(index)) }
        throw .runtime("the value is not in the \(receiver.typeName)")
    }

    private func call(method name: String, of loop: Loop, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard arguments.named.isEmpty else { throw .runtime("loop.\(name) takes no arguments by name") }
        if name == "cycle" {
            guard !arguments.positional.isEmpty else { throw .runtime("loop.cycle needs at least one item") }
            return arguments.positional[loop.index % arguments.positional.count]
        }
        if let last = loop.lastChanged, last.count == arguments.positional.count {
            var isSame = true
            for (a, b) in zip(last, arguments.positional) where try !equals(a, b) { isSame = false }
            if isSame { return .bool(false) }
        }
        if loop.lastChanged == nil { try clearAtEnd(loop) }
        loop.lastChanged = arguments.positional
        return .bool(true)
    }
}

extension Value {
    var isMarkup: Bool { if case .markup = self { true } else { false } }
}
