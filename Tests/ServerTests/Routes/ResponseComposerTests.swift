import Testing
import Tutti
import TuttiOpenAI
import TuttiServer

@Suite struct ResponseComposerTests {
    private func composer(_ body: JSON = [:]) throws -> ResponseComposer {
        var body = body
        body.set("model", "m")
        body.set("input", "x")
        let response = ResponseObject(id: "resp_1", createdAt: 1, request: try ResponseRequest(body), model: "m")
        return ResponseComposer(response) { choices in
            choices.map { TokenLogprob(token: "t\($0.token)", bytes: [], logprob: $0.logProbability ?? 0) }
        }
    }

    private func end(_ reason: TurnEnd.Reason) -> TurnEvent {
        var usage = TurnUsage()
        usage.promptTokens = 5
        usage.cachedTokens = 2
        usage.completionTokens = 7
        usage.reasoningTokens = 3
        return .finished(TurnEnd(reason: reason, usage: usage))
    }

    private func told(_ composer: inout ResponseComposer, _ events: [TurnEvent]) -> [JSON] {
        composer.begin() + events.flatMap { composer.take($0) }
    }

    private func kinds(_ events: [JSON]) -> [String] {
        events.compactMap { $0["type"]?.string.map { String($0.dropFirst("response.".count)) } }
    }

    @Test func thoughtsWordsAndCallsAreItemsOfTheirOwn() throws {
        var composer = try composer()
        let events = told(
            &composer,
            [
                .started(promptTokens: 5, cachedTokens: 2), .reasoning("hm"), .text("a", choices: []),
                .text("b", choices: []), .toolCallBegan(index: 0, id: "call_1", name: "f"),
                .toolCallArguments(index: 0, "{"), .toolCallArguments(index: 0, "}"), end(.toolCalls),
            ])
        #expect(
            kinds(events) == [
                "created", "in_progress", "output_item.added", "content_part.added", "reasoning_text.delta",
                "reasoning_text.done", "content_part.done", "output_item.done", "output_item.added",
                "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
                "content_part.done", "output_item.done", "output_item.added", "function_call_arguments.delta",
                "function_call_arguments.delta", "function_call_arguments.done", "output_item.done", "completed",
            ])
        #expect(events.compactMap { $0["sequence_number"]?.int } == Array(0..<events.count))
        let output = try #require(events.last?["response"]?["output"]?.array)
        #expect(output.map { $0["type"]?.string } == ["reasoning", "message", "function_call"])
        #expect(output.allSatisfy { $0["status"]?.string == "completed" })
        #expect(output[0]["content"]?[0]?["text"]?.string == "hm")
        #expect(output[1]["content"]?[0]?["text"]?.string == "ab")
        #expect(output[2]["arguments"]?.string == "{}" && output[2]["call_id"]?.string == "call_1")
        // Each event names the item that it is about.
        for event in events {
            guard let index = event["output_index"]?.int, let id = event["item_id"]?.string else { continue }
            #expect(output[index]["id"]?.string == id)
        }
        let usage = events.last?["response"]?["usage"]
        #expect(usage?["total_tokens"]?.int == 12 && usage?["output_tokens_details"]?["reasoning_tokens"]?.int == 3)
    }

    @Test func aSummaryIsAnsweredWithThoughts() throws {
        var composer = try composer(["reasoning": ["summary": "auto"]])
        let events = told(&composer, [.reasoning("h"), .reasoning("m"), .text("a", choices: []), end(.stop)])
        #expect(
            kinds(events).filter { $0.hasPrefix("reasoning") } == [
                "reasoning_summary_part.added", "reasoning_summary_text.delta", "reasoning_summary_text.delta",
                "reasoning_summary_text.done", "reasoning_summary_part.done",
            ])
        #expect(composer.response.json["output"]?[0]?["summary"]?[0]?["text"]?.string == "hm")
    }

    @Test func whatWasCutSaysSo() throws {
        var composer = try composer()
        let events = told(&composer, [.text("a", choices: []), end(.length)])
        #expect(kinds(events).last == "incomplete")
        #expect(composer.response.json["incomplete_details"]?["reason"]?.string == "max_output_tokens")
        #expect(composer.response.json["output"]?[0]?["status"]?.string == "incomplete")
    }

    @Test func anAnswerWithoutAWordIsAMessage() throws {
        var composer = try composer()
        _ = told(&composer, [end(.stop)])
        #expect(composer.response.json["output"]?[0]?["content"]?[0]?["text"]?.string == "")
    }

    @Test func everyLogProbabilityIsTold() throws {
        var composer = try composer(["include": ["message.output_text.logprobs"]])
        func choice(_ token: Token) -> Choice { Choice(token: token, logProbability: -1) }
        let events = told(
            &composer,
            [
                .text("", choices: [choice(1)]), .text("ab", choices: [choice(2)]), .text("", choices: [choice(3)]),
                end(.stop),
            ])
        let delta = try #require(events.first { $0["type"]?.string == "response.output_text.delta" })
        #expect(delta["logprobs"]?.array?.compactMap { $0["token"]?.string } == ["t1", "t2"])
        let whole = composer.response.json["output"]?[0]?["content"]?[0]?["logprobs"]?.array
        #expect(whole?.compactMap { $0["token"]?.string } == ["t1", "t2", "t3"])
    }

    @Test func aQueuedOneGoesOnCounting() throws {
        var composer = try composer(["background": true])
        let events = composer.queue() + composer.begin() + composer.fail(.internalError)
        #expect(kinds(events) == ["created", "queued", "in_progress", "failed"])
        #expect(events.compactMap { $0["sequence_number"]?.int } == [0, 1, 2, 3])
        #expect(events.last?["response"]?["error"]?["code"]?.string == "server_error")
    }
}
