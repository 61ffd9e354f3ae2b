import Testing
import TuttiCheckpoints
import TuttiOpenAI

@Suite struct TextCompletionTests {
    private func request(_ members: String) throws -> CompletionRequest {
        try CompletionRequest(try JSON(parsing: #"{"model":"m",\#(members)}"#))
    }

    @Test func promptsComeInFourForms() throws {
        #expect(try request(#""prompt":"a""#).prompts == [.text("a")])
        #expect(try request(#""prompt":["a","b"]"#).prompts == [.text("a"), .text("b")])
        #expect(try request(#""prompt":[1,2]"#).prompts == [.tokens([1, 2])])
        #expect(try request(#""prompt":[[1],[2,3]]"#).prompts == [.tokens([1]), .tokens([2, 3])])
        #expect(try request(#""prompt":null"#).prompts == [.text("")])
        #expect(try request(#""n":2"#).bestOf == 2 && request(#""n":2"#).maximumTokens == 16)
    }

    @Test(arguments: [
        (#""prompt":5"#, "prompt"), (#""prompt":[]"#, "prompt"), (#""prompt":["a",1]"#, "prompt[1]"),
        (#""prompt":[1,"a"]"#, "prompt[1]"), (#""prompt":[[1],"a"]"#, "prompt[1]"), (#""prompt":[[]]"#, "prompt[0]"),
        (#""logprobs":6"#, "logprobs"), (#""max_tokens":-1"#, "max_tokens"), (#""n":3,"best_of":2"#, "best_of"),
        (#""best_of":2,"stream":true"#, "best_of"), (#""echo":1"#, "echo"), (#""suffix":5"#, "suffix"),
        (#""suffix":"a","echo":true,"logprobs":1"#, "suffix"), (#""stream_options":{}"#, "stream_options"),
    ])
    func aWrongValueIsNamed(members: String, param: String) {
        #expect { try request(members) } throws: { ($0 as? APIError)?.param == param }
    }

    @Test func theFourListsAreOfOneLength() {
        let tokens = [
            TextLogprobs.Token(text: "é", logprob: nil, top: []),
            TextLogprobs.Token(
                text: "🌍b", logprob: -1, top: [.init(text: "x", logprob: -0.5), .init(text: "x", logprob: -3)]),
            TextLogprobs.Token(text: "", logprob: -.infinity, top: []),
        ]
        let json = TextLogprobs(tokens: tokens, offset: 4, hasTop: true).json
        #expect(json["tokens"] == ["é", "🌍b", ""] && json["text_offset"] == [4, 5, 7])
        #expect(json["token_logprobs"] == [nil, -1.0, -9999.0])
        #expect(json["top_logprobs"] == [nil, ["x": -0.5], [:]])
        #expect(TextLogprobs(tokens: tokens, hasTop: false).json["top_logprobs"] == .null)
    }
}

@Suite struct EmbeddingWireTests {
    @Test(arguments: [
        (#"{"model":"m"}"#, "input"), (#"{"model":"m","input":""}"#, "input"), (#"{"model":"m","input":[]}"#, "input"),
        (#"{"model":"m","input":["a",""]}"#, "input[1]"), (#"{"model":"m","input":{"a":1}}"#, "input"),
        (#"{"model":"m","input":"a","dimensions":0}"#, "dimensions"),
        (#"{"model":"m","input":"a","encoding_format":"hex"}"#, "encoding_format"),
    ])
    func aWrongValueIsNamed(body: String, param: String) {
        #expect { try EmbeddingRequest(try JSON(parsing: body)) } throws: { ($0 as? APIError)?.param == param }
    }

    @Test func numbersAreWrittenBothWays() {
        let vectors: [[Float]] = [[1, -0.5]]
        let plain = EmbeddingList(model: "m", vectors: vectors, encoding: .float, promptTokens: 3).json
        let packed = EmbeddingList(model: "m", vectors: vectors, encoding: .base64, promptTokens: 3).json
        #expect(plain["data"]?[0]?["embedding"] == [1.0, -0.5] && plain["usage"]?["total_tokens"] == 3)
        #expect(packed["data"]?[0]?["embedding"] == "AACAPwAAAL8=")
    }
}
