/// Keeps a conversation within a model's context: when it is full, whole turns leave, the oldest first.
///
/// The preamble (the system prompt) and the newest turn always stay; nothing is ever cut in the middle. When something
/// has to leave, enough leaves that a quarter of the room is free again, where that is possible. Otherwise every later
/// turn would push out another one, and the model would have to read the whole conversation anew each time, as what it
/// has computed can be reused only up to the first token that differs. For the same reason what has left does not come
/// back while the conversation goes on.
public struct Budget: Sendable {
    /// How many tokens the model can attend to, prompt and answer together.
    public let contextTokenCount: Int
    /// How many of these the answer may take.
    public var answerTokenCount: Int
    /// The share of the room that is free again after turns have left; from 0 to 1.
    public let freedShare: Double
    /// The turns that have left so far.
    private var departed: [Turn] = []

    /// What goes to the model.
    public struct Fit: Sendable, Equatable {
        public var messages: [Message]
        /// What the messages take when rendered.
        public var tokenCount: Int
        /// The turns that left just now, which the user should be told of; mostly none.
        public var departing: [Turn]
        /// How many turns have left so far, with those of now.
        public var departedCount: Int
    }

    /// - Precondition: The share lies from 0 to 1.
    public init(contextTokenCount: Int, answerTokenCount: Int, freedShare: Double = 0.25) {
        precondition((0...1).contains(freedShare), "a freed share of \(freedShare)")
        self.contextTokenCount = contextTokenCount
        self.answerTokenCount = answerTokenCount
        self.freedShare = freedShare
    }

    /// Chooses the messages that fit.
    ///
    /// The conversation is handed in whole each time. If it does not begin with what has left (it is another one, or
    /// was cleared), the budget starts anew.
    /// - Parameters:
    ///   - conversation: Everything that was said.
    ///   - tokenCount: Renders messages as the model will read them, all that the template adds included, and counts
    ///     tokens. Fewer turns must not give more tokens. Called once while all fits, else about log₂(turns) times.
    /// - Throws: ``BudgetError`` if preamble and newest turn alone do not fit, and whatever `tokenCount` throws.
    public mutating func fit(
        _ conversation: Conversation, tokenCount: (_ messages: [Message]) throws -> Int
    ) throws -> Fit {
        let room = contextTokenCount - answerTokenCount
        guard answerTokenCount >= 0, room > 0 else {
            throw BudgetError.noRoom(contextTokenCount: contextTokenCount, answerTokenCount: answerTokenCount)
        }
        let preamble = conversation.preamble, turns = conversation.turns
        if departed.count >= max(turns.count, 1) || !turns.starts(with: departed) { departed = [] }
        func messages(without count: Int) -> [Message] { preamble + turns[count...].flatMap(\.messages) }

        let staying = departed.count
        let count = try tokenCount(messages(without: staying))
        if count <= room {
            return Fit(
                messages: messages(without: staying), tokenCount: count, departing: [], departedCount: staying)
        }
        // Counts for each number of turns left out, as far as they were asked for.
        var counts = [staying: count]
        func measured(_ left: Int) throws -> Int {
            if let known = counts[left] { return known }
            let count = try tokenCount(messages(without: left))
            counts[left] = count
            return count
        }
        let most = max(turns.count - 1, staying), least = try measured(most)
        guard least <= room else {
            throw BudgetError.newestTurnTooLong(
                tokenCount: least, contextTokenCount: contextTokenCount, answerTokenCount: answerTokenCount)
        }
        // A newest turn that takes nearly all the room leaves no quarter free: then as much stays as fits.
        let roomy = Int(Double(room) * (1 - freedShare))
        let limit = least <= roomy ? roomy : room
        // The fewest turns that have to leave: `low` are too few, `high` are enough.
        var low = staying, high = most
        while high - low > 1 {
            let middle = (low + high) / 2
            if try measured(middle) <= limit { high = middle } else { low = middle }
        }
        departed = Array(turns[..<high])
        return Fit(
            messages: messages(without: high), tokenCount: try measured(high),
            departing: Array(turns[staying..<high]), departedCount: high)
    }
}

/// A conversation that no leaving of turns can make fit.
public enum BudgetError: Error, Equatable, CustomStringConvertible {
    /// The answer is promised the whole context, or more.
    case noRoom(contextTokenCount: Int, answerTokenCount: Int)
    /// System prompt and newest turn alone are too long.
    case newestTurnTooLong(tokenCount: Int, contextTokenCount: Int, answerTokenCount: Int)

    public var description: String {
        switch self {
        case .noRoom(let context, let answer):
            "\(answer) tokens are reserved for the answer in a context of \(context): reserve fewer, at least 0, or "
                + "take a larger context."
        case .newestTurnTooLong(let count, let context, let answer):
            "The system prompt and the newest turn take \(count) tokens, but a context of \(context) has room for "
                + "\(context - answer) beside the \(answer) reserved for the answer: shorten them, reserve fewer, or "
                + "take a larger context."
        }
    }
}
