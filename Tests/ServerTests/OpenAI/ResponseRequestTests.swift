import Testing
import TuttiCheckpoints
import TuttiOpenAI

@Suite struct ResponseRequestTests {
    private static let tool: JSON = ["type": "function", "name": "f", "parameters": ["type": "object"], "strict": true]

    private func request(_ members: JSON) throws -> ResponseRequest {
        var body: JSON = ["model": "m", "input": "x"]
        for (name, value) in members.members ?? [:] { body.set(name, value) }
        return try ResponseRequest(body)
    }

    @Test func whatIsNotSaidHasItsDefault() throws {
        let json = ResponseObject(id: "r", createdAt: 1, request: try request([:]), model: "m").json
        #expect(json["tool_choice"] == "auto" && json["tools"] == [] && json["parallel_tool_calls"] == true)
        #expect(json["truncation"] == "disabled" && json["temperature"]?.double == 1 && json["store"] == true)
        #expect(json["text"]?["format"]?["type"] == "text" && json["metadata"] == [:])
    }

    @Test func toolsAndChoicesAreToldBack() throws {
        let choices: [JSON] = [
            "none", "required", ["type": "function", "name": "f"],
            ["type": "allowed_tools", "mode": "required", "tools": [["type": "function", "name": "f"]]],
        ]
        for choice in choices {
            let made = try request(["tools": [Self.tool], "tool_choice": choice])
            let json = ResponseObject(id: "r", createdAt: 1, request: made, model: "m").json
            #expect(json["tool_choice"] == choice)
            #expect(json["tools"]?[0]?["name"] == "f" && json["tools"]?[0]?["strict"] == true)
        }
    }

    @Test(
        arguments: [
            ("input", ["input": 5]), ("input[0].type", ["input": [["type": "smell"]]]),
            ("input[0].role", ["input": [["role": "stranger", "content": "x"]]]),
            ("input[0].content[0].image_url", ["input": [["role": "user", "content": [["type": "input_image"]]]]]),
            ("input[0].content", ["input": [["role": "user"]]]), ("temperature", ["temperature": 3]),
            ("max_output_tokens", ["max_output_tokens": 0]), ("tool_choice", ["tool_choice": "perhaps"]),
            ("tools[0].type", ["tools": [["type": "web_search"]]]), ("truncation", ["truncation": "sometimes"]),
            ("conversation", ["conversation": "c", "previous_response_id": "r"]),
            ("background", ["background": true, "store": false]), ("include[0]", ["include": ["x"]]),
            ("top_logprobs", ["top_logprobs": 21]), ("text.format.type", ["text": ["format": ["type": "x"]]]),
            ("reasoning.effort", ["reasoning": ["effort": "x"]]), ("prompt", ["prompt": ["id": "p"]]),
            ("stream_options", ["stream_options": [:]]), ("metadata", ["metadata": ["a"]]),
        ] as [(String, JSON)])
    func whatIsWrongIsNamed(param: String, members: JSON) {
        let error = #expect(throws: APIError.self) { try request(members) }
        #expect(error?.status == 400 && error?.param == param)
    }

    @Test func linesOfABatchAreChecked() throws {
        let line = #"{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"input":"x"}}"#
        #expect(try BatchLine(Array(line.utf8), line: 1, endpoint: "/v1/responses").customID == "a")
        for (old, new) in [
            ("\"a\"", "\"\""), ("POST", "GET"), ("responses", "embeddings"), ("{\"input\":\"x\"}", "5"),
            ("\"input\":\"x\"", "\"stream\":true"), ("}}", "}"),
        ] {
            let bad = line.replacing(old, with: new)
            let refusal = #expect(throws: BatchLine.Refusal.self) {
                try BatchLine(Array(bad.utf8), line: 7, endpoint: "/v1/responses")
            }
            #expect(refusal?.problem.line == 7)
        }
    }
}
