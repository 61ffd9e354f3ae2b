public import TuttiDialogue
public import TuttiGeneration

/// A turn's answer as it adds up.
public struct TurnAnswer: Sendable {
    /// What the model said, thought and called.
    public var message = Message(.assistant, parts: [])
    /// The tokens of its text, with log-probabilities where they were asked for.
    public var choices: [Choice] = []
    /// How it ended; nil while it goes on.
    public var end: TurnEnd?

    public init() {}

    /// Takes the next event in.
    public mutating func append(_ event: TurnEvent) {
        switch event {
        case .started: break
        case .text(let text, let choices):
            message.parts = [.text(message.text + text)]
            self.choices += choices
        case .reasoning(let text): message.reasoning = (message.reasoning ?? "") + text
        case .toolCallBegan(_, let id, let name):
            message.toolCalls.append(ToolCall(id: id, name: name, arguments: ""))
        case .toolCallArguments(let index, let text):
            if message.toolCalls.indices.contains(index) { message.toolCalls[index].arguments += text }
        case .finished(let end): self.end = end
        }
    }
}

extension TurnStream {
    /// Reads the answer to its end.
    /// - Throws: `CancellationError` when the task is cancelled; what the engine throws.
    public func answer() async throws -> TurnAnswer {
        var answer = TurnAnswer()
        for try await event in self { answer.append(event) }
        guard answer.end != nil else { throw CancellationError() }
        return answer
    }
}
