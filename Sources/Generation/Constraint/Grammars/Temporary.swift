extension ExpressionCompiler {
    mutating func rule(lark text: String) throws(GrammarError) -> RuleID {
        throw GrammarError("not yet", keyword: "lark")
    }
    mutating func rule(gbnf text: String) throws(GrammarError) -> RuleID {
        throw GrammarError("not yet", keyword: "gbnf")
    }
}
