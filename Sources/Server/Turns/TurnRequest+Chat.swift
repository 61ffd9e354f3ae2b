import Tutti
import TuttiOpenAI

extension TurnRequest {
    /// - Parameters:
    ///   - messages: The request's, as the model takes them.
    ///   - index: Which of the request's answers.
    init(
        _ request: ChatCompletionRequest, messages: [Message], index: Int, priority: GenerationRequest.Priority
    ) {
        self.init(messages)
        tools = request.tools.map { ToolDefinition($0) }
        toolChoice = ToolChoice(request.toolChoice)
        allowsParallelToolCalls = request.allowsParallelToolCalls
        format = OutputFormat(request.responseFormat)
        sampling = SamplingOptions(request.sampling, index: index, topLogprobs: request.topLogprobs)
        maximumTokens = request.maximumTokens
        stops = request.stops
        prediction = request.prediction
        templateVariables = Reasoning.templateVariables(effort: request.reasoningEffort)
        self.priority = priority
    }
}

extension Message {
    /// - Parameter parts: What it says.
    init(_ message: ChatMessage, parts: [Part]) {
        let role: Role =
            switch message.role {
            // Chat templates know the older word only, and some leave out what they do not know.
            case .system, .developer: .system
            case .user: .user
            case .assistant: .assistant
            case .tool, .function: .tool
            }
        self.init(
            role, parts: parts, reasoning: message.reasoning, name: message.name,
            toolCalls: message.calls.map { ToolCall(id: $0.id, name: $0.name, arguments: $0.arguments) },
            toolCallID: message.callID)
    }
}
