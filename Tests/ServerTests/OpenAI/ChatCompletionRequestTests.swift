import Testing
import TuttiCheckpoints
import TuttiOpenAI

/// What a chat completion's body may hold, and how what is wrong with it is named.
@Suite struct ChatCompletionRequestTests {
    static func body(_ members: String) throws -> JSON {
        try JSON(parsing: #"{"model":"m","messages":[{"role":"user","content":"Hi"}],\#(members)}"#)
    }

    private func refusal(_ body: String) -> APIError? {
        do {
            _ = try ChatCompletionRequest(try JSON(parsing: body))
            return nil
        } catch {
            return error as? APIError
        }
    }

    @Test func theDefaultsAreOpenAIs() throws {
        let request = try ChatCompletionRequest(try Self.body(#""user":null"#))
        #expect(request.choiceCount == 1 && !request.streams && request.maximumTokens == nil && !request.isStored)
        #expect(request.topLogprobs == nil && request.allowsParallelToolCalls && request.toolChoice == nil)
        #expect(request.responseFormat == .text)
    }

    @Test(arguments: [
        (#""temperature":2.5"#, "temperature"), (#""temperature":"hot""#, "temperature"), (#""top_p":1.1"#, "top_p"),
        (#""n":0"#, "n"), (#""n":129"#, "n"), (#""n":"two""#, "n"), (#""stream":"yes""#, "stream"),
        (#""max_tokens":0"#, "max_tokens"), (#""max_completion_tokens":-1"#, "max_completion_tokens"),
        (#""stop":["a","b","c","d","e"]"#, "stop"), (#""stop":5"#, "stop"), (#""stop":[""]"#, "stop"),
        (#""stop":["a",1]"#, "stop[1]"), (#""presence_penalty":2.1"#, "presence_penalty"),
        (#""frequency_penalty":-2.1"#, "frequency_penalty"), (#""logit_bias":{"5":101}"#, "logit_bias.5"),
        (#""logit_bias":{"five":1}"#, "logit_bias"), (#""logit_bias":[5]"#, "logit_bias"),
        (#""logprobs":1"#, "logprobs"), (#""logprobs":true,"top_logprobs":21"#, "top_logprobs"),
        (#""top_logprobs":2"#, "top_logprobs"), (#""seed":"lucky""#, "seed"), (#""seed":1.5"#, "seed"),
        (#""tools":{}"#, "tools"), (#""tools":[{"type":"custom","custom":{"name":"a"}}]"#, "tools[0].type"),
        (#""tools":[{"type":"function"}]"#, "tools[0].function"),
        (#""tools":[{"type":"function","function":{}}]"#, "tools[0].function.name"),
        (#""tools":[{"type":"function","function":{"name":"a b"}}]"#, "tools[0].function.name"),
        (#""tools":[{"type":"function","function":{"name":"a","parameters":[]}}]"#, "tools[0].function.parameters"),
        (#""tool_choice":"required""#, "tool_choice"), (#""tool_choice":"perhaps""#, "tool_choice"),
        (#""tool_choice":{"type":"function","function":{"name":"a"}}"#, "tool_choice.function.name"),
        (#""response_format":"json""#, "response_format"),
        (#""response_format":{"type":"yaml"}"#, "response_format.type"),
        (#""response_format":{"type":"json_schema"}"#, "response_format.json_schema"),
        (#""response_format":{"type":"json_schema","json_schema":{"schema":{}}}"#, "response_format.json_schema.name"),
        (
            #""response_format":{"type":"json_schema","json_schema":{"name":"a"}}"#,
            "response_format.json_schema.schema"
        ),
        (#""modalities":["smell"]"#, "modalities"), (#""modalities":["text","audio"]"#, "audio"),
        (#""modalities":["audio"],"audio":{"voice":"alloy"}"#, "audio.format"),
        (#""metadata":["a"]"#, "metadata"), (#""metadata":{"a":1}"#, "metadata.a"),
        (#""stream_options":{"include_usage":true}"#, "stream_options"),
        (#""web_search_options":{}"#, "web_search_options"), (#""moderation":{"model":"m"}"#, "moderation"),
        (#""service_tier":"gold""#, "service_tier"), (#""verbosity":"chatty""#, "verbosity"),
        (#""reasoning_effort":"some""#, "reasoning_effort"), (#""user":5"#, "user"),
        (#""prediction":{"type":"guess","content":"a"}"#, "prediction.type"),
        (#""prediction":{"type":"content"}"#, "prediction.content"),
    ])
    func aWrongValueIsNamed(members: String, param: String) throws {
        #expect(throws: APIError.self) { try ChatCompletionRequest(try Self.body(members)) }
        let refusal = refusal(#"{"model":"m","messages":[{"role":"user","content":"Hi"}],\#(members)}"#)
        #expect(refusal?.param == param && refusal?.status == 400)
    }

    @Test(arguments: [
        (#"{"messages":[{"role":"user","content":"Hi"}]}"#, "model"), (#"{"model":"m"}"#, "messages"),
        (#"{"model":"m","messages":[]}"#, "messages"), (#"{"model":"m","messages":"Hi"}"#, "messages"),
        (#"{"model":"m","messages":["Hi"]}"#, "messages[0]"),
        (#"{"model":"m","messages":[{"content":"Hi"}]}"#, "messages[0].role"),
        (#"{"model":"m","messages":[{"role":"stranger","content":"Hi"}]}"#, "messages[0].role"),
        (#"{"model":"m","messages":[{"role":"user"}]}"#, "messages[0].content"),
        (#"{"model":"m","messages":[{"role":"user","content":5}]}"#, "messages[0].content"),
        (#"{"model":"m","messages":[{"role":"user","content":[{"type":"smell"}]}]}"#, "messages[0].content[0].type"),
        (
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}"#,
            "messages[0].content[0].image_url.url"
        ),
        (
            #"{"model":"m","messages":[{"role":"system","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}"#,
            "messages[0].content[0].type"
        ),
        (#"{"model":"m","messages":[{"role":"assistant"}]}"#, "messages[0].content"),
        (#"{"model":"m","messages":[{"role":"tool","content":"1"}]}"#, "messages[0].tool_call_id"),
        (
            #"{"model":"m","messages":[{"role":"tool","content":"1","tool_call_id":"c"}]}"#,
            "messages[0].tool_call_id"
        ),
        (#"{"model":"m","messages":[{"role":"function","content":"1"}]}"#, "messages[0].name"),
    ])
    func aWrongMessageIsNamed(body: String, param: String) {
        #expect(refusal(body)?.param == param)
    }

    @Test func everyRoleIsRead() throws {
        let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}"#
        let request = try ChatCompletionRequest(
            try JSON(
                parsing: """
                    {"model":"m","messages":[{"role":"system","content":"a"},
                    {"role":"developer","content":[{"type":"text","text":"b"},{"type":"text","text":"c"}]},
                    {"role":"user","content":"d","name":"ada"},{"role":"assistant","content":null,"tool_calls":[\(call)]},
                    {"role":"tool","tool_call_id":"c1","content":"e"},
                    {"role":"assistant","content":[{"type":"refusal","refusal":"no"}],"reasoning_content":"hm"},
                    {"role":"assistant","function_call":{"name":"g","arguments":"{}"}},
                    {"role":"function","name":"g","content":null}]}
                    """))
        #expect(
            request.messages.map(\.role) == [
                .system, .developer, .user, .assistant, .tool, .assistant, .assistant, .function,
            ])
        #expect(request.messages[1].texts == ["b", "c"] && request.messages[2].name == "ada")
        #expect(request.messages[3].calls == [ChatMessage.Call("c1", "f", "{}")] && request.messages[4].callID == "c1")
        #expect(request.messages[5].texts == ["no"] && request.messages[5].reasoning == "hm")
        #expect(request.messages[7].callID == request.messages[6].calls[0].id)
    }

    @Test func toolsAndTheirChoiceAreRead() throws {
        let tools =
            #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":true}}]"#
        func choice(_ text: String) throws -> ToolChoiceOption? {
            try ChatCompletionRequest(try Self.body(#"\#(tools),"tool_choice":\#(text)"#)).toolChoice
        }
        #expect(try choice(#""auto""#) == .auto)
        #expect(try choice(#""none""#) == ToolChoiceOption.none)
        #expect(try choice(#""required""#) == .required)
        #expect(try choice(#"{"type":"function","function":{"name":"f"}}"#) == .function("f"))
        // As responses write it.
        #expect(try choice(#"{"type":"function","name":"f"}"#) == .function("f"))
        let allowed =
            #"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}"#
        #expect(try choice(allowed) == .allowed(["f"], isRequired: true))
        let tool = try ChatCompletionRequest(try Self.body(tools)).tools[0]
        #expect(tool.isStrict == true && tool.parametersPath == "tools[0].function.parameters")
    }

    @Test func functionsAreToolsInTheirOlderForm() throws {
        let functions = #""functions":[{"name":"f"}],"function_call":{"name":"f"}"#
        let request = try ChatCompletionRequest(try Self.body(functions))
        #expect(request.usesFunctions && request.toolChoice == .function("f") && !request.allowsParallelToolCalls)
        #expect(request.tools.map(\.name) == ["f"])
    }
}
