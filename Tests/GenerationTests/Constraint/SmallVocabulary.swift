import TestSupport
import TuttiCheckpoints
import TuttiGeneration
import TuttiTensors
import TuttiText

/// A byte-level tokenizer of all single bytes and some longer tokens, made here.
enum SmallVocabulary {
    static let longer = [
        "{\"", "\": ", "\": \"", "\", \"", "\"}", "\"]", "\", ", "}, {\"", "[{\"", "}]", "}}", "]}", ", ", ": ", "tr",
        "true", "false", "null", "the", " the", "name", "\"name\"", "age", "12", "123", "0.5", "-1", "é", "日本", "\\n",
        "\\\"", "aa", "aaa", "aaaa", "ab", "abc", "\n  ", "\n", "  ", "</", "</tool", "tool>", "end", "a\", \"b", "}\n",
    ]

    /// GPT-2's letters for bytes.
    private static let letters: [Unicode.Scalar] = {
        let own = Array(UInt32(0x21)...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
        var next = UInt32(256)
        return (UInt32(0)..<256).map { byte in
            if own.contains(byte) { return Unicode.Scalar(byte) ?? "?" }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? "?"
        }
    }()

    static func tokenizer() throws -> Tokenizer {
        var entries: [(JSON.Key, JSON)] = []
        for (byte, letter) in letters.enumerated() {
            entries.append((JSON.Key(String(letter)), JSON.integer(Int128(byte))))
        }
        for word in longer {
            let text = String(String.UnicodeScalarView(word.utf8.map { letters[Int($0)] }))
            entries.append((JSON.Key(text), JSON.integer(Int128(entries.count))))
        }
        let end = entries.count
        let vocabulary = entries.map { "\(JSON.string($0.0.text).text()): \($0.1.text())" }.joined(separator: ", ")
        let file = """
            {"added_tokens": [{"id": \(end), "content": "<end>", "special": true, "normalized": false, "lstrip": false,
              "rstrip": false, "single_word": false}],
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
             "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
             "model": {"type": "BPE", "vocab": {\(vocabulary)}, "merges": []}}
            """
        return try Tokenizer(tokenizerJSON: Array(file.utf8))
    }

    static func vocabulary() throws -> GrammarVocabulary { GrammarVocabulary(try tokenizer()) }

    static let shared = Result { try vocabulary() }
}

/// Whether a grammar takes a text as a whole.
func takes(_ grammar: Grammar, _ text: String) -> Bool {
    var matcher = GrammarMatcher(grammar)
    return matcher.accept(bytes: Array(text.utf8)) && matcher.isComplete
}

/// Whether a grammar takes the beginning of a text, or all of it.
func begins(_ grammar: Grammar, _ text: String) -> Bool {
    var matcher = GrammarMatcher(grammar)
    return matcher.accept(bytes: Array(text.utf8))
}

func compile(_ expression: GrammarExpression) throws -> Grammar {
    try Grammar.compile(expression, for: try SmallVocabulary.shared.get())
}

/// Says something at random that a grammar allows; nil if it is not complete after `limit` tokens.
func babble(_ grammar: Grammar, seed: UInt64, limit: Int, _ tokenizer: Tokenizer) -> String? {
    var random = Random(seed: seed), matcher = GrammarMatcher(grammar), bytes: [UInt8] = []
    for step in 0..<limit {
        if matcher.isComplete, !matcher.canContinue || step > limit / 4 {
            return String(validating: bytes, as: UTF8.self)
        }
        let mask = matcher.mask()
        let allowed = (0..<Token(mask.count)).filter { mask[$0] }
        guard let token = allowed.randomElement(using: &random), matcher.accept(token) else {
            return matcher.isComplete
                ? String(validating: bytes, as: UTF8.self) : "stuck after “\(String(decoding: bytes, as: UTF8.self))”"
        }
        bytes += tokenizer.bytes(of: token)
    }
    return nil
}
