import Foundation
import TestSupport
import Testing
import Tutti

/// Grammars over a real vocabulary and a real model.
@Suite(.serialized) struct StructuredTests {
    private static let person: JSON = [
        "type": "object",
        "properties": [
            "full name": ["type": "string", "maxLength": 40], "date of birth": ["type": "string", "format": "date"],
            "favourite colours": [
                "type": "array", "items": ["enum": ["red", "green", "blue"]], "uniqueItems": true, "maxItems": 2,
            ],
            "postal address": [
                "type": "object",
                "properties": [
                    "street and number": ["type": "string", "maxLength": 30],
                    "country": ["type": "string", "pattern": "^[A-Z]{2}$"],
                ],
                "required": ["street and number", "country"], "additionalProperties": false,
            ],
        ],
        "required": ["full name", "date of birth", "favourite colours", "postal address"],
        "additionalProperties": false,
    ]

    /// In masks over a real vocabulary a token's bit says whether its bytes may follow.
    @Test(arguments: [
        GrammarExpression.jsonSchema(person, .compact),
        .jsonSchema(["type": "object", "properties": ["naïve": ["type": "string"]], "maxProperties": 4], .flexible),
        .jsonSchema(["type": "string", "pattern": #"^(\S+\s+){0,99}\S+$"#, "maxLength": 300], .compact),
        .jsonSchema(
            ["type": "string", "oneOf": [["pattern": "ON_A"], ["pattern": "ON_B"], ["pattern": "NEW"]]], .compact),
        .jsonSchema(["type": "array", "items": ["type": "number", "minimum": -3, "maximum": 99.5]], .compact),
        .text(until: ["</tool>", "\n\n"], mayEnd: true),
    ])
    func masksAgreeWithEveryToken(expression: GrammarExpression) throws {
        let tokenizer = try Tokenizer(GGUFFile(path: TestModel.path(Tutti.model).path).metadata)
        let grammar = try Grammar.compile(expression, for: GrammarVocabulary(tokenizer))
        var random = Random(seed: 3), matcher = GrammarMatcher(grammar), stateCount = 0
        for step in 0..<60 {
            let mask = matcher.mask()
            var allowed: [Token] = []
            let isChecked = step % 5 == 0
            if isChecked { stateCount += 1 }
            for token in 0..<Token(mask.count) {
                if mask[token] { allowed.append(token) }
                if isChecked, mask[token] != matcher.allows(token) {
                    Issue.record("token \(token), “\(tokenizer.decode([token]))”, at step \(step)")
                }
            }
            // Short tokens more often: long ones leave strings at once, or fill them.
            let short = allowed.filter { tokenizer.bytes(of: $0).count < 4 }
            guard let token = (short.isEmpty || step % 3 == 0 ? allowed : short).randomElement(using: &random) else {
                break
            }
            let isTaken = matcher.accept(token)
            #expect(isTaken)
        }
        #expect(stateCount > 1)
    }

    /// What a grammar forces is computed at once, and the text is what it is token by token.
    @Test func theTextIsTheSameWithoutJumpingForward() async throws {
        var texts: [[String]] = []
        for jumps in [true, false] {
            var options = LoadOptions()
            options.engine.jumpsForward = jumps
            let model = try await LanguageModel.load(file: TestModel.path(Tutti.model), options: options)
            let grammar = try model.grammar(.jsonSchema(Self.person, .compact))
            var own: [String] = [], forced = 0, tokens = 0, seconds = 0.0
            for seed in 0..<5 {
                var answer = AnswerOptions(grammar: grammar)
                answer.sampling.temperature = [0, 0.7, 1.5, 1, 1][seed]
                answer.sampling.seed = UInt64(seed)
                answer.maximumTokens = seed == 4 ? 17 : 200
                var text = ""
                let messages = [Message(.user, "Make up a person. Number \(seed).")]
                for try await delta in try model.answer(messages, answer) {
                    text += delta.text
                    guard let end = delta.end else { continue }
                    text += " (\(end.reason))"
                    forced += end.statistics.forcedTokens
                    tokens += end.statistics.generatedTokens
                    seconds += end.statistics.decodeSeconds
                }
                own.append(text)
            }
            texts.append(own)
            print("jumps forward: \(jumps); \(tokens) tokens, \(forced) of them forced, decoded in \(seconds) s")
            #expect((forced > 0) == jumps)
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0][4].hasSuffix("(length)") && texts[0][0].hasSuffix("(stop)"))
    }
}
