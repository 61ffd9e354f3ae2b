import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiDialogue
import TuttiGeneration
import TuttiText

/// What answers the grammars allow, byte by byte.
@Suite struct AnswerGrammarTests {
    private static let marks = [
        "[TOOL_CALLS]", "[ARGS]", "<|tool_call|>", "<|start|>", "<|channel|>", "<|constrain|>", "<|message|>",
        "<|end|>",
    ]

    /// A vocabulary of single bytes and of the families' marks.
    private static let vocabulary: GrammarVocabulary? = {
        var alphabet: [Unicode.Scalar] = [], next: UInt32 = 256
        for byte in UInt8.min...UInt8.max {
            let isShown = (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174
            if isShown {
                alphabet.append(Unicode.Scalar(byte))
            } else if let scalar = Unicode.Scalar(next) {
                alphabet.append(scalar)
                next += 1
            }
        }
        let words = Dictionary(uniqueKeysWithValues: alphabet.enumerated().map { (String($1), $0) })
        let added = marks.enumerated().map { index, mark in
            [
                "id": 256 + index, "content": mark, "special": true, "single_word": false, "lstrip": false,
                "rstrip": false,
                "normalized": false,
            ] as [String: Any]
        }
        let file: [String: Any] = [
            "version": "1.0", "added_tokens": added,
            "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": true],
            "decoder": ["type": "ByteLevel"], "model": ["type": "BPE", "vocab": words, "merges": [String]()],
        ]
        guard let json = try? JSONSerialization.data(withJSONObject: file),
            let tokenizer = try? Tokenizer(tokenizerJSON: json)
        else { return nil }
        return GrammarVocabulary(tokenizer)
    }()

    private let tools = [
        ToolDefinition(
            name: "get_time",
            parameters: [
                "type": "object", "properties": ["city": ["enum": ["Rome", "Oslo"]]], "required": ["city"],
                "additionalProperties": false,
            ]),
        ToolDefinition(name: "get_times", parameters: ["type": "object", "additionalProperties": false]),
    ]

    private func dialect(_ format: ToolFormat, thinks: Bool = false) throws -> ChatDialect {
        let marks: String =
            switch format {
            case .hermes: "<tool_call>"
            case .llama: "<|python_tag|>"
            case .mistralList: "[TOOL_CALLS]"
            case .mistralNames: "[TOOL_CALLS][ARGS]"
            case .taggedList: "<|tool_call|>"
            case .harmony: "<|channel|><|message|>"
            case .plain: ""
            }
        let text = marks + (thinks ? "<think></think>" : "") + "{{ tools }}{{ messages[0].content }}"
        let dialect = ChatDialect(try ChatTemplate(text))
        #expect(dialect.format == format)
        return dialect
    }

    private func grammar(
        _ format: ToolFormat, thinks: Bool = false, prompt: String = "Hi", isRequired: Bool, isParallel: Bool = true,
        output: OutputFormat = .text
    ) throws -> Grammar {
        let answer = AnswerGrammar(
            try dialect(format, thinks: thinks), prompt: prompt, tools: tools, isRequired: isRequired,
            isParallel: isParallel,
            output: output
        ) { Self.marks.contains($0) }
        return try Grammar.compile(try #require(answer.expression), for: try #require(Self.vocabulary))
    }

    /// Whether a grammar allows an answer, which may break off when it `isPart`; special tokens stand in it as they are written.
    private func allows(_ grammar: Grammar, _ text: String, isPart: Bool = false) -> Bool {
        var matcher = GrammarMatcher(grammar)
        var rest = Substring(text)
        while !rest.isEmpty {
            if let mark = Self.marks.first(where: { rest.hasPrefix($0) }) {
                guard matcher.accept(bytes: [0xFF] + Array(mark.utf8)) else { return false }
                rest.removeFirst(mark.count)
            } else {
                guard matcher.accept(bytes: Array(String(rest.removeFirst()).utf8)) else { return false }
            }
        }
        return isPart || matcher.isComplete
    }

    private static let rome = "{\"city\": \"Rome\"}"

    /// A family, a call of it, and what parts several.
    private static let calls: [(ToolFormat, String, String?)] = [
        (ToolFormat.hermes, "<tool_call>\n{\"name\": \"get_time\", \"arguments\": \(rome)}\n</tool_call>", "\n"),
        (.llama, "{\"name\": \"get_time\", \"parameters\": \(rome)}", nil),
        (.mistralList, "[TOOL_CALLS][{\"name\": \"get_time\", \"arguments\": \(rome)}]", nil),
        (.mistralNames, "[TOOL_CALLS]get_time[ARGS]\(rome)", ""),
        (.taggedList, "<|tool_call|>[{\"name\": \"get_time\", \"arguments\": \(rome)}]", nil),
        (.harmony, "<|channel|>commentary to=functions.get_time <|constrain|>json<|message|>\(rome)", nil),
        (.plain, "{\"name\": \"get_time\", \"arguments\": \(rome)}", "\n"),
    ]

    @Test(arguments: calls)
    func aCallThatHasToComeIsTheWholeAnswer(format: ToolFormat, call: String, separator: String?) throws {
        let grammar = try grammar(format, isRequired: true)
        #expect(allows(grammar, call))
        for wrong in [
            "Well", call.replacing("Rome", with: "Paris"), call.replacing("get_time", with: "get_tim"), call + " and",
            call.replacing(Self.rome, with: "{}"),
        ] {
            #expect(!allows(grammar, wrong, isPart: true), "\(wrong)")
        }
        if let separator {
            #expect(allows(grammar, call + separator + call))
            let single = try self.grammar(format, isRequired: true, isParallel: false)
            #expect(allows(single, call) && !allows(single, call + separator + call, isPart: true))
        }
        // What the grammar allows, the reader finds.
        var reader = AnswerReader(format, tools: ["get_time", "get_times"])
        #expect(Reading(reader.append(call) + reader.finish()).calls.map(\.name) == ["get_time"])
        // Text stays possible when nothing has to come.
        let free = try self.grammar(format, isRequired: false)
        let text = format == .harmony ? "<|channel|>final<|message|>Grüße" : "Grüße, {\"a\": 1} <x>"
        #expect(allows(free, text) && allows(free, call))
        if format != .harmony {
            #expect(allows(free, "Well.\n" + call))
            #expect(!allows(free, "Well.\n" + call.replacing("Rome", with: "Paris"), isPart: true))
        }
    }

    @Test func aBareCallIsBoundFromItsNameOn() throws {
        let grammar = try grammar(.hermes, isRequired: false)
        #expect(
            allows(
                grammar,
                "```json\n{\n  \"name\": \"get_time\",\n  \"arguments\": {\n    \"city\": \"Oslo\"\n  }\n}\n```"))
        #expect(allows(grammar, "{\"name\": \"get_times\", \"arguments\": {}}"))
        #expect(!allows(grammar, "{\"name\": \"get_times\", \"arguments\": {\"city\"", isPart: true))
        #expect(!allows(grammar, "{\"name\": \"get_time\", \"age\"", isPart: true))
        // Other objects are text, and calls may come later.
        #expect(allows(grammar, "{\"name\": \"get_ti\", \"age\": 3}"))
        #expect(allows(grammar, "{\"name\": \"get_timeless\", \"age\": 3}"))
        #expect(allows(grammar, "{\"name\": \"Ada\"}, {\"name\":\"get_time\",\"arguments\":{\"city\":\"Rome\"}}"))
        #expect(
            !allows(
                grammar, "{\"name\": \"Ada\"}, {\"name\":\"get_time\",\"arguments\":{\"city\":\"Bonn\"", isPart: true))
    }

    @Test func reasoningComesFirstAndIsFree() throws {
        let schema: JSON = ["type": "object", "properties": ["a": ["type": "integer"]], "required": ["a"]]
        let call = "<tool_call>\n{\"name\": \"get_time\", \"arguments\": \(Self.rome)}\n</tool_call>"
        for isOpen in [false, true] {
            let prompt = isOpen ? "Hi\n<think>\n" : "Hi", opening = isOpen ? "" : "<think>\n"
            let forced = try grammar(.hermes, thinks: true, prompt: prompt, isRequired: true)
            #expect(allows(forced, opening + "a <tool_call> or {\"name\": \"get_time\"?\n</think>\n\n" + call))
            #expect(!allows(forced, opening + "Hm.</think>\n\nText", isPart: true))
            let formed = try grammar(
                .hermes, thinks: true, prompt: prompt, isRequired: false, output: .jsonSchema(schema))
            #expect(
                allows(formed, opening + "Hm.\n</think>\n\n{\"a\": 1}") && allows(formed, opening + "</think>" + call))
            #expect(!allows(formed, opening + "</think>\n{\"b\"", isPart: true))
            #expect(allows(formed, "{\"a\": 1}") == !isOpen)
        }
        // A prompt that has closed it wants none.
        let closed = try grammar(.hermes, thinks: true, prompt: "<think>\n\n</think>\n\n", isRequired: true)
        #expect(allows(closed, call) && !allows(closed, "<think>", isPart: true))
        let harmony = try grammar(.harmony, isRequired: false, output: .jsonSchema(schema))
        #expect(
            allows(
                harmony,
                "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>{\"a\": 1}"))
        #expect(!allows(harmony, "<|channel|>final<|message|>Hm", isPart: true))
    }
}
