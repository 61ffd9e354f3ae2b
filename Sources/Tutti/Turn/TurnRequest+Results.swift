import TuttiDialogue

extension TurnRequest {
    /// Calls that were made since the user last spoke, and have their results.
    ///
    /// A choice that requires a call is the asker's own will, also to make one again.
    var answeredCalls: [ToolCall] {
        switch toolChoice {
        case .auto, .allowed(_, isRequired: false): break
        default: return []
        }
        guard messages.last?.role == .tool else { return [] }
        let turn = messages[(messages.lastIndex { $0.role == .user } ?? 0)...]
        let answered = Set(turn.compactMap { $0.role == .tool ? $0.toolCallID : nil })
        return turn.flatMap(\.toolCalls).filter { answered.contains($0.id) }
    }

    /// The same, to be answered without calls. The tools stay in sight: the prompt up to here is computed already.
    /// - Parameter tokens: What remains of the answer's; nil for as many as the context holds.
    func inWords(_ tokens: Int?) -> TurnRequest {
        var request = self
        request.toolChoice = .allowed([], isRequired: false)
        request.maximumTokens = tokens
        return request
    }

    /// What a model that may not call is told where results stand last, for small ones go on calling, if need be as text.
    static let wordAfterResults = Message(.user, "Now answer my question in words.")
}
