/// A piece of a model's answer, told apart by what it is.
public struct AnswerPiece: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// What is said to the user.
        case text(String)
        /// What the model thinks before it answers.
        case reasoning(String)
        /// A call of this tool begins.
        case callBegan(String)
        /// The call's arguments go on: raw JSON.
        case callArguments(String)
        /// The call's arguments are complete.
        case callEnded
    }

    public var content: Content
    /// How many bytes of the answer, as the model wrote it, lie before the end of this piece.
    public var end: Int

    public init(_ content: Content, end: Int) {
        self.content = content
        self.end = end
    }
}

/// The marks between which a model thinks.
public struct ReasoningMarks: Sendable, Hashable {
    public let open: String
    public let close: String

    public init(open: String, close: String) {
        self.open = open
        self.close = close
    }

    static let known = [
        ReasoningMarks(open: "<think>", close: "</think>"), ReasoningMarks(open: "[THINK]", close: "[/THINK]"),
        ReasoningMarks(open: "<|START_THINKING|>", close: "<|END_THINKING|>"),
    ]
}
