package import Tutti
package import TuttiCheckpoints
package import TuttiOpenAI

/// Turns what happens in a turn into the events of a response's stream, and into the response that they add up to.
package struct ResponseComposer {
    package private(set) var response: ResponseObject
    /// The sequence number of the next event.
    private var number: Int
    private let logprobs: @Sendable ([Choice]) -> [TokenLogprob]
    /// What is being written: the item at the end of the output, and its piece.
    private var open: Open?
    /// Log-probabilities of tokens whose text is not out yet.
    private var waiting: [TokenLogprob] = []

    private enum Open {
        case text(String, [TokenLogprob])
        case reasoning(String)
        case call
    }

    /// - Parameters:
    ///   - number: How many events were told before.
    ///   - logprobs: What is told of tokens whose log-probabilities were asked for.
    package init(
        _ response: ResponseObject, number: Int = 0, logprobs: @escaping @Sendable ([Choice]) -> [TokenLogprob]
    ) {
        self.response = response
        self.logprobs = logprobs
        self.number = number
    }

    /// The events of a response that waits for its turn.
    package mutating func queue() -> [JSON] {
        response.status = .queued
        return [told(.response("created", response.json)), told(.response("queued", response.json))]
    }

    /// The events of a response that begins.
    package mutating func begin() -> [JSON] {
        let wasQueued = response.status == .queued
        response.status = .inProgress
        let events = wasQueued ? ["in_progress"] : ["created", "in_progress"]
        return events.map { told(.response($0, response.json)) }
    }

    /// The events of what happened next.
    package mutating func take(_ event: TurnEvent) -> [JSON] {
        switch event {
        case .started: []
        case .text(let text, let choices): take(text, choices)
        case .reasoning(let text): take(reasoning: text)
        case .toolCallBegan(_, let id, let name): begin(call: id, name)
        case .toolCallArguments(_, let text): take(arguments: text)
        case .finished(let end): finish(end)
        }
    }

    /// The events of a response that cannot be finished.
    package mutating func fail(_ error: APIError) -> [JSON] {
        response.status = .failed
        response.error = error
        return [told(.response("failed", response.json))]
    }

    private mutating func told(_ event: ResponseEvent) -> JSON {
        defer { number += 1 }
        return event.json(number: number)
    }

    /// An event of the item at the end of the output.
    private mutating func told(_ type: String, _ members: JSON = [:]) -> JSON {
        var members = members
        members.set("output_index", JSON(response.output.count - 1))
        if members["item"] == nil { members.set("item_id", .string(response.output.last?.id ?? "")) }
        return told(ResponseEvent(type, members))
    }

    private var lastItem: ResponseItem? {
        get { response.output.last }
        set {
            guard let newValue, !response.output.isEmpty else { return }
            response.output[response.output.count - 1] = newValue
        }
    }

    private mutating func begin(_ item: ResponseItem) -> JSON {
        response.output.append(item)
        return told("output_item.added", ["item": item.json])
    }
}

// Text.
extension ResponseComposer {
    private mutating func take(_ text: String, _ choices: [Choice]) -> [JSON] {
        if response.request.includesLogprobs {
            waiting += logprobs(choices)
        }
        guard !text.isEmpty else { return [] }
        var events: [JSON] = []
        if case .text = open {} else { events = beginText() }
        guard case .text(let before, let logprobs) = open else { return events }
        open = .text(before + text, logprobs + waiting)
        events.append(
            told(
                "output_text.delta",
                ["content_index": 0, "delta": .string(text), "logprobs": .array(waiting.map(\.json))]))
        waiting = []
        return events
    }

    private mutating func beginText() -> [JSON] {
        var events = close(.completed)
        let id = Identifier.make("msg_")
        events.append(begin(.message(.init(id: id, role: .assistant, parts: [], status: .inProgress))))
        let part = ResponseItem.Part.outputText("", logprobs: [])
        events.append(told("content_part.added", ["content_index": 0, "part": part.json]))
        open = .text("", [])
        return events
    }

    private mutating func closeText(_ text: String, _ logprobs: [TokenLogprob], _ status: ResponseItem.Status) -> [JSON]
    {
        let part = ResponseItem.Part.outputText(text, logprobs: logprobs + waiting)
        let told = logprobs + waiting
        waiting = []
        guard case .message(var message) = lastItem else { return [] }
        message.parts = [part]
        message.status = status
        lastItem = .message(message)
        return [
            self.told(
                "output_text.done",
                ["content_index": 0, "text": .string(text), "logprobs": .array(told.map(\.json))]),
            self.told("content_part.done", ["content_index": 0, "part": part.json]),
            self.told("output_item.done", ["item": .init(lastItem)]),
        ]
    }
}

// Thoughts: as a summary where the request asks for one, else as they are.
extension ResponseComposer {
    private var summarizes: Bool { response.request.reasoningSummary != nil }

    private mutating func take(reasoning text: String) -> [JSON] {
        guard !text.isEmpty else { return [] }
        var events: [JSON] = []
        if case .reasoning = open {
        } else {
            events = close(.completed)
            events.append(begin(.reasoning(.init(id: Identifier.make("rs_"), status: .inProgress))))
            events.append(
                summarizes
                    ? told(
                        "reasoning_summary_part.added",
                        ["summary_index": 0, "part": ["type": "summary_text", "text": ""]])
                    : told("content_part.added", ["content_index": 0, "part": ["type": "reasoning_text", "text": ""]]))
            open = .reasoning("")
        }
        guard case .reasoning(let before) = open else { return events }
        open = .reasoning(before + text)
        events.append(
            summarizes
                ? told("reasoning_summary_text.delta", ["summary_index": 0, "delta": .string(text)])
                : told("reasoning_text.delta", ["content_index": 0, "delta": .string(text)]))
        return events
    }

    private mutating func closeReasoning(_ text: String, _ status: ResponseItem.Status) -> [JSON] {
        guard case .reasoning(var reasoning) = lastItem else { return [] }
        if summarizes { reasoning.summary = [text] } else { reasoning.content = [text] }
        reasoning.status = status
        lastItem = .reasoning(reasoning)
        let events =
            summarizes
            ? [
                told("reasoning_summary_text.done", ["summary_index": 0, "text": .string(text)]),
                told(
                    "reasoning_summary_part.done",
                    ["summary_index": 0, "part": ["type": "summary_text", "text": .string(text)]]),
            ]
            : [
                told("reasoning_text.done", ["content_index": 0, "text": .string(text)]),
                told(
                    "content_part.done",
                    ["content_index": 0, "part": ["type": "reasoning_text", "text": .string(text)]]),
            ]
        return events + [told("output_item.done", ["item": .init(lastItem)])]
    }
}

// Calls, and the end.
extension ResponseComposer {
    private mutating func begin(call id: String, _ name: String) -> [JSON] {
        var events = close(.completed)
        let call = ResponseItem.FunctionCall(
            id: Identifier.make("fc_"), callID: id, name: name, arguments: "", status: .inProgress)
        events.append(begin(.functionCall(call)))
        open = .call
        return events
    }

    private mutating func take(arguments text: String) -> [JSON] {
        guard case .call = open, case .functionCall(var call) = lastItem, !text.isEmpty else { return [] }
        call.arguments += text
        lastItem = .functionCall(call)
        return [told("function_call_arguments.delta", ["delta": .string(text)])]
    }

    private mutating func closeCall(_ status: ResponseItem.Status) -> [JSON] {
        guard case .functionCall(var call) = lastItem else { return [] }
        call.status = status
        lastItem = .functionCall(call)
        return [
            told(
                "function_call_arguments.done", ["name": .string(call.name), "arguments": .string(call.arguments)]),
            told("output_item.done", ["item": .init(lastItem)]),
        ]
    }

    /// Ends the item that is being written.
    private mutating func close(_ status: ResponseItem.Status) -> [JSON] {
        defer { open = nil }
        return switch open {
        case .text(let text, let logprobs): closeText(text, logprobs, status)
        case .reasoning(let text): closeReasoning(text, status)
        case .call: closeCall(status)
        case nil: []
        }
    }

    private mutating func finish(_ end: TurnEnd) -> [JSON] {
        let isCut = end.reason == .length
        // An answer without a word is a message without a word.
        var events = response.output.isEmpty && open == nil ? beginText() : []
        events += close(isCut ? .incomplete : .completed)
        response.status = isCut ? .incomplete : .completed
        response.completedAt = isCut ? nil : Clock.now
        response.usage = ResponseObject.Usage(
            inputTokens: end.usage.promptTokens, cachedTokens: end.usage.cachedTokens,
            outputTokens: end.usage.completionTokens, reasoningTokens: end.usage.reasoningTokens)
        events.append(told(.response(response.status.rawValue, response.json)))
        return events
    }
}

extension JSON {
    fileprivate init(_ item: ResponseItem?) { self = item?.json ?? .null }
}
