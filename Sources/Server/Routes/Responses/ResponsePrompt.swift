package import Tutti
package import TuttiOpenAI

/// The messages that a response's items become, each with the names of the items that it was made of.
package struct ResponsePrompt: Sendable {
    package private(set) var messages: [Message] = []
    package private(set) var itemIDs: [[String]] = []
    /// What pictures and files are to the model.
    private let perceived: [ResponseItem.Part: [Part]]

    /// - Parameters:
    ///   - instructions: What the model is told first.
    ///   - items: What was said, oldest first.
    ///   - perceived: What pictures and files of the items are to the model.
    /// - Throws: `APIError` 400 for an output of a call that nobody made, and where there is nothing to answer.
    package init(
        instructions: String?, items: [ResponseItem], perceived: [ResponseItem.Part: [Part]] = [:]
    ) throws(APIError) {
        self.perceived = perceived
        if let instructions { append(Message(.system, instructions), []) }
        var open: Assistant?
        var calls: Set<String> = []
        for item in items {
            switch item {
            case .reasoning(let reasoning):
                if open?.hasSpoken == true { close(&open) }
                open = open ?? Assistant()
                open?.add(reasoning)
            case .message(let message) where message.role == .assistant:
                if open?.hasSpoken == true { close(&open) }
                open = open ?? Assistant()
                open?.add(message)
            case .functionCall(let call):
                open = open ?? Assistant()
                open?.add(call)
                calls.insert(call.callID)
            case .functionCallOutput(let output):
                guard calls.contains(output.callID) else {
                    throw .invalid(
                        "No tool call found for function call output with call_id \(output.callID). Send the call's item before it, or the response that it came from as 'previous_response_id'.",
                        param: "input", code: "invalid_value")
                }
                close(&open)
                let parts = output.output.flatMap { self.parts($0) }
                append(Message(.tool, parts: parts, toolCallID: output.callID), [output.id])
            case .message(let message):
                close(&open)
                add(message)
            }
        }
        close(&open)
        guard messages.contains(where: { $0.role != .system }) || instructions == nil && !messages.isEmpty else {
            throw .invalid("There is nothing to answer: 'input' is empty.", param: "input", code: "invalid_value")
        }
    }

    /// What an assistant says between two others: thoughts, words and calls are one message to a template.
    private struct Assistant {
        var message = Message(.assistant, parts: [])
        var itemIDs: [String] = []

        var hasSpoken: Bool { !message.parts.isEmpty || !message.toolCalls.isEmpty }

        mutating func add(_ reasoning: ResponseItem.Reasoning) {
            message.reasoning = (message.reasoning.map { $0 + "\n" } ?? "") + reasoning.text
            itemIDs.append(reasoning.id)
        }

        mutating func add(_ said: ResponseItem.Message) {
            message.parts += said.parts.map { .text($0.text) }
            itemIDs.append(said.id)
        }

        mutating func add(_ call: ResponseItem.FunctionCall) {
            message.toolCalls.append(ToolCall(id: call.callID, name: call.name, arguments: call.arguments))
            itemIDs.append(call.id)
        }
    }

    private mutating func close(_ assistant: inout Assistant?) {
        if let assistant, assistant.hasSpoken { append(assistant.message, assistant.itemIDs) }
        assistant = nil
    }

    private mutating func add(_ message: ResponseItem.Message) {
        let parts = message.parts.flatMap { self.parts($0) }
        // Chat templates know the older word only, and many take one instruction, at the beginning.
        if message.role != .user, messages.count == 1, messages[0].role == .system {
            messages[0].parts += [.text("\n\n")] + parts
            itemIDs[0].append(message.id)
        } else {
            append(Message(message.role == .user ? .user : .system, parts: parts), [message.id])
        }
    }

    private func parts(_ part: ResponseItem.Part) -> [Part] { perceived[part] ?? [.text(part.text)] }

    private mutating func append(_ message: Message, _ ids: [String]) {
        messages.append(message)
        itemIDs.append(ids)
    }
}

extension ResponsePrompt {
    /// Lets the oldest turns leave until the rest fits a model's context, if the request allows that.
    /// - Parameters:
    ///   - turn: The request without its messages.
    ///   - model: Whose context it has to fit.
    ///   - answerTokenCount: What is kept free for the answer.
    ///   - target: The tokens that are to stay when something has to leave.
    /// - Returns: What left.
    /// - Throws: `APIError` 400 `context_length_exceeded` if the newest turn does not fit by itself.
    mutating func fit(_ turn: TurnRequest, _ model: LanguageModel, answerTokenCount: Int, target: Int) throws
        -> ResponseObject.Truncation
    {
        let room = max(1, model.context - answerTokenCount)
        var budget = Budget(
            contextTokenCount: model.context, answerTokenCount: answerTokenCount,
            freedShare: max(0.25, 1 - Double(target) / Double(room)))
        let conversation = Conversation(messages)
        let fit: Budget.Fit
        do {
            fit = try budget.fit(conversation) { messages in
                var turn = turn
                turn.messages = messages
                return try model.promptTokens(turn).count
            }
        } catch BudgetError.newestTurnTooLong(let tokens, let context, _) {
            throw APIError.contextLengthExceeded(tokens: tokens, context: context, param: "input")
        }
        // What stays is the end of what was said, and the preamble: it is told from what leaves by going backwards.
        var staying = fit.messages[...]
        var leaving: [Int] = []
        for (index, message) in messages.enumerated().reversed() {
            if message == staying.last { staying.removeLast() } else { leaving.append(index) }
        }
        let truncation = ResponseObject.Truncation(
            turnCount: fit.departedCount, itemIDs: leaving.reversed().flatMap { itemIDs[$0] })
        for index in leaving {
            messages.remove(at: index)
            itemIDs.remove(at: index)
        }
        return truncation
    }
}
