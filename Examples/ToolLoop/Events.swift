import Tutti

/// Answers once and prints what happens: what a call is for is left to the caller.
func printEvents(_ model: LanguageModel, _ question: String, _ tools: [ToolDefinition]) async throws {
    var request = TurnRequest([Message(.user, question)])
    request.tools = tools
    request.toolChoice = .required  // or .auto, .none, .named("get_price"), .allowed([…], isRequired: true)
    request.allowsParallelToolCalls = false
    request.sampling = .greedy
    for try await event in try model.turn(request) {
        switch event {
        case .started(let promptTokens, _): print("prompt: \(promptTokens) tokens")
        case .text(let text, _): print("text: \(text)")
        case .reasoning(let text): print("thought: \(text)")
        case .toolCallBegan(let index, _, let name): print("call \(index): \(name)")
        case .toolCallArguments(_, let piece): print("  \(piece)")
        case .finished(let end): print("ended by \(end.reason) after \(end.usage.completionTokens) tokens")
        }
    }
}
