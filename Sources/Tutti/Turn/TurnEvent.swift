public import TuttiGeneration

/// What happens while a model answers.
///
/// The order: `started`; then reasoning, text and calls as the model writes them; at last `finished`.
public enum TurnEvent: Sendable {
    /// The prompt is about to be computed; of its tokens, `cachedTokens` were computed before.
    case started(promptTokens: Int, cachedTokens: Int)
    /// A piece of the answer's text, and the tokens that end in it, with log-probabilities where they were asked for.
    case text(String, choices: [Choice])
    /// A piece of what the model thinks before it answers.
    case reasoning(String)
    /// The model begins to call a tool. Calls are numbered from 0; the id pairs a call with its result.
    case toolCallBegan(index: Int, id: String, name: String)
    /// A piece of a call's arguments: joined, they are one JSON object, unless the answer was cut off by its length.
    case toolCallArguments(index: Int, String)
    /// The last event.
    case finished(TurnEnd)
}

/// How an answer ended, and what it cost.
public struct TurnEnd: Sendable {
    public enum Reason: String, Sendable, Codable {
        /// The model ended it, or a stop string did.
        case stop
        /// It reached the most tokens allowed, or the end of the context.
        case length
        /// It asks to have tools called.
        case toolCalls
    }

    public var reason: Reason
    /// The stop string that ended it, if one did; it is no part of the text.
    public var stopString: String?
    public var usage: TurnUsage
    public var statistics: GenerationStatistics

    public init(
        reason: Reason, stopString: String? = nil, usage: TurnUsage = TurnUsage(),
        statistics: GenerationStatistics = GenerationStatistics()
    ) {
        self.reason = reason
        self.stopString = stopString
        self.usage = usage
        self.statistics = statistics
    }
}

/// The tokens of a turn.
public struct TurnUsage: Sendable, Hashable {
    /// Tokens of the prompt, and how many of them were found computed.
    public var promptTokens = 0
    public var cachedTokens = 0
    /// Tokens of the answer, calls and reasoning among them.
    public var completionTokens = 0
    /// Of these, the ones that the model thought with.
    public var reasoningTokens = 0
    /// Tokens guessed from the request's prediction that were right, and that were wrong.
    public var acceptedPredictionTokens = 0
    public var rejectedPredictionTokens = 0

    public init() {}

    /// Prompt and answer together.
    public var totalTokens: Int { promptTokens + completionTokens }
}
