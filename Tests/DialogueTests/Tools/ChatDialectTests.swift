import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiDialogue
import TuttiText

/// Prompts with tools as `transformers` renders them, and what is made of templates that know no tools.
@Suite struct ChatDialectTests {
    private static let families: [JSON] = {
        let file = goldens("TextTests").appending(path: "templates.json")
        return (try? JSON(parsing: Data(contentsOf: file)))?["families"]?.array ?? []
    }()

    private func template(_ family: String) throws -> ChatTemplate {
        let golden = try #require(Self.families.first { $0["name"]?.string == family })
        return try ChatTemplate(try #require(golden["template"]?.string))
    }

    private func dialect(_ family: String) throws -> ChatDialect {
        ChatDialect(try template(family), bosToken: "<s>", eosToken: "</s>")
    }

    private func message(_ json: JSON) throws -> Message {
        var message = Message(
            try #require(Role(rawValue: json["role"]?.string ?? "")), json["content"]?.string ?? "")
        message.name = json["name"]?.string
        message.reasoning = json["reasoning_content"]?.string
        message.toolCallID = json["tool_call_id"]?.string
        for call in json["tool_calls"]?.array ?? [] {
            let function = try #require(call["function"])
            message.toolCalls.append(
                ToolCall(
                    id: call["id"]?.string ?? "", name: try #require(function["name"]?.string),
                    arguments: try #require(function["arguments"]).text()))
        }
        return message
    }

    @Test(arguments: [
        ("qwen", "tools"), ("qwen", "tools, no system"), ("qwen3-thinking", "tools"),
        ("qwen3-thinking", "reasoning field"), ("mistral-tools", "tools"), ("llama3-tools", "tools in system"),
    ])
    func promptsAreThoseOfTheReference(family: String, name: String) throws {
        let golden = try #require(Self.families.first { $0["name"]?.string == family })
        let test = try #require(golden["cases"]?.array?.first { $0["name"]?.string == name })
        var extra: [String: JSON] = ["add_generation_prompt": false, "date_string": "04 Mar 2025"]
        for (key, value) in try #require(test["inputs"]?.object) where key != "messages" && key != "tools" {
            extra[key.text] = value
        }
        let tools = try (test["inputs"]?["tools"]?.array ?? []).map { tool in
            let function = try #require(tool["function"])
            return ToolDefinition(
                name: try #require(function["name"]?.string), description: function["description"]?.string,
                parameters: try #require(function["parameters"]))
        }
        let messages = try #require(test["inputs"]?["messages"]?.array).map(message)
        let prompt = try dialect(family).prompt(messages, tools: tools, extra: extra)
        #expect(prompt == test["output"]?.string)
    }

    @Test(arguments: [
        ("qwen", ToolFormat.hermes), ("qwen3-thinking", .hermes), ("hermes-tools", .hermes), ("smollm3", .hermes),
        ("llama3-tools", .llama), ("mistral-tools", .mistralList), ("harmony", .harmony), ("granite", .taggedList),
        ("smollm2", .plain), ("gemma", .plain), ("llama3", .plain), ("phi4-tools", .plain),
    ])
    func theFormatIsFoundInTheTemplate(family: String, format: ToolFormat) throws {
        let dialect = try dialect(family)
        #expect(dialect.format == format)
        #expect(dialect.takesTools == (format != .plain))
    }

    @Test func namesBehindTheMarkAreMistralsLaterWay() throws {
        let template = try ChatTemplate("{{ tools }}[TOOL_CALLS]{{ messages[0].content }}[ARGS]")
        #expect(ChatDialect(template).format == .mistralNames)
    }

    @Test func thinkingModelsAreKnownByTheirMarks() throws {
        #expect(try dialect("qwen3-thinking").reasoning?.close == "</think>")
        #expect(try dialect("qwen").reasoning == nil)
        let deepSeek = try dialect("deepseek-r1")
        let prompt = try deepSeek.prompt([Message(.user, "Why?")])
        #expect(prompt.hasSuffix("<think>\n"))
        var reader = deepSeek.reader(after: prompt, tools: [])
        let reading = Reading(reader.append("So.\n</think>\n\nBecause.") + reader.finish())
        #expect(reading == Reading(text: "Because.", reasoning: "So."))
    }

    private let tool = ToolDefinition(
        name: "get_time", description: "The time.",
        parameters: ["type": "object", "properties": ["city": ["type": "string"]]])

    private var history: [Message] {
        [
            Message(.user, "Time in Rome and Oslo?"),
            Message(
                .assistant, parts: [],
                toolCalls: [
                    ToolCall(id: "call_1", name: "get_time", arguments: "{\"city\":\"Rome\"}"),
                    ToolCall(id: "call_2", name: "get_time", arguments: "{\"city\":\"Oslo\"}"),
                ]),
            Message(.tool, parts: [.text("12:00")], toolCallID: "call_1"),
            Message(.tool, parts: [.text("13:00")], toolCallID: "call_2"),
        ]
    }

    @Test func aTemplateWithoutToolsTellsThemInTheSystemPrompt() throws {
        let prompt = try dialect("chatml").prompt([Message(.system, "Be brief.")] + history, tools: [tool])
        let parts = prompt.components(separatedBy: "<|im_start|>")
        #expect(parts.count == 6)
        #expect(parts[1].hasPrefix("system\nBe brief.\n\n"))
        #expect(parts[1].contains(#"{"name": "get_time", "description": "The time.", "parameters": {"type": "object""#))
        #expect(
            parts[3] == """
                assistant
                {"name": "get_time", "arguments": {"city": "Rome"}}
                {"name": "get_time", "arguments": {"city": "Oslo"}}<|im_end|>

                """)
        #expect(parts[4] == "user\nget_time returned:\n12:00\n\nget_time returned:\n13:00<|im_end|>\n")
        // Without a system prompt there is one now.
        #expect(try dialect("chatml").prompt(history, tools: [tool]).hasPrefix("<|im_start|>system\nYou can call"))
    }

    @Test func oneCallAMessageWhereTheTemplateKnowsNoMore() throws {
        let prompt = try dialect("llama3-tools").prompt(
            history, tools: [tool], extra: ["date_string": "1 Jan 2025"])
        let rome = try #require(prompt.range(of: #"{"name": "get_time", "parameters": {"city": "Rome"}}<|eot_id|>"#))
        let twelve = try #require(prompt.range(of: "12:00"))
        let oslo = try #require(prompt.range(of: #"{"name": "get_time", "parameters": {"city": "Oslo"}}<|eot_id|>"#))
        let thirteen = try #require(prompt.range(of: "13:00"))
        #expect(rome.upperBound < twelve.lowerBound && twelve.upperBound < oslo.lowerBound)
        #expect(oslo.upperBound < thirteen.lowerBound)
    }

    @Test func mistralsIDsHaveNineLetters() throws {
        let prompt = try dialect("mistral-tools").prompt(history, tools: [tool])
        let ids = prompt.components(separatedBy: "\"id\": \"").dropFirst().map { $0.prefix { $0 != "\"" } }
        let answers = prompt.components(separatedBy: "\"call_id\": \"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(ids.count == 2 && ids == answers && ids[0] != ids[1])
        #expect(ids.allSatisfy { $0.count == 9 && $0.allSatisfy { $0.isLetter || $0.isNumber } })
    }

    @Test func developersSpeakAsTheSystemWhereTheyAreUnknown() throws {
        let prompt = try dialect("qwen").prompt([Message(.developer, "Be brief."), Message(.user, "Hi")])
        #expect(prompt.hasPrefix("<|im_start|>system\nBe brief.<|im_end|>"))
    }
}
