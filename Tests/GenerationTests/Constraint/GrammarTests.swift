import TestSupport
import Testing
import TuttiGeneration
import TuttiTensors

@Suite struct GrammarTests {
    @Test(arguments: [
        ("a+b?", ["a", "aab"], ["", "b", "abb"]), ("(ab|cd){2,3}", ["abcd", "cdcdab"], ["ab", "abcdabcd"]),
        (#"[^a-c\d]x"#, ["dx", "éx"], ["ax", "1x", "x"]), (#"\w+@\w+\.(com|org)"#, ["a@b.org"], ["a@b.net"]),
        ("日本?", ["日", "日本"], ["本"]), (#"\u{1F600}|\x41"#, ["😀", "A"], ["B"]), ("(?i)yes", ["YES", "yEs"], ["no"]),
        ("a(?=b)[a-z]c", ["abc"], ["acc"]), (".*", ["", "xyz é"], ["a\nb"]), ("^ab$", ["ab"], ["abc", "xab"]),
        (#"[\s\S]{2}"#, ["a\n", "  "], ["a"]), (#"\p{Lu}+"#, ["ÄÖ"], ["ä"]), ("a{3}", ["aaa"], ["aa", "aaaa"]),
        ("(a|ab)(c|bcd)?", ["ab", "abc", "abcd", "ac"], ["abb"]),
    ])
    func regularExpressions(pattern: String, yes: [String], no: [String]) throws {
        let grammar = try compile(.regex(pattern))
        for text in yes { #expect(takes(grammar, text), "\(text)") }
        for text in no { #expect(!takes(grammar, text), "\(text)") }
    }

    @Test(arguments: ["(", "a)", "[a", "*", "a{2,1}", #"(a)\1"#, "(?<=a)b", #"\ba"#, "[b-a]", "a**", #"\q"#])
    func badExpressionsAreRefused(pattern: String) {
        #expect(throws: GrammarError.self) { try compile(.regex(pattern)) }
    }

    @Test func combinations() throws {
        let number = GrammarExpression.regex("[0-9]+")
        let list = try compile(
            .sequence([.literal("<"), number, .repetition(.sequence([.literal(","), number]), 0, 2), .literal(">")]))
        #expect(takes(list, "<1>") && takes(list, "<1,22,3>") && !takes(list, "<>") && !takes(list, "<1,2,3,4>"))
        let choice = try compile(.choice([.literal("yes"), .literal("no"), .literal("not yet")]))
        #expect(takes(choice, "no") && takes(choice, "not yet") && !takes(choice, "not"))
        let object = try compile(.anyJSONObject)
        #expect(takes(object, #"{"a": {"b": [1, null]}}"#) && !takes(object, "[]") && !takes(object, "1"))
    }

    @Test func textEndsWithTheFirstOccurrence() throws {
        let until = try compile(.text(until: ["</tool>", "end"], mayEnd: false))
        #expect(takes(until, "some </tool>") && takes(until, "end") && takes(until, "<</tool>"))
        #expect(!takes(until, "some") && !takes(until, "x end.") && !takes(until, "end</tool>"))
        let call = GrammarExpression.sequence([
            .text(until: ["<call>"], mayEnd: true), .jsonSchema(["type": "integer"], .compact), .literal("</call>"),
        ])
        let grammar = try compile(call)
        #expect(takes(grammar, "") && takes(grammar, "just words, 日本") && takes(grammar, "so <call>12</call>"))
        #expect(
            !takes(grammar, "so <call>") && !takes(grammar, "so <call>x</call>") && !takes(grammar, "<call>1</call>."))
        var matcher = GrammarMatcher(grammar)
        matcher.accept(bytes: Array("words <cal".utf8))
        #expect(matcher.isComplete && matcher.canContinue)
    }

    @Test func forcedBytesAreThoseThatMustCome() throws {
        let grammar = try compile(
            .jsonSchema(
                ["type": "object", "properties": ["first": ["type": "boolean"]], "required": ["first"]], .compact))
        var matcher = GrammarMatcher(grammar)
        #expect(matcher.forcedBytes() == Array(#"{"first": "#.utf8))
        matcher.accept(bytes: Array(#"{"first": t"#.utf8))
        #expect(matcher.forcedBytes() == Array("rue".utf8))
        #expect(matcher.forcedBytes(limit: 2) == Array("ru".utf8))
    }

    @Test func gbnf() throws {
        let arithmetic = try compile(
            .gbnf(
                #"""
                # sums
                root  ::= expr
                expr  ::= term ([-+*/] term)*
                term  ::= ident | num | "(" ws expr ")" ws
                ident ::= [a-z] [a-z0-9_]* ws
                num   ::= [0-9]{1,3} ws
                ws    ::= [ \t]?
                """#))
        for text in ["1", "a+b", "(a +2)*x1", "((1))"] { #expect(takes(arithmetic, text), "\(text)") }
        for text in ["", "1+", "(a", "1234", "A"] { #expect(!takes(arithmetic, text), "\(text)") }
        let left = try compile(.gbnf("root ::= list\nlist ::= list \",\" item | item\nitem ::= \"\\u00e9\" | [^,\\n]"))
        #expect(takes(left, "é,a,b") && !takes(left, "a,,b"))
        for bad in [
            "", "root ::= other", "root ::= \"a", "x ::= \"a\"", "root ::= [b-a]",
            "root ::= a\na ::= b root\nb ::= \"\"",
        ] {
            #expect(throws: GrammarError.self) { try compile(.gbnf(bad)) }
        }
    }

    @Test func lark() throws {
        let grammar = try compile(
            .lark(
                #"""
                // a small language
                ?start: statement+
                statement: NAME "=" value ";" -> assign
                         | "print"i value ";"
                value: NUMBER | ESCAPED_STRING | list | NAME
                list: "[" [value ("," value)*] "]"
                NAME: /[a-z]+/ "!"~0..2
                %import common.NUMBER
                %import common.ESCAPED_STRING
                %import common.WS
                %ignore WS
                """#))
        for text in ["a=1;", "ab!! = [1, [\"x\"], b];\nPrint a;", " x = [ ] ; "] {
            #expect(takes(grammar, text), "\(text)")
        }
        for text in ["", "a=1", "a!!!=1;", "a=[1,];"] { #expect(!takes(grammar, text), "\(text)") }
        let json = try compile(.lark("start: \"<\" %json {\"type\": \"integer\"} \">\"\n"))
        #expect(takes(json, "<12>") && !takes(json, "<a>"))
        for bad in ["start: x", "start: \"a", "%import other.X\nstart: \"a\"", "start{a}: a", "rule: \"a\""] {
            #expect(throws: GrammarError.self) { try compile(.lark(bad)) }
        }
    }

    /// Masks are what trying every token gives, wherever an answer stands.
    @Test(arguments: [
        GrammarExpression.jsonSchema(
            [
                "type": "object",
                "properties": ["name": ["type": "string"], "age": ["type": "integer", "maximum": 123]],
                "required": ["name"],
            ], .compact),
        .jsonSchema(["type": "array", "items": ["type": "string", "maxLength": 5]], .flexible),
        .jsonSchema(
            ["anyOf": [["type": "string", "pattern": "^a+$"], ["enum": ["ab", "abc", "the"]], ["type": "null"]]],
            .compact),
        .regex("(a|ab|abc)*end"), .text(until: ["</tool>"], mayEnd: true),
        .sequence([.regex("[a-z ]{0,20}"), .literal("\n"), .regex(".*"), .literal("end")]),
        .gbnf("root ::= \"a\" root \"b\" | \"\\n\""),
    ])
    func masksAgreeWithEveryToken(expression: GrammarExpression) throws {
        let vocabulary = try SmallVocabulary.shared.get(), tokenizer = try SmallVocabulary.tokenizer()
        let grammar = try Grammar.compile(expression, for: vocabulary)
        for seed in 0..<6 {
            var random = Random(seed: UInt64(seed)), matcher = GrammarMatcher(grammar)
            for _ in 0..<40 {
                let mask = matcher.mask()
                var allowed: [Token] = []
                for token in 0..<Token(vocabulary.tokenCount) {
                    #expect(mask[token] == matcher.allows(token), "token “\(tokenizer.decode([token]))”")
                    if mask[token] { allowed.append(token) }
                }
                guard let token = allowed.randomElement(using: &random) else { break }
                let isTaken = matcher.accept(token)
                #expect(isTaken)
            }
        }
    }
}
