import TestSupport
import Testing
import TuttiCheckpoints
import TuttiDialogue

/// What an answer was found to hold, however it came.
struct Reading: Equatable, CustomStringConvertible {
    struct Call: Equatable {
        var name: String
        var arguments = ""
        var isWhole = false
    }

    var text = ""
    var reasoning = ""
    var calls: [Call] = []

    init(text: String = "", reasoning: String = "", _ calls: [(String, String)] = []) {
        self.text = text
        self.reasoning = reasoning
        self.calls = calls.map { Call(name: $0.0, arguments: $0.1, isWhole: true) }
    }

    init(_ pieces: [AnswerPiece]) {
        var end = 0
        for piece in pieces {
            #expect(piece.end >= end)
            end = piece.end
            switch piece.content {
            case .text(let text): self.text += text
            case .reasoning(let text): reasoning += text
            case .callBegan(let name): calls.append(Call(name: name))
            case .callArguments(let text): calls[calls.count - 1].arguments += text
            case .callEnded: calls[calls.count - 1].isWhole = true
            }
        }
    }

    var description: String { "text \(text.debugDescription), reasoning \(reasoning.debugDescription), calls \(calls)" }
}

@Suite struct AnswerReaderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let format: ToolFormat
        var marks: ReasoningMarks? = nil
        var isReasoning = false
        let answer: String
        let reading: Reading

        init(
            _ format: ToolFormat, thinks: Bool = false, isReasoning: Bool = false, _ answer: String, _ reading: Reading
        ) {
            self.format = format
            marks = thinks ? ReasoningMarks(open: "<think>", close: "</think>") : nil
            self.isReasoning = isReasoning
            self.answer = answer
            self.reading = reading
        }

        var testDescription: String { "\(format) \(answer.prefix(60).debugDescription)" }
    }

    private static let weather = #"{"city": "Zürich", "when": "{\"now\"}"}"#
    private static let clock = #"{"city":"São \\ Paulo 🌍"}"#

    static let calls: [Case] = [
        // Hermes, as its models write and as they forget to.
        Case(
            .hermes, "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": \(weather)}\n</tool_call>",
            Reading([("get_weather", weather)])),
        Case(
            .hermes, "Let me see.\n\n<tool_call>{\"name\":\"get_time\",\"arguments\":\(clock)}</tool_call>\n",
            Reading(text: "Let me see.", [("get_time", clock)])),
        Case(
            .hermes,
            """
            <tool_call>
            {"name": "get_weather", "arguments": \(weather)}
            </tool_call>
            <tool_call>
            {"arguments": \(clock), "name": "get_time"}
            </tool_call>
            """, Reading([("get_weather", weather), ("get_time", clock)])),
        Case(
            .hermes, "<tool_call>\n{\"name\": \"ping\"}\n</tool_call>", Reading([("ping", "{}")])),
        Case(
            .hermes, "<tool_call>{\"name\": \"ping\", \"arguments\": null}</tool_call>", Reading([("ping", "{}")])),
        Case(
            .hermes, #"<tool_call>{"name": "get_time", "arguments": "{\"city\": \"Rome\"}"}</tool_call>"#,
            Reading([("get_time", #"{"city": "Rome"}"#)])),
        Case(
            .hermes,
            #"<tool_call>{"type": "function", "function": {"name": "ping", "arguments": {}}, "id": "x"}</tool_call>"#,
            Reading([("ping", "{}")])),
        Case(
            .hermes, "```json\n{\"name\": \"get_weather\", \"arguments\": \(weather)}\n```",
            Reading([("get_weather", weather)])),
        Case(
            .hermes, "I call:\n```json\n{\n  \"name\": \"get_time\",\n  \"arguments\": \(clock)\n}\n```\n",
            Reading(text: "I call:", [("get_time", clock)])),
        Case(
            .hermes, "<tools>\n{\"name\": \"get_time\", \"arguments\": \(clock)}\n</tools>",
            Reading([("get_time", clock)])),
        Case(
            .hermes, "{\"name\": \"get_time\", \"arguments\": \(clock)}\n{\"name\": \"ping\", \"arguments\": {}}",
            Reading([("get_time", clock), ("ping", "{}")])),
        // What looks like a call and is none.
        Case(
            .hermes, "<tool_call>\n{\"name\": \"unknown\", \"arguments\": {}}\n</tool_call>",
            Reading(text: "<tool_call>\n{\"name\": \"unknown\", \"arguments\": {}}\n</tool_call>")),
        Case(.hermes, "{\"name\": \"Ada\", \"age\": 36}", Reading(text: "{\"name\": \"Ada\", \"age\": 36}")),
        Case(
            .hermes, "```json\n{\"name\": \"get_timer\"}\n``` and <tool_cal",
            Reading(
                text: "```json\n{\"name\": \"get_timer\"}\n``` and <tool_cal")),
        Case(
            .hermes, "{\"name\": \"get_time\", \"description\": \"The time.\"}",
            Reading(text: "{\"name\": \"get_time\", \"description\": \"The time.\"}")),
        Case(.hermes, "a < b, {c}, `d`,  \n\n é ", Reading(text: "a < b, {c}, `d`,  \n\n é ")),
        Case(.hermes, "", Reading()),
        // Llama.
        Case(
            .llama, "{\"name\": \"get_weather\", \"parameters\": \(weather)}", Reading([("get_weather", weather)])),
        Case(
            .llama,
            "<|python_tag|>{\"name\": \"get_weather\", \"parameters\": \(weather)}; {\"name\": \"get_time\", \"parameters\": \(clock)}",
            Reading([("get_weather", weather), ("get_time", clock)])),
        Case(
            .llama, #"<|python_tag|>{"type": "function", "name": "ping", "parameters": {}}"#, Reading([("ping", "{}")])),
        // Mistral.
        Case(
            .mistralList,
            "[TOOL_CALLS] [{\"name\": \"get_weather\", \"arguments\": \(weather), \"id\": \"abcdefghi\"}]",
            Reading([("get_weather", weather)])),
        Case(
            .mistralList,
            "[TOOL_CALLS][{\"name\": \"get_time\", \"arguments\": \(clock)}, {\"name\": \"ping\", \"arguments\": {}}]",
            Reading([("get_time", clock), ("ping", "{}")])),
        Case(
            .mistralNames, "[TOOL_CALLS]get_weather[ARGS]\(weather)", Reading([("get_weather", weather)])),
        Case(
            .mistralNames, "Well.[TOOL_CALLS]get_time[CALL_ID]abcdefghi[ARGS]\(clock)[TOOL_CALLS]ping[ARGS]{}",
            Reading(text: "Well.", [("get_time", clock), ("ping", "{}")])),
        Case(.mistralNames, "[TOOL_CALLS] is a mark", Reading(text: "[TOOL_CALLS] is a mark")),
        // Granite and Phi.
        Case(
            .taggedList, "<|tool_call|>[{\"name\": \"get_time\", \"arguments\": \(clock)}]<|/tool_call|>",
            Reading([("get_time", clock)])),
        // Plain.
        Case(
            .plain, "{\"name\": \"get_weather\", \"arguments\": \(weather)}", Reading([("get_weather", weather)])),
        Case(.plain, "No call: {\"a\": 1}", Reading(text: "No call: {\"a\": 1}")),
    ]

    static let reasoning: [Case] = [
        Case(
            .hermes, thinks: true,
            "<think>\nThe user wants <tool_call>s… née\n</think>\n\n<tool_call>\n{\"name\": \"ping\", \"arguments\": {}}\n</tool_call>",
            Reading(reasoning: "The user wants <tool_call>s… née", [("ping", "{}")])),
        Case(
            .hermes, thinks: true, isReasoning: true, "\nHm </thin no\n\n</think>\n\nYes.",
            Reading(text: "Yes.", reasoning: "Hm </thin no")),
        Case(.hermes, thinks: true, "<think>\n\n</think>\n\nYes.", Reading(text: "Yes.")),
        Case(.hermes, thinks: true, "\n <thin air>", Reading(text: "\n <thin air>")),
        Case(.hermes, thinks: true, isReasoning: true, "never ends ", Reading(reasoning: "never ends")),
        Case(.hermes, thinks: true, "Yes. <think> is a word.", Reading(text: "Yes. <think> is a word.")),
        Case(.hermes, "<think>unknown</think>", Reading(text: "<think>unknown</think>")),
        Case(
            .harmony,
            "<|channel|>analysis<|message|>Weather, then.<|end|><|start|>assistant<|channel|>commentary "
                + "to=functions.get_weather <|constrain|>json<|message|>\(weather)<|call|>",
            Reading(reasoning: "Weather, then.", [("get_weather", weather)])),
        Case(
            .harmony, " to=functions.get_time<|channel|>commentary json<|message|>\(clock)<|call|>",
            Reading([("get_time", clock)])),
        Case(
            .harmony,
            "<|channel|>analysis<|message|>a < b<|end|><|start|>assistant<|channel|>final<|message|>Grüße <|x|> 1<|return|>",
            Reading(text: "Grüße <|x|> 1", reasoning: "a < b")),
        Case(
            .harmony, "<|channel|>commentary to=functions.ping<|message|><|call|>", Reading([("ping", "{}")])),
        Case(.harmony, "Just words.", Reading(text: "Just words.")),
    ]

    private func reader(_ test: Case) -> AnswerReader {
        AnswerReader(
            test.format, tools: ["get_weather", "get_time", "ping"], reasoning: test.marks,
            isReasoning: test.isReasoning)
    }

    private func read(_ test: Case, cuts: [Int]) -> Reading {
        let bytes = Array(test.answer.utf8)
        var reader = reader(test), pieces: [AnswerPiece] = [], start = 0
        for cut in cuts + [bytes.count] {
            pieces += reader.append(bytes[start..<cut])
            start = cut
        }
        pieces += reader.finish()
        #expect((pieces.last?.end ?? 0) <= bytes.count)
        return Reading(pieces)
    }

    @Test(arguments: calls + reasoning)
    func isReadAlikeHoweverItIsCut(test: Case) {
        let count = test.answer.utf8.count
        #expect(read(test, cuts: []) == test.reading)
        #expect(read(test, cuts: Array(0..<count)) == test.reading)
        for cut in 0..<count { #expect(read(test, cuts: [cut]) == test.reading, "cut at \(cut)") }
        var random = Random(seed: 7)
        for _ in 0..<100 {
            let cuts = (0..<count).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            #expect(read(test, cuts: cuts) == test.reading, "cut at \(cuts)")
        }
    }

    @Test func withoutToolsEverythingIsText() {
        for test in Self.calls where test.format != .harmony {
            var reader = AnswerReader(test.format), pieces: [AnswerPiece] = []
            for byte in test.answer.utf8 { pieces += reader.append([byte]) }
            pieces += reader.finish()
            #expect(Reading(pieces) == Reading(text: test.answer))
        }
    }

    @Test func argumentsAreToldAsTheyCome() {
        var reader = AnswerReader(.hermes, tools: ["get_time"])
        #expect(reader.append("<tool_call>\n{\"name\": \"get_ti") == [])
        #expect(reader.append("me\", \"arguments\": ").map(\.content) == [])
        #expect(
            reader.append("{\"city\": \"Ro").map(\.content) == [
                .callBegan("get_time"), .callArguments("{\"city\": \"Ro"),
            ])
        #expect(reader.append("me").map(\.content) == [.callArguments("me")])
        #expect(reader.append("\"}}").map(\.content) == [.callArguments("\"}"), .callEnded])
        #expect(reader.append("\n</tool_call>") == [] && reader.finish() == [])
    }

    @Test func textIsHeldBackNoLongerThanItMayBecomeACall() {
        var reader = AnswerReader(.hermes, tools: ["get_time"])
        #expect(reader.append("Hello").map(\.content) == [.text("Hello")])
        #expect(reader.append(" <tool").map(\.content) == [])
        #expect(reader.append("box>").map(\.content) == [.text(" <toolbox>")])
        #expect(reader.append(" {").map(\.content) == [])
        #expect(reader.append("\"name\": \"x").map(\.content) == [.text(" {\"name\": \"x")])
    }

    @Test func anAnswerThatIsCutOffTellsWhatThereIs() {
        var reader = AnswerReader(.hermes, tools: ["get_time"])
        var pieces = reader.append("<tool_call>\n{\"name\": \"get_time\", \"arguments\": {\"city\": \"Ro")
        pieces += reader.finish()
        let reading = Reading(pieces)
        #expect(reading.calls == [.init(name: "get_time", arguments: "{\"city\": \"Ro", isWhole: false)])
        var early = AnswerReader(.hermes, tools: ["get_time"])
        #expect(Reading(early.append("<tool_call>\n{\"na") + early.finish()) == Reading(text: "<tool_call>\n{\"na"))
    }

    /// Any bytes at all: nothing traps, and what is no call comes back.
    @Test func hostileAnswersAreText() {
        var random = Random(seed: 11)
        let parts = [
            "<tool_call>", "</tool_call>", "{", "}", "[", "]", "\"", "\\", "\"name\": \"get_time\"", "\"arguments\": ",
            "```json\n",
            "<think>", "</think>", "[TOOL_CALLS]", "[ARGS]", "<|python_tag|>", "<|channel|>", "<|message|>", "<|end|>",
            "é", "\n",
            ":", ",", "null", "get_time",
        ]
        for format in ToolFormat.allCases {
            for _ in 0..<500 {
                var reader = AnswerReader(
                    format, tools: ["get_time"], reasoning: ReasoningMarks(open: "<think>", close: "</think>"))
                var bytes: [UInt8] = []
                for _ in 0..<Int.random(in: 0..<30, using: &random) {
                    bytes += parts.randomElement(using: &random).map { Array($0.utf8) } ?? []
                    if Int.random(in: 0..<20, using: &random) == 0 {
                        bytes.append(UInt8.random(in: 0...255, using: &random))
                    }
                }
                var pieces: [AnswerPiece] = []
                for byte in bytes { pieces += reader.append([byte]) }
                pieces += reader.finish()
                var whole = AnswerReader(
                    format, tools: ["get_time"], reasoning: ReasoningMarks(open: "<think>", close: "</think>"))
                #expect(Reading(pieces) == Reading(whole.append(bytes) + whole.finish()))
            }
        }
    }

    @Test func aLongAnswerTakesTimeInProportion() {
        var reader = AnswerReader(
            .hermes, tools: ["get_time"], reasoning: ReasoningMarks(open: "<think>", close: "</think>"))
        let text = String(repeating: "{\"name\": \"x\"} <tool_call> ```json\n", count: 30_000)
        #expect(Reading(reader.append(text) + reader.finish()).text == text)
    }
}
