import Testing
import TuttiCheckpoints
import TuttiOpenAI

/// What answers look like: the fields that OpenAI's clients count on are there, with null where nothing is to be said.
@Suite struct ChatCompletionTests {
    private let head = ChatCompletion.Head(id: "chatcmpl-1", created: 7, model: "m", systemFingerprint: "fp_1")

    @Test func anAnswerHasEveryField() {
        let logprob = TokenLogprob(
            token: "a", bytes: [97], logprob: -1, top: [TokenLogprob(token: "b", bytes: [98], logprob: -.infinity)])
        let json = ChatCompletion(
            head: head,
            choices: [
                .init(index: 0, message: AnsweredMessage(text: "a"), finishReason: .stop, logprobs: [logprob]),
                .init(
                    index: 1, message: AnsweredMessage(calls: [ChatMessage.Call("call_1", "f", "{}")]),
                    finishReason: .toolCalls),
            ],
            usage: CompletionUsage(promptTokens: 3, completionTokens: 4, cachedTokens: 2)
        ).json
        #expect(json["object"] == "chat.completion" && json["created"] == 7 && json["model"] == "m")
        #expect(json["choices"]?[0]?["message"]?["refusal"] == .null)
        #expect(json["choices"]?[0]?["logprobs"]?["content"]?[0]?["bytes"] == [97])
        #expect(json["choices"]?[0]?["logprobs"]?["content"]?[0]?["top_logprobs"]?[0]?["logprob"] == -9999.0)
        #expect(json["choices"]?[1]?["logprobs"] == .null && json["choices"]?[1]?["message"]?["content"] == .null)
        #expect(json["choices"]?[1]?["message"]?["tool_calls"]?[0]?["function"]?["name"] == "f")
        #expect(json["choices"]?[1]?["finish_reason"] == "tool_calls")
        #expect(json["usage"]?["total_tokens"] == 7 && json["usage"]?["prompt_tokens_details"]?["cached_tokens"] == 2)
        #expect(json["usage"]?["completion_tokens_details"]?["reasoning_tokens"] == 0)
    }

    @Test func reasoningIsKeptApart() {
        let message = AnsweredMessage(text: "4", reasoning: "2 and 2")
        #expect(message.json["content"] == "4" && message.json["reasoning_content"] == "2 and 2")
        #expect(AnsweredMessage(text: "4").json["reasoning_content"] == nil)
    }

    @Test func chunksTellUsageOnlyWhereItWasWanted() {
        let plain = ChatCompletionChunk(head: head, index: 0, .text("a"), hasUsage: false).json
        let counted = ChatCompletionChunk(head: head, index: 0, .text("a"), hasUsage: true).json
        let last = ChatCompletionChunk(head: head, usage: CompletionUsage(promptTokens: 1, completionTokens: 1)).json
        #expect(plain["usage"] == nil && counted["usage"] == .null && last["usage"]?["total_tokens"] == 2)
        #expect(last["choices"] == [])
        #expect(plain["choices"]?[0]?["finish_reason"] == .null && plain["choices"]?[0]?["logprobs"] == .null)
    }

    @Test func aCallIsStreamedWithItsIdOnce() {
        let began = ChatCompletionChunk.Delta.callBegan(index: 1, id: "call_1", name: "f").json
        let more = ChatCompletionChunk.Delta.callArguments(index: 1, "{").json
        #expect(began["tool_calls"]?[0]?["id"] == "call_1" && began["tool_calls"]?[0]?["function"]?["arguments"] == "")
        #expect(more == ["tool_calls": [["index": 1, "function": ["arguments": "{"]]]])
        #expect(ChatCompletionChunk.Delta.role(hasText: true).json["content"] == "")
        #expect(ChatCompletionChunk.Delta.role(hasText: false).json["content"] == .null)
    }

    @Test func aStoredCompletionKeepsItsRequest() throws {
        let request = try ChatCompletionRequest(
            try JSON(
                parsing: """
                    {"model":"m","temperature":0.5,"metadata":{"a":"b"},"messages":[{"role":"user","content":"Hi"},
                    {"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]}]}
                    """))
        let completion = ChatCompletion(
            head: head, choices: [], usage: CompletionUsage(), metadata: request.metadata)
        let stored = StoredChatCompletion(completion, request)
        #expect(
            stored.json["temperature"] == 0.5 && stored.json["metadata"] == ["a": "b"] && stored.json["tools"] == .null)
        #expect(stored.messages.map { $0["id"] } == ["chatcmpl-1-0", "chatcmpl-1-1"])
        #expect(stored.messages[1]["content"] == "xy" && stored.messages[1]["content_parts"]?.array?.count == 2)
    }
}
