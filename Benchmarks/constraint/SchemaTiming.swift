import OrderedCollections
import TuttiCheckpoints
import TuttiGeneration
import TuttiTensors
import TuttiText

/// A schema of 100 properties, and an answer to it: what its masks cost.
struct SchemaTiming {
    let tokenizer: Tokenizer

    init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    func run() throws {
        let (load, vocabulary) = microseconds { GrammarVocabulary(tokenizer) }
        print("vocabulary of \(vocabulary.tokenCount) tokens, made in \(Self.text(load / 1000)) ms")
        let (firstTime, grammar) = try microseconds {
            let grammar = try Grammar.compile(.jsonSchema(Self.schema, .compact), for: vocabulary)
            _ = GrammarMatcher(grammar).mask()
            return grammar
        }
        print("schema of 100 properties, compiled, and its first mask: \(Self.text(firstTime / 1000)) ms")
        let tokens = tokenizer.encode(Self.answer.text(.python))
        for round in ["never met before", "met before"] {
            var matcher = GrammarMatcher(grammar), mask = TokenMask(count: vocabulary.tokenCount)
            var total = 0.0, longest = 0.0
            for token in tokens {
                let (time, _) = microseconds {
                    matcher.fill(&mask)
                    return matcher.accept(token)
                }
                total += time
                longest = max(longest, time)
            }
            guard matcher.isComplete else { throw GrammarError("the benchmark's answer does not fit its schema") }
            print(
                "\(tokens.count) tokens, states \(round): \(Self.text(total / Double(tokens.count))) µs a mask, "
                    + "the longest \(Self.text(longest)) µs")
        }
    }

    private static func text(_ number: Double) -> String { String((number * 100).rounded() / 100) }

    /// Properties of ten kinds.
    static let schema: JSON = {
        let kinds: [JSON] = [
            ["type": "string"], ["type": "integer", "minimum": 0, "maximum": 1000], ["type": "boolean"],
            ["type": "string", "maxLength": 40], ["enum": ["red", "green", "blue"]],
            ["type": "array", "items": ["type": "string"], "maxItems": 5], ["type": "number"],
            ["type": "string", "format": "date"], ["type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"],
            ["type": ["string", "null"]],
        ]
        var properties: [(JSON.Key, JSON)] = []
        for place in 0..<100 { properties.append((JSON.Key("property_\(place)"), kinds[place % kinds.count])) }
        return [
            "type": "object", "properties": .object(.init(uniqueKeysWithValues: properties)),
            "required": .array(properties.map { .string($0.0.text) }), "additionalProperties": false,
        ]
    }()

    static let answer: JSON = {
        let values: [JSON] = [
            "A sentence of some words, as people write them.", 417, true, "a short one", "green",
            ["one", "two, three"],
            -12.75, "2024-02-29", "AB-123", nil,
        ]
        var members: [(JSON.Key, JSON)] = []
        for place in 0..<100 { members.append((JSON.Key("property_\(place)"), values[place % values.count])) }
        return .object(.init(uniqueKeysWithValues: members))
    }()
}
