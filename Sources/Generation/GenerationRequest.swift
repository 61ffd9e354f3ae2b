public import TuttiTensors

/// What an engine is asked to continue, and how.
public struct GenerationRequest: Sendable {
    /// The prompt's tokens, with whatever begins and ends a turn; at least one.
    public var prompt: [Token]
    /// What stands in the places of the prompt that hold no tokens: see ``EmbeddingRun``.
    public var embeddings: [EmbeddingRun]
    public var sampling: SamplingOptions
    /// The most tokens of the answer; nil for as many as the context holds.
    public var maximumTokens: Int?
    /// Tokens that end the answer; they are reported as its last token.
    public var stopTokens: Set<Token>
    /// The text of a token, for samplers that look at text (DRY's breakers).
    public var tokenBytes: (@Sendable (Token) -> [UInt8])?
    public var priority: Priority
    /// What the answer must look like, if anything is asked of it: a grammar over this model's vocabulary. Tokens of
    /// ``stopTokens`` may then come exactly where the answer is complete, and where nothing else could follow it ends.
    public var grammar: Grammar?
    /// Tokens that the answer probably repeats: they are guessed ahead from there, whatever the engine's ``Speculation``.
    /// What is said stays the same.
    public var prediction: [Token]
    /// Whether the engine may guess this answer's tokens ahead.
    public var speculates: Bool

    /// Who goes first when requests wait for each other. What is interactive also takes the places and pages of what is
    /// not; that pauses, and goes on when there is room again.
    public enum Priority: Int, Sendable, CaseIterable, Comparable {
        /// Somebody waits for the answer.
        case interactive
        /// It may take its time.
        case batch

        public static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
    }

    public init(
        prompt: [Token], sampling: SamplingOptions = SamplingOptions(), maximumTokens: Int? = nil,
        stopTokens: Set<Token> = [], tokenBytes: (@Sendable (Token) -> [UInt8])? = nil,
        priority: Priority = .interactive, grammar: Grammar? = nil, prediction: [Token] = [], speculates: Bool = true,
        embeddings: [EmbeddingRun] = []
    ) {
        self.prompt = prompt
        self.embeddings = embeddings
        self.sampling = sampling
        self.maximumTokens = maximumTokens
        self.stopTokens = stopTokens
        self.tokenBytes = tokenBytes
        self.priority = priority
        self.grammar = grammar
        self.prediction = prediction
        self.speculates = speculates
    }
}

/// What an engine says while it answers.
public enum GenerationEvent: Sendable {
    /// The prompt is about to be computed; of its tokens, `cached` were computed before.
    case started(prompt: Int, cached: Int)
    case token(Choice)
    /// After the tokens of a step with guesses: how many were guessed, and how many of those tokens were among them.
    case drafted(Int, accepted: Int)
    /// The last event.
    case finished(FinishReason, GenerationStatistics)
}

/// Why an answer ended.
public enum FinishReason: String, Sendable, Codable {
    /// The model ended it, or a stop string did.
    case stop
    /// It reached the most tokens allowed, or the end of the context.
    case length
}

/// What an answer cost.
public struct GenerationStatistics: Sendable, Equatable {
    /// Tokens of the prompt, and how many of them were found computed.
    public var promptTokens = 0
    public var cachedTokens = 0
    public var generatedTokens = 0
    /// Tokens that were guessed ahead, and how many of them were chosen: see ``Speculation``.
    public var draftedTokens = 0
    public var acceptedTokens = 0
    /// Tokens of text that the grammar left no choice about, computed together with the token before them.
    public var forcedTokens = 0
    /// From the request's arrival until the prompt was computed, and from then to the last token.
    public var prefillSeconds = 0.0
    public var decodeSeconds = 0.0
    /// From the request's arrival until its prompt began to be computed, and until its first token came.
    public var queueSeconds = 0.0
    public var firstTokenSeconds = 0.0
    /// How often it was put back for want of memory or for what came before it, and went on later.
    public var preemptionCount = 0

    public init() {}

    /// Tokens of the prompt computed in a second.
    public var prefillRate: Double {
        prefillSeconds > 0 ? Double(promptTokens - cachedTokens) / prefillSeconds : 0
    }

    /// Tokens of the answer in a second; the first comes with the prompt and does not count.
    public var decodeRate: Double {
        decodeSeconds > 0 ? Double(max(0, generatedTokens - 1)) / decodeSeconds : 0
    }
}

/// What an engine refuses.
public enum EngineError: Error, Equatable, CustomStringConvertible {
    case emptyPrompt
    /// `limit` is the longest context that the model was made for.
    case promptTooLong(tokens: Int, context: Int, limit: Int)
    case unknownToken(Token, vocabulary: Int)
    /// As many requests wait as may.
    case queueFull(waiting: Int, limit: Int)
    case stopped
    /// A grammar over more tokens than the model has: it was compiled for another one.
    case foreignGrammar(tokens: Int, vocabulary: Int)
    /// A picture's places in the prompt are not as many as its rows.
    case embeddingPlaces(Int, rows: Int)
    /// A picture's rows are more than see each other in this model.
    case longPicture(rows: Int, limit: Int)

    public var description: String {
        switch self {
        case .emptyPrompt:
            "The prompt is empty: give at least one token."
        case .promptTooLong(let tokens, let context, let limit):
            "The prompt has \(tokens) tokens, the context holds \(context), and an answer needs at least one more. "
                + (context < limit
                    ? "Shorten the prompt or raise the context: this model can have \(limit)."
                    : "Shorten the prompt, or take a model with a longer context.")
        case .unknownToken(let token, let vocabulary):
            "Token \(token) is not in the vocabulary of \(vocabulary)."
        case .queueFull(let waiting, let limit):
            "\(waiting) requests wait for this model already, and \(limit) may: try again when some have ended, or raise the limit (`EngineOptions.maximumWaiting`)."
        case .stopped:
            "The engine was stopped."
        case .embeddingPlaces(let places, let rows):
            "The prompt has \(places) places for a picture whose embeddings are \(rows) rows: as many must be next to each other as the picture has."
        case .longPicture(let rows, let limit):
            "A picture has \(rows) rows of embeddings, and this model takes pictures of at most \(limit)."
        case .foreignGrammar(let tokens, let vocabulary):
            "The grammar was compiled for a vocabulary of \(tokens) tokens, and the model's has \(vocabulary): compile it for this model."
        }
    }
}
