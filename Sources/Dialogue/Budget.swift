/// Keeps a conversation within a model's context: when it is full, whole turns leave, the oldest first.
///
/// The preamble (the system prompt) and the newest turn always stay; nothing is ever cut in the middle. A newest turn that
/// is too long by itself, because it called tools again and again, loses its oldest calls, each together with its results;
/// the last ones stay. When something has to leave, enough leaves that a quarter of the room is free again, where that is
/// possible. Otherwise every later turn would push out another one, and the model would have to read the whole
/// conversation anew each time, as what it has computed can be reused only up to the first token that differs. For the
/// same reason what has left does not come back while the conversation goes on.
public struct Budget: Sendable {
    /// How many tokens the model can attend to, prompt and answer together.
    public let contextTokenCount: Int
    /// How many of these the answer may take.
    public var answerTokenCount: Int
    /// The share of the room that is free again after turns have left; from 0 to 1.
    public let freedShare: Double
    /// What those that have left said, in short, if anybody wrote it down: it goes to the model behind the system prompt.
    public var summary: String?
    /// The turns that have left so far.
    private var departed: [Turn] = []
    /// Of the turn behind these, the messages up to the last call that has left, and how many calls that were.
    private var departedCalls: (messages: [Message], count: Int) = ([], 0)

    /// What goes to the model.
    public struct Fit: Sendable, Equatable {
        public var messages: [Message]
        /// What the messages take when rendered.
        public var tokenCount: Int
        /// The turns that left just now, which the user should be told of; mostly none.
        public var departing: [Turn]
        /// How many turns have left so far, with those of now.
        public var departedCount: Int
        /// Calls of the newest turn that left just now, with their results.
        public var departingCalls: [Message] = []
        /// How many messages with calls of the newest turn have left so far, with those of now.
        public var departedCallCount = 0
    }

    /// - Precondition: The share lies from 0 to 1.
    public init(contextTokenCount: Int, answerTokenCount: Int, freedShare: Double = 0.25) {
        precondition((0...1).contains(freedShare), "a freed share of \(freedShare)")
        self.contextTokenCount = contextTokenCount
        self.answerTokenCount = answerTokenCount
        self.freedShare = freedShare
    }

    /// The room for a prompt.
    private var room: Int { contextTokenCount - answerTokenCount }

    /// What is aimed at when something has to leave, if `least` tokens have to stay: where these leave no quarter free, as
    /// much stays as fits.
    private func limit(least: Int) -> Int {
        let roomy = Int(Double(room) * (1 - freedShare))
        return least <= roomy ? roomy : room
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
        guard answerTokenCount >= 0, room > 0 else {
            throw BudgetError.noRoom(contextTokenCount: contextTokenCount, answerTokenCount: answerTokenCount)
        }
        let preamble = preamble(of: conversation), turns = conversation.turns
        if departed.count >= max(turns.count, 1) || !turns.starts(with: departed) {
            departed = []
            departedCalls = ([], 0)
        }
        let staying = departed.count
        if !(turns.dropFirst(staying).first?.messages.starts(with: departedCalls.messages) ?? false) {
            departedCalls = ([], 0)
        }
        let stayingCalls = departedCalls.count
        func messages(without count: Int, calls: Int) -> [Message] {
            guard count < turns.count else { return preamble }
            return preamble + turns[count].without(calls: calls).messages + turns[(count + 1)...].flatMap(\.messages)
        }
        func fit(without count: Int, calls: Int, tokenCount: Int) -> Fit {
            // Calls are counted for the turn that stands first now.
            let known = count == staying ? stayingCalls : 0
            var fit = Fit(
                messages: messages(without: count, calls: calls), tokenCount: tokenCount,
                departing: Array(turns[staying..<count]), departedCount: count)
            if count < turns.count {
                fit.departingCalls = turns[count].calls[known..<calls].flatMap { Array(turns[count].messages[$0]) }
                fit.departedCallCount = calls
            }
            return fit
        }

        let whole = try tokenCount(messages(without: staying, calls: stayingCalls))
        if whole <= room { return fit(without: staying, calls: stayingCalls, tokenCount: whole) }
        let most = max(turns.count - 1, staying), calls = most == staying ? stayingCalls : 0
        let turnSearch = try Search(staying...most, known: [staying: whole]) { count in
            try tokenCount(messages(without: count, calls: count == staying ? stayingCalls : 0))
        } limit: {
            limit(least: $0)
        }
        if turnSearch.least <= room {
            departed = Array(turns[..<turnSearch.left])
            if turnSearch.left > staying { departedCalls = ([], 0) }
            let known = turnSearch.left == staying ? stayingCalls : 0
            return fit(without: turnSearch.left, calls: known, tokenCount: turnSearch.tokenCount)
        }
        // Only the newest turn is left, and it is too long: of its calls the last ones have to stay.
        let mostCalls = max((turns.last?.calls.count ?? 0) - 1, calls)
        let callSearch = try Search(calls...mostCalls, known: [calls: turnSearch.least]) { count in
            try tokenCount(messages(without: most, calls: count))
        } limit: {
            limit(least: $0)
        }
        guard callSearch.least <= room, let newest = turns.last else {
            throw BudgetError.newestTurnTooLong(
                tokenCount: callSearch.least, contextTokenCount: contextTokenCount, answerTokenCount: answerTokenCount)
        }
        departed = Array(turns[..<most])
        departedCalls = (Array(newest.messages[..<newest.calls[callSearch.left - 1].upperBound]), callSearch.left)
        return fit(without: most, calls: callSearch.left, tokenCount: callSearch.tokenCount)
    }

    /// The conversation's preamble with the summary behind it.
    private func preamble(of conversation: Conversation) -> [Message] {
        var preamble = Array(conversation.preamble)
        guard let summary else { return preamble }
        let text = "What was said earlier in this conversation, in short:\n\(summary)"
        // Not every template takes a second system message.
        if let last = preamble.last {
            preamble[preamble.count - 1].parts = [.text(last.text + "\n\n" + text)]
        } else {
            preamble = [Message(.system, text)]
        }
        return preamble
    }
}

/// The fewest of something that have to be left out.
private struct Search {
    /// How many are left out, and what the rest takes.
    let left: Int
    let tokenCount: Int
    /// What is taken when as many are left out as may be.
    let least: Int

    /// - Parameters:
    ///   - range: How many may be left out; at its beginning it is too few.
    ///   - known: Counts of tokens that were asked for.
    ///   - count: The tokens when so many are left out: the more, the fewer.
    ///   - limit: The most tokens wanted, given the fewest possible.
    init(
        _ range: ClosedRange<Int>, known: [Int: Int], count: (Int) throws -> Int, limit: (Int) -> Int
    ) throws {
        var counts = known
        func measured(_ left: Int) throws -> Int {
            if let known = counts[left] { return known }
            let count = try count(left)
            counts[left] = count
            return count
        }
        least = try measured(range.upperBound)
        let limit = limit(least)
        // `low` are too few, `high` are enough.
        var low = range.lowerBound, high = range.upperBound
        while high - low > 1 {
            let middle = (low + high) / 2
            if try measured(middle) <= limit { high = middle } else { low = middle }
        }
        left = high
        tokenCount = try measured(high)
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
