import TuttiCheckpoints

/// Compiles grammar expressions into rules.
struct ExpressionCompiler {
    var store = LanguageStore()
    var rules = RuleTable()
    private var depth = 0
    private static let deepest = 200

    /// The rule of a whole expression, with what can never be written taken out.
    mutating func compile(_ expression: GrammarExpression) throws(GrammarError) -> RuleID {
        let root = try rule(expression)
        rules.prune(&store)
        if store.isUndecided { throw GrammarError(LanguageStore.undecided) }
        return root
    }

    mutating func rule(_ expression: GrammarExpression) throws(GrammarError) -> RuleID {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw GrammarError("the expression lies too deeply within itself") }
        switch expression {
        case .literal(let text): return rules.add(.language(store.literal(Array(text.utf8))))
        case .special(let name): return rules.add(.language(store.literal(SpecialText.bytes(name))))
        case .regex(let pattern):
            do { return rules.add(.language(try store.whole(pattern, .plain))) } catch {
                throw GrammarError("\(error.message), at character \(error.offset) of “\(pattern)”", keyword: "regex")
            }
        case .jsonSchema(let schema, let style): return try rule(schema: schema, style)
        case .anyJSONObject: return try rule(schema: ["type": "object"], .compact)
        case .sequence(let list):
            return rules.add(.sequence(try rules(list)))
        case .choice(let list):
            return rules.add(.choice(try rules(list)))
        case .repetition(let item, let minimum, let maximum):
            guard minimum >= 0, maximum ?? minimum >= minimum else {
                throw GrammarError("a repetition of \(minimum) to \(maximum ?? minimum)", keyword: "repetition")
            }
            return rules.add(.repetition(try rule(item), minimum: minimum, maximum: maximum))
        case .text(let strings, let mayEnd):
            guard !strings.contains("") else {
                throw GrammarError("an empty string occurs everywhere", keyword: "text")
            }
            let until = rules.add(.language(store.text(until: strings)))
            if !mayEnd { return until }
            return rules.add(.choice([until, rules.add(.halt(store.text(without: strings)))]))
        case .lark(let text): return try rule(lark: text)
        case .gbnf(let text): return try rule(gbnf: text)
        }
    }

    private mutating func rules(_ list: [GrammarExpression]) throws(GrammarError) -> [RuleID] {
        var found: [RuleID] = []
        for one in list { found.append(try rule(one)) }
        return found
    }

    private mutating func rule(schema: JSON, _ style: JSONStyle) throws(GrammarError) -> RuleID {
        var compiler = try SchemaCompiler(schema, style, store: store, rules: rules)
        let root = try compiler.compile()
        store = compiler.store
        rules = compiler.rules
        return root
    }
}
