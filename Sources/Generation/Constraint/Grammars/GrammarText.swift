import TuttiCheckpoints
import TuttiText

/// What a rule of a written grammar says.
indirect enum GrammarNode {
    case text([UInt8])
    case characters(ScalarSet)
    /// A regular expression in ECMA-262's dialect.
    case pattern(String)
    case schema(JSON)
    case rule(String)
    case sequence([GrammarNode])
    case choice([GrammarNode])
    case repetition(GrammarNode, Int, Int?)

    /// The rules that it names.
    var names: [String] {
        switch self {
        case .text, .characters, .pattern, .schema: []
        case .rule(let name): [name]
        case .sequence(let nodes), .choice(let nodes): nodes.flatMap(\.names)
        case .repetition(let node, _, _): node.names
        }
    }
}

/// A written grammar, read: its rules by name.
struct GrammarText {
    /// "gbnf" or "lark".
    let notation: String
    var rules: [String: GrammarNode] = [:]
    /// Where each rule stands.
    var lines: [String: Int] = [:]

    mutating func define(_ name: String, _ node: GrammarNode, line: Int) throws(GrammarError) {
        guard rules[name] == nil else { throw error("“\(name)” is defined twice", line: line) }
        rules[name] = node
        lines[name] = line
    }

    func error(_ message: String, line: Int) -> GrammarError {
        GrammarError(message, keyword: notation, path: "line \(line)")
    }

    func error(_ message: String, rule: String) -> GrammarError { error(message, line: lines[rule] ?? 1) }
}

/// Turns written grammars into rules. What does not contain itself is one language, however many rules it is made of.
struct GrammarBuilder {
    private var text: GrammarText
    private var compiler: ExpressionCompiler
    private var recursive: Set<String> = []
    private var nullable: Set<String> = []
    private var made: [String: RuleID] = [:]
    private var languages: [String: Language] = [:]
    private var waiting: [String] = []
    private static let deepest = 200

    /// - Returns: The rule of `root`, and the compiler with all that it needs.
    static func build(
        _ text: GrammarText, root: String, _ compiler: ExpressionCompiler
    ) throws(GrammarError) -> (RuleID, ExpressionCompiler) {
        var builder = GrammarBuilder(text: text, compiler: compiler)
        guard text.rules[root] != nil else { throw text.error("there is no rule “\(root)”", line: 1) }
        try builder.sort()
        try builder.removeLeftRecursion()
        let rule = try builder.rule(.rule(root), depth: 0)
        while let name = builder.waiting.popLast() {
            guard let id = builder.made[name], let node = builder.text.rules[name] else { continue }
            let made = try builder.rule(node, depth: 0)
            builder.compiler.rules.set(id, .sequence([made]))
        }
        return (rule, builder.compiler)
    }

    private init(text: GrammarText, compiler: ExpressionCompiler) {
        self.text = text
        self.compiler = compiler
    }

    /// Finds the rules that lead back to themselves, and those that may be empty.
    private mutating func sort() throws(GrammarError) {
        for (name, node) in text.rules {
            for other in node.names where text.rules[other] == nil {
                throw text.error("there is no rule “\(other)”", rule: name)
            }
        }
        for name in text.rules.keys {
            var seen: Set<String> = [], rest = text.rules[name]?.names ?? []
            while let next = rest.popLast() {
                if next == name { recursive.insert(name) }
                if seen.insert(next).inserted { rest += text.rules[next]?.names ?? [] }
            }
        }
        // What leads to a rule that contains itself is no single language either.
        var isChanging = true
        while isChanging {
            isChanging = false
            for (name, node) in text.rules {
                if !recursive.contains(name), node.names.contains(where: recursive.contains) {
                    recursive.insert(name)
                    isChanging = true
                }
                if !nullable.contains(name), try isNullable(node) {
                    nullable.insert(name)
                    isChanging = true
                }
            }
        }
    }

    private mutating func isNullable(_ node: GrammarNode) throws(GrammarError) -> Bool {
        switch node {
        case .text(let bytes): return bytes.isEmpty
        case .characters, .schema: return false
        case .pattern(let pattern):
            let language = try language(pattern: pattern)
            return compiler.store.isNullable(language)
        case .rule(let name): return nullable.contains(name)
        case .sequence(let nodes):
            for node in nodes where !(try isNullable(node)) { return false }
            return true
        case .choice(let nodes):
            for node in nodes where try isNullable(node) { return true }
            return false
        case .repetition(let node, let minimum, _): return minimum == 0 ? true : try isNullable(node)
        }
    }

    // MARK: Rules that begin with themselves

    /// `a: a x | y` is `a: y x*`; what begins with itself by way of another rule is refused.
    private mutating func removeLeftRecursion() throws(GrammarError) {
        for name in text.rules.keys.sorted() where recursive.contains(name) {
            guard let node = text.rules[name] else { continue }
            var first: [GrammarNode] = [], rest: [GrammarNode] = [], isOwn = false
            for option in Self.options(node) {
                var nodes = Self.items(option)
                if case .rule(name) = nodes.first {
                    nodes.removeFirst()
                    isOwn = true
                    if !nodes.isEmpty { rest.append(.sequence(nodes)) }
                } else {
                    first.append(option)
                }
            }
            if isOwn { text.rules[name] = .sequence([.choice(first), .repetition(.choice(rest), 0, nil)]) }
        }
        for name in text.rules.keys.sorted() where recursive.contains(name) {
            var seen: Set<String> = [], waiting = [name]
            while let next = waiting.popLast() {
                guard let node = text.rules[next] else { continue }
                for one in try starts(node) {
                    if one == name {
                        throw text.error(
                            "“\(name)” begins with itself by way of “\(next)”: write it as a repetition", rule: name)
                    }
                    if seen.insert(one).inserted { waiting.append(one) }
                }
            }
        }
    }

    private static func options(_ node: GrammarNode) -> [GrammarNode] {
        if case .choice(let nodes) = node { return nodes.flatMap(options) }
        if case .sequence(let nodes) = node, nodes.count == 1 { return options(nodes[0]) }
        return [node]
    }

    private static func items(_ node: GrammarNode) -> [GrammarNode] {
        if case .sequence(let nodes) = node { return nodes.flatMap(items) }
        return [node]
    }

    /// The rules that a node may begin with.
    private mutating func starts(_ node: GrammarNode) throws(GrammarError) -> [String] {
        switch node {
        case .text, .characters, .pattern, .schema: return []
        case .rule(let name): return [name]
        case .choice(let nodes):
            var found: [String] = []
            for node in nodes { found += try starts(node) }
            return found
        case .repetition(let node, _, _): return try starts(node)
        case .sequence(let nodes):
            var found: [String] = []
            for node in nodes {
                found += try starts(node)
                if try !isNullable(node) { break }
            }
            return found
        }
    }

    // MARK: Building

    private func isRegular(_ node: GrammarNode) -> Bool {
        switch node {
        case .text, .characters, .pattern: true
        case .schema: false
        case .rule(let name): !recursive.contains(name) && (text.rules[name].map(isRegular) ?? false)
        case .sequence(let nodes), .choice(let nodes): nodes.allSatisfy(isRegular)
        case .repetition(let node, _, _): isRegular(node)
        }
    }

    private mutating func language(pattern: String) throws(GrammarError) -> Language {
        do { return try compiler.store.whole(pattern, .plain) } catch {
            throw GrammarError("\(error.message), in /\(pattern)/", keyword: text.notation)
        }
    }

    private mutating func language(_ node: GrammarNode, depth: Int) throws(GrammarError) -> Language {
        guard depth < Self.deepest else {
            throw GrammarError("the rules lie too deeply within each other", keyword: text.notation)
        }
        switch node {
        case .text(let bytes): return compiler.store.literal(bytes)
        case .characters(let set): return compiler.store.character(set)
        case .pattern(let pattern): return try language(pattern: pattern)
        case .schema: return .nothing
        case .rule(let name):
            if let known = languages[name] { return known }
            guard let node = text.rules[name] else { return .nothing }
            let language = try language(node, depth: depth + 1)
            languages[name] = language
            return language
        case .sequence(let nodes):
            var all: [Language] = []
            for node in nodes { all.append(try language(node, depth: depth + 1)) }
            return compiler.store.concatenation(all)
        case .choice(let nodes):
            var all: [Language] = []
            for node in nodes { all.append(try language(node, depth: depth + 1)) }
            return compiler.store.union(all)
        case .repetition(let node, let minimum, let maximum):
            let item = try language(node, depth: depth + 1)
            return compiler.store.repetition(item, minimum, maximum)
        }
    }

    private mutating func rule(_ node: GrammarNode, depth: Int) throws(GrammarError) -> RuleID {
        guard depth < Self.deepest else {
            throw GrammarError("the rules lie too deeply within each other", keyword: text.notation)
        }
        if isRegular(node) { return compiler.rules.add(.language(try language(node, depth: 0))) }
        switch node {
        case .text, .characters, .pattern: return compiler.rules.add(.language(.nothing))
        case .schema(let schema): return try compiler.rule(.jsonSchema(schema, .compact))
        case .rule(let name):
            if let known = made[name] { return known }
            let id = compiler.rules.add(.pending)
            made[name] = id
            waiting.append(name)
            return id
        case .choice(let nodes):
            var all: [RuleID] = []
            for node in nodes { all.append(try rule(node, depth: depth + 1)) }
            return compiler.rules.add(.choice(all))
        case .repetition(let node, let minimum, let maximum):
            let least = try isNullable(node) ? 0 : minimum
            return compiler.rules.add(
                .repetition(try rule(node, depth: depth + 1), minimum: least, maximum: maximum))
        case .sequence(let nodes):
            // Neighbours that are regular are one language.
            var all: [RuleID] = [], run: [GrammarNode] = []
            for node in nodes {
                if isRegular(node) {
                    run.append(node)
                    continue
                }
                if !run.isEmpty { all.append(try rule(.sequence(run), depth: depth + 1)) }
                run = []
                all.append(try rule(node, depth: depth + 1))
            }
            if !run.isEmpty { all.append(try rule(.sequence(run), depth: depth + 1)) }
            return compiler.rules.add(.sequence(all))
        }
    }
}

extension ExpressionCompiler {
    mutating func rule(gbnf source: String) throws(GrammarError) -> RuleID {
        var parser = GBNFParser(source)
        let (rule, compiler) = try GrammarBuilder.build(try parser.parse(), root: "root", self)
        self = compiler
        return rule
    }

    mutating func rule(lark source: String) throws(GrammarError) -> RuleID {
        var parser = LarkParser(source)
        let (rule, compiler) = try GrammarBuilder.build(try parser.parse(), root: "start", self)
        self = compiler
        return rule
    }
}
