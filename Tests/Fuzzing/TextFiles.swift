import Foundation
import TuttiCheckpoints
import TuttiTensors
import TuttiText

extension FuzzTarget {
    /// tokenizer.json: every stage, over a text that has something for each.
    static func tokenizer(_ seeds: URL) throws -> FuzzTarget {
        let files = try files(seeds)
        let words = [
            "\"type\":\"Sequence\"", "\"type\":\"Split\"", "\"type\":\"Replace\"", "\"type\":\"Precompiled\"",
            "\"type\":\"BPE\"",
            "\"type\":\"Unigram\"", "\"type\":\"WordPiece\"", "\"type\":\"TemplateProcessing\"",
            "\"pattern\":{\"Regex\":\"(a+)+$\"}",
            "\"pattern\":{\"Regex\":\"(?=\"}", "\"Regex\":\"[\"", "\"String\":\"\"", "\"content\":\"\"",
            "\"precompiled_charsmap\":\"AAAA\"",
            "\"merges\":[[\"a\",\"b\"]]", "\"max_input_chars_per_word\":0", "\"id\":4294967295", "null", "true",
            "false", "-1",
            "{", "}", "[", "]", ",", ":", "\"", "\\ud800", "▁", "Ġ", "<0x00>", "[[[[[[[[[[[[[[[[",
        ]
        return FuzzTarget(name: "tokenizer", mutator: Mutator(seeds: files.map(\.bytes), words: words)) { input, _, _ in
            guard let tokenizer = try? Tokenizer(tokenizerJSON: input, configuration: TokenizerConfiguration()) else {
                return false
            }
            use(tokenizer)
            return true
        }
    }

    /// Chat templates: the real ones of the goldens, rendered for a chat with a tool.
    static func template(_ goldens: URL) throws -> FuzzTarget {
        let json = try JSON(parsing: [UInt8](Data(contentsOf: goldens.appending(path: "templates.json"))))
        let texts = Self.templates(json)
        let words = [
            "{{", "}}", "{%", "%}", "{#", "#}", "{%- ", " -%}", "(", ")", "[", "]", "|", ".", "~", "'", "\\", " if ",
            " else ", " in ",
            " is ", " not ", "{% for x in messages %}", "{% endfor %}", "{% if x %}", "{% endif %}", "{% set x = ",
            "loop.index",
            "messages", "range(99999999)", "*99999999", "**99999", "'%999999999d' % 1", "|tojson", "|list", "|sort",
            "|join(x)", "[::-1]",
            "[::0]", "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}", "namespace(", "{% break %}", " recursive",
            "|indent(9999999)",
            "'{:>99999999}'.format(1)", "~x~x~x", "é", "\0", ".replace('', 'aaaaaaaa')", "loop(", "|batch(0)", "-0",
            "1e999",
        ]
        let messages: JSON = [
            ["role": "system", "content": "Be brief."], ["role": "user", "content": "What is the weather?"],
            [
                "role": "assistant", "content": nil,
                "tool_calls": [["type": "function", "function": ["name": "w", "arguments": ["a": 1]]]],
            ],
            ["role": "tool", "content": "sunny"], ["role": "user", "content": [["type": "text", "text": "Thanks"]]],
        ]
        let seeds = texts.map { Array($0.utf8) }
        return FuzzTarget(name: "template", mutator: Mutator(seeds: seeds, words: words)) { input, _, _ in
            guard let template = try? ChatTemplate(String(decoding: input, as: UTF8.self)) else { return false }
            _ = try? template.rendering(
                messages: messages, addGenerationPrompt: true, bosToken: "<s>", eosToken: "</s>")
            return true
        }
    }

    /// The texts of all templates, wherever they stand in the golden.
    private static func templates(_ json: JSON) -> [String] {
        switch json {
        case .object(let members):
            if let text = json["template"]?.string { return [text] }
            return members.values.flatMap { templates($0) }
        case .array(let items): return items.flatMap { templates($0) }
        case .string(let text): return text.contains("{%") ? [text] : []
        default: return []
        }
    }

    /// Cuts a text and puts it together again.
    static func use(_ tokenizer: Tokenizer) {
        let text =
            "The cat's naïve  café\t你好 3.14 <|im_end|></s>▁x \u{1F44B}\u{1F3FD} HELLO aaaaaaaaaaaaaaaaaaaaaaaaaa e\u{301}\r\n"
        let tokens = tokenizer.encode(text, special: true, addingSpecial: true)
        _ = tokenizer.decode(tokens + [0, 1, 2, Token.max, -1], skippingSpecial: false)
        var detokenizer = Detokenizer(tokenizer)
        for token in tokens { _ = detokenizer.append(token) }
    }
}
