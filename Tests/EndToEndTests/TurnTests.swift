import Foundation
import TestSupport
import Testing
import Tutti

/// Turns with a real model, the default one.
@Suite(.serialized) struct TurnTests {
    static let model = Task {
        var options = LoadOptions()
        options.engine.context = 4096
        return try await LanguageModel.load("qwen2.5-coder-0.5b", options: options)
    }

    private let weather = ToolDefinition(
        name: "get_weather", description: "The weather in a city now.",
        parameters: [
            "type": "object",
            "properties": [
                "city": ["type": "string", "maxLength": 40],
                "unit": ["type": "string", "enum": ["celsius", "fahrenheit"]],
            ],
            "required": ["city", "unit"], "additionalProperties": false,
        ])
    private let clock = ToolDefinition(
        name: "get_time", description: "The time in a city now.",
        parameters: ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]])

    private func request(_ words: String, _ tools: [ToolDefinition] = []) -> TurnRequest {
        var request = TurnRequest([Message(.user, words)])
        request.tools = tools
        request.sampling = .greedy
        request.maximumTokens = 96
        return request
    }

    private func arguments(_ call: ToolCall?) throws -> JSON { try JSON(parsing: try #require(call).arguments) }

    @Test func aForcedCallIsForced() async throws {
        let model = try await Self.model.value
        var request = request("What is the weather in Paris, in celsius?", [weather, clock])
        request.toolChoice = .named("get_weather")
        let answer = try await model.turn(request).answer()
        #expect(answer.message.toolCalls.map(\.name) == ["get_weather"])
        #expect(answer.message.text.isEmpty && answer.end?.reason == .toolCalls)
        #expect(try arguments(answer.message.toolCalls.first) == ["city": "Paris", "unit": "celsius"])
        #expect(answer.message.toolCalls[0].id.hasPrefix("call_"))

        request.messages = [Message(.user, "Tell me a joke.")]
        request.toolChoice = .required
        request.allowsParallelToolCalls = false
        #expect(try await model.turn(request).answer().message.toolCalls.count == 1)
        request.toolChoice = .allowed(["get_time"], isRequired: true)
        #expect(try await model.turn(request).answer().message.toolCalls.map(\.name) == ["get_time"])
    }

    @Test(arguments: [1, 5, 9, 12])
    func aForcedCallThatIsCutOffIsNoText(tokens: Int) async throws {
        let model = try await Self.model.value
        var request = request("What is the weather in Paris, in celsius?", [weather])
        request.toolChoice = .required
        request.maximumTokens = tokens
        let answer = try await model.turn(request).answer()
        #expect(answer.message.text.isEmpty && answer.end?.reason == .length)
        #expect(answer.end?.usage.completionTokens == tokens)
    }

    @Test func anAutomaticCallIsRecognised() async throws {
        let model = try await Self.model.value
        let request = request("Use the tool get_weather to find the weather in Paris in celsius.", [weather])
        let answer = try await model.turn(request).answer()
        #expect(answer.message.toolCalls.map(\.name) == ["get_weather"])
        #expect(answer.end?.reason == .toolCalls && answer.message.text.isEmpty)
        #expect(try arguments(answer.message.toolCalls.first)["city"] == "Paris")
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func argumentsFitHoweverHotTheSamplingIs(seed: UInt64) async throws {
        let model = try await Self.model.value
        var request = request("What is the weather in Paris?", [weather])
        request.toolChoice = .required
        request.allowsParallelToolCalls = false
        request.sampling = SamplingOptions()
        request.sampling.temperature = 1.5
        request.sampling.seed = seed
        request.maximumTokens = 200
        let answer = try await model.turn(request).answer()
        let arguments = try arguments(answer.message.toolCalls.first)
        #expect(Set(arguments.object?.keys.map(\.text) ?? []) == ["city", "unit"])
        #expect(["celsius", "fahrenheit"].contains(arguments["unit"]?.string))
        #expect(arguments["city"]?.string?.count ?? 99 <= 40)
    }

    @Test func withoutAChoiceThereIsNoCall() async throws {
        let model = try await Self.model.value
        var request = request("What is the weather in Paris?", [weather])
        request.toolChoice = .none
        let answer = try await model.turn(request).answer()
        #expect(answer.message.toolCalls.isEmpty && !answer.message.text.isEmpty)
        let bare = try model.promptTokens(request).count
        request.toolChoice = .auto
        #expect(try model.promptTokens(request).count > bare + 20)
    }

    @Test func eventsComeInOrderAndTokensWithTheirText() async throws {
        let model = try await Self.model.value
        var request = request("Say: grün, weiß, 🌍.")
        request.sampling.logProbabilities = 2
        var events: [TurnEvent] = [], text = "", tokens: [Token] = []
        for try await event in try model.turn(request) {
            events.append(event)
            if case .text(let piece, let choices) = event {
                text += piece
                tokens += choices.map(\.token)
                #expect(choices.allSatisfy { $0.top.count == 2 && $0.logProbability != nil })
            }
        }
        guard case .started(let prompt, let cached) = events.first, case .finished(let end) = events.last else {
            Issue.record("events begin or end otherwise: \(events)")
            return
        }
        #expect(try prompt == model.promptTokens(request).count && cached <= prompt)
        #expect(try model.tokenizer.decode(tokens) == text)
        #expect(end.usage.promptTokens == prompt && end.usage.cachedTokens == cached)
        // The token that ends the turn has no text.
        #expect(end.usage.completionTokens == tokens.count + 1 && end.reason == .stop)
    }

    @Test func aStopStringEndsTheText() async throws {
        let model = try await Self.model.value
        var request = request("Count from 1 to 9, separated by commas.")
        request.stops = ["5"]
        request.sampling.logProbabilities = 0
        let answer = try await model.turn(request).answer()
        #expect(answer.end?.reason == .stop && answer.end?.stopString == "5")
        #expect(answer.message.text.contains("4") && !answer.message.text.contains("5"))
        #expect(try model.tokenizer.decode(answer.choices.map(\.token)).hasPrefix(answer.message.text))
    }

    @Test func aPromptThatIsTooLongIsRefusedWithBothNumbers() async throws {
        let model = try await Self.model.value
        let request = request(String(repeating: "again and ", count: 4000))
        let count = try model.promptTokens(request).count
        #expect(throws: EngineError.promptTooLong(tokens: count, context: 4096, limit: model.shape.context)) {
            try model.turn(request)
        }
    }

    @Test func choicesThatCannotBeAreRefused() async throws {
        let model = try await Self.model.value
        var request = request("Hi", [weather])
        request.toolChoice = .named("nothing")
        #expect(throws: TurnError.unknownTool("nothing", known: ["get_weather"])) { try model.turn(request) }
        request.tools = []
        request.toolChoice = .required
        #expect(throws: TurnError.noTools) { try model.turn(request) }
        request.tools = [weather, weather]
        #expect(throws: TurnError.repeatedTool("get_weather")) { try model.turn(request) }
    }

    @Test func aFormIsKept() async throws {
        let model = try await Self.model.value
        var request = request("Order 5512 goes to Rome. Extract order and city as JSON.")
        request.format = .jsonSchema([
            "type": "object",
            "properties": ["order": ["type": "integer"], "city": ["enum": ["Oslo", "Rome", "Lima"]]],
            "required": ["order", "city"], "additionalProperties": false,
        ])
        let answer = try await model.turn(request).answer()
        #expect(try JSON(parsing: answer.message.text) == ["order": 5512, "city": "Rome"])
        request.tools = [weather]
        let beside = try await model.turn(request).answer()
        #expect(beside.message.toolCalls.count == 1 || (try? JSON(parsing: beside.message.text)) != nil)
    }

    @Test func aPredictionChangesTheTimeAndNothingElse() async throws {
        let model = try await Self.model.value
        let code = """
            def area(width, height):
                # The area of a rectangle.
                result = width * height
                return result

            def perimeter(width, height):
                # The way around a rectangle.
                result = 2 * (width + height)
                return result
            """
        var request = request("Rename `result` to `value` in this code; answer with the code only.\n\n\(code)")
        request.maximumTokens = 160
        let plain = try await model.turn(request).answer()
        request.prediction = "```python\n\(code)\n```"
        let predicted = try await model.turn(request).answer()
        #expect(predicted.message == plain.message)
        let usage = try #require(predicted.end?.usage)
        #expect(usage.acceptedPredictionTokens > 20)
        #expect(usage.completionTokens == plain.end?.usage.completionTokens)
        #expect(plain.end?.usage.acceptedPredictionTokens == 0)
        #expect(plain.end?.statistics.draftedTokens == 0)
    }

    @Test func leavingATurnStopsTheEngine() async throws {
        let model = try await Self.model.value
        var request = request("Write a long story about the sea.")
        request.maximumTokens = 2000
        let stream = try model.turn(request)
        for try await event in stream {
            if case .text = event { break }
        }
        stream.leave()
        for _ in 0..<200 where model.engine.statistics.running > 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(model.engine.statistics.running == 0)
    }

    // MARK: Tools in a loop

    @Test func toolsRunUntilThereIsAnAnswer() async throws {
        let model = try await Self.model.value
        let tool = Tool(weather) { arguments in
            #expect(arguments["city"] == "Paris")
            return "{\"temperature\": 21, \"sky\": \"clear\"}"
        }
        let chat = Chat(model)
        let options = AnswerOptions(sampling: .greedy, maximumTokens: 96)
        let words = "Use the tool get_weather to find the weather in Paris in celsius."
        let answer = try await chat.send(words, using: [tool], options)
        #expect(answer.contains("21"))
        let roles = chat.conversation.messages.map(\.role)
        #expect(roles.starts(with: [.user, .assistant, .tool]) && roles.last == .assistant)
        #expect(chat.conversation.messages[2].toolCallID == chat.conversation.messages[1].toolCalls.first?.id)
    }

    /// The small model calls again whatever it sees called, whether it may or not.
    @Test(arguments: [ToolChoice.auto, .none, .allowed(["get_weather"], isRequired: false)])
    func aResultIsAnsweredInWords(choice: ToolChoice) async throws {
        let model = try await Self.model.value
        var request = request("What is the weather in Paris, in celsius?", [weather, clock])
        request.toolChoice = choice
        // Laid out otherwise than the model does.
        let call = ToolCall(id: "call_1", name: "get_weather", arguments: #"{"city":"Paris","unit":"celsius"}"#)
        request.messages += [
            Message(.assistant, parts: [], toolCalls: [call]),
            Message(.tool, parts: [.text("21 degrees, clear")], toolCallID: "call_1"),
        ]
        var answer = TurnAnswer(), startCount = 0
        for try await event in try model.turn(request) {
            if case .started = event { startCount += 1 }
            answer.append(event)
        }
        #expect(answer.message.toolCalls.isEmpty)
        #expect(answer.message.text.contains("21") && !answer.message.text.contains("{"))
        let end = try #require(answer.end)
        #expect(startCount == 1 && end.reason == .stop)
        // What was computed in vain is counted too, and the limit is one for both.
        let usage = end.usage
        #expect(usage.completionTokens <= 96 && usage.completionTokens >= end.statistics.generatedTokens)
        #expect(choice == .none || usage.completionTokens > end.statistics.generatedTokens)
    }

    /// The model spends all it may on the call that it is not to make again.
    @Test func aCircleWithoutTokensForWordsEndsForItsLength() async throws {
        let model = try await Self.model.value
        var request = request("What is the weather in Paris, in celsius?", [weather, clock])
        let call = ToolCall(id: "call_1", name: "get_weather", arguments: #"{"city": "Paris", "unit": "celsius"}"#)
        request.messages += [
            Message(.assistant, parts: [], toolCalls: [call]),
            Message(.tool, parts: [.text("21 degrees, clear")], toolCallID: "call_1"),
        ]
        for tokens in 1...40 {
            request.maximumTokens = tokens
            let answer = try await model.turn(request).answer()
            #expect(answer.message.toolCalls.isEmpty && answer.end?.reason != .toolCalls, "\(tokens) tokens")
            #expect(answer.end?.usage.completionTokens ?? 0 <= tokens)
        }
    }

    @Test func aRequiredCallMayBeMadeAgain() async throws {
        let model = try await Self.model.value
        var request = request("What is the weather in Paris, in celsius?", [weather])
        request.toolChoice = .required
        let first = try await model.turn(request).answer().message
        request.messages += [
            first, Message(.tool, parts: [.text("21 degrees")], toolCallID: try #require(first.toolCalls.first).id),
        ]
        #expect(try await model.turn(request).answer().message.toolCalls.count == 1)
    }

    @Test func aLoopOfToolsIsBounded() async throws {
        let model = try await Self.model.value
        var request = request("Use the tool get_weather to find the weather in Paris in celsius.")
        request.toolChoice = .required
        let tool = Tool(weather) { _ in "It is 21 degrees." }
        await #expect(throws: ToolLoopError.tooManyRounds(0)) {
            try await model.answer(request, using: [tool], maximumRounds: 0)
        }
        struct Broken: Error, CustomStringConvertible { let description = "the station is closed" }
        let broken = Tool(weather) { _ in throw Broken() }
        let messages = try await model.answer(request, using: [broken])
        #expect(messages[1].text == "error: the station is closed")
    }

    // MARK: Long conversations

    /// 60 turns, of which a context of 1,024 tokens holds a few.
    @Test func aConversationThatOverflowsStillObeysItsSystemPrompt() async throws {
        var options = LoadOptions()
        options.engine.context = 1024
        let model = try await LanguageModel.load("qwen2.5-coder-0.5b", options: options)
        let chat = Chat(model, system: "Your name is Captain Redbeard. You keep the notes of a ship.")
        var conversation = chat.conversation
        let towns = [
            "Oslo", "Lima", "Rome", "Cairo", "Quito", "Delhi", "Accra", "Tunis", "Hanoi", "Minsk", "Sofia", "Turin",
        ]
        for turn in 0..<59 {
            let town = towns[turn % towns.count]
            conversation.append(
                Message(
                    .user,
                    "Note number \(100 + turn): the ship sails to \(town) on day \(turn + 1) with \(turn + 5) barrels.")
            )
            conversation.append(
                Message(.assistant, "Noted: \(town), \(turn + 5) barrels."))
        }
        chat.conversation = conversation
        let answerOptions = AnswerOptions(sampling: .greedy, maximumTokens: 60)
        let answer = try chat.send("Which town was in the last note?", answerOptions)
        #expect(answer.departed.count > 20)
        var text = ""
        for try await delta in answer { text += delta.text }
        #expect(text.contains(towns[58 % towns.count]), "\(text)")
        #expect(chat.conversation.turns.count == 60)
        var name = ""
        for try await delta in try chat.send("What is your name?", answerOptions) { name += delta.text }
        #expect(name.contains("Redbeard"), "\(name)")

        // The same with what has left summed up by the model.
        for (question, answer) in [("Which town was in the last note?", "Sofia"), ("What is your name?", "Redbeard")] {
            var request = TurnRequest(conversation.messages + [Message(.user, question)])
            request.sampling = .greedy
            request.maximumTokens = 60
            let (fitting, budget, fit) = try await model.fitted(
                request, in: model.budget(for: request), summaryTokens: 80)
            #expect(fit.departedCount > 20 && budget.summary?.isEmpty == false)
            #expect(fitting.messages[0].text.contains(budget.summary ?? "?"))
            let said = try await model.turn(fitting).answer().message.text
            #expect(said.contains(answer), "\(said)")
        }
    }
}
