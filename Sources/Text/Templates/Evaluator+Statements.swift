import OrderedCollections

extension Evaluator {
    /// How a body ended: at its end, or at a `break` or `continue` that is its loop's business.
    enum Flow { case normal, breakLoop, continueLoop }

    func execute(_ statements: [Statement], in scope: Scope) throws(TemplateError) -> Flow {
        try deeper()
        defer { shallower() }
        for statement in statements {
            line = statement.line
            try charge()
            let flow: Flow
            switch statement.kind {
            case .text(let text):
                try write(text)
                continue
            case .print(let values):
                for value in values { try print(value, in: scope) }
                continue
            case .assign(let target, let expression):
                try assign(evaluate(expression, in: scope), to: target, in: scope)
                continue
            case .breakLoop: return .breakLoop
            case .continueLoop: return .continueLoop
            case .branches(let branches, let otherwise): flow = try choose(branches, otherwise, in: scope)
            case .forLoop(let loop): flow = try run(loop, in: scope)
            default: flow = try executeBlock(statement.kind, in: scope)
            }
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func print(_ expression: Expression, in scope: Scope) throws(TemplateError) {
        let value = try evaluate(expression, in: scope)
        if let text = value.text { try write(text) } else { try write(text(of: value)) }
    }

    private func choose(
        _ branches: [(test: Expression, body: [Statement])], _ otherwise: [Statement], in scope: Scope
    ) throws(TemplateError) -> Flow {
        for branch in branches where try evaluate(branch.test, in: scope).isTrue {
            return try execute(branch.body, in: scope)
        }
        return try execute(otherwise, in: scope)
    }

    private func executeBlock(_ kind: Statement.Kind, in scope: Scope) throws(TemplateError) -> Flow {
        switch kind {
        case .assignBlock(let target, let filters, let body):
            let text = try captured(body, filters, in: scope)
            try assign(text, to: target, in: scope)
        case .filterBlock(let filters, let body):
            try write(text(of: try captured(body, filters, in: scope)))
        case .macro(let node):
            guard let name = node.name, let id = program.names.firstIndex(of: name) else { break }
            scope.set(id, .macro(try macro(node, in: scope)))
        case .callBlock(let call, let caller):
            let macro = Value.macro(try macro(caller, in: scope))
            try write(text(of: try evaluate(call, adding: ("caller", macro), in: scope)))
        case .with(let assignments, let body):
            let inner = Scope(parent: scope)
            for (target, value) in assignments { try assign(evaluate(value, in: scope), to: target, in: inner) }
            return try execute(body, in: inner)
        case .block(let isScoped, let body):
            return try execute(body, in: Scope(parent: isScoped ? scope : root))
        case .generation(let body):
            let start = output.utf8.count
            let flow = try execute(body, in: Scope(parent: scope))
            if captureDepth == 0 { generationRanges.append(start..<output.utf8.count) }
            return flow
        case .unsupported(let message): throw .runtime(message)
        default: break
        }
        return .normal
    }

    private func captured(
        _ body: [Statement], _ filters: [Filter], in scope: Scope
    ) throws(TemplateError) -> Value {
        let inner = Scope(parent: scope)
        var value = Value.string(
            try capture { () throws(TemplateError) in _ = try execute(body, in: inner) })
        for filter in filters { value = try apply(filter, to: value, in: inner) }
        return value
    }

    private func macro(_ node: MacroNode, in scope: Scope) throws(TemplateError) -> Macro {
        try clearAtEnd(scope)
        return Macro(node, in: scope)
    }

    // MARK: Loops

    private func run(_ node: ForLoop, in scope: Scope) throws(TemplateError) -> Flow {
        let sequence = try evaluate(node.sequence, in: scope)
        return try run(node, over: sequence, depth: 0, in: scope)
    }

    /// Runs a recursive loop over other items, from within itself.
    func recurse(_ loop: Loop, into sequence: Value) throws(TemplateError) -> Value {
        guard let (node, scope) = loop.recursing else {
            throw .runtime("only a loop that is marked 'recursive' can be called")
        }
        let text = try capture { () throws(TemplateError) in
            _ = try run(node, over: sequence, depth: loop.depth + 1, in: scope)
        }
        return .string(text)
    }

    private func run(
        _ node: ForLoop, over sequence: Value, depth: Int, in scope: Scope
    ) throws(TemplateError) -> Flow {
        let (next, count) = try walk(sequence)
        let loop: Loop, valueDepth = sequence.depth + 1
        try check(valueDepth: valueDepth)
        if node.isRecursive || node.test != nil { try clearAtEnd(scope) }
        if let test = node.test {
            loop = Loop(
                count: nil, depth: depth, valueDepth: valueDepth, recursing: node.isRecursive ? (node, scope) : nil
            ) {
                [self] () throws(TemplateError) in
                while let item = try next() {
                    try charge()
                    let inner = Scope(parent: scope)
                    try assign(item, to: node.target, in: inner)
                    if try evaluate(test, in: inner).isTrue { return item }
                }
                return nil
            }
        } else {
            loop = Loop(
                count: count, depth: depth, valueDepth: valueDepth, recursing: node.isRecursive ? (node, scope) : nil,
                next)
        }
        var inner = Scope(parent: scope), isUntouched = true
        while try loop.advance() {
            try charge()
            // Every turn has variables of its own; the scope is used again unless a macro holds on to it.
            if isKnownUniquelyReferenced(&inner) { inner.clear() } else { inner = Scope(parent: scope) }
            guard let item = loop.current else { break }
            inner.set(TemplateProgram.loop, .loop(loop))
            try assign(item, to: node.target, in: inner)
            let flow = try execute(node.body, in: inner)
            if flow == .breakLoop { break }
            // Jinja's else is for loops of which no turn came to its end, whatever the sequence held.
            if flow == .normal { isUntouched = false }
        }
        if isUntouched, !node.otherwise.isEmpty { return try execute(node.otherwise, in: Scope(parent: scope)) }
        return .normal
    }

    // MARK: Assignment

    func assign(_ value: Value, to target: Target, in scope: Scope) throws(TemplateError) {
        switch target {
        case .name(let id): scope.set(id, value)
        case .attribute(let id, let name):
            guard case .namespace(let namespace) = try variable(id, in: scope) else {
                throw .runtime("only a namespace's attributes can be set, and '\(program.names[id])' is none")
            }
            namespace.members[ValueKey(name)] = value
        case .tuple(let targets):
            let items = try items(of: value)
            guard items.count == targets.count else {
                throw .runtime("\(items.count) values for \(targets.count) names")
            }
            for (item, target) in zip(items, targets) { try assign(item, to: target, in: scope) }
        }
    }
}
