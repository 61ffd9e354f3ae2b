import Foundation
public import TuttiDialogue
import TuttiGeneration

extension LanguageModel {
    /// The budget of a conversation with this model.
    ///
    /// For the answer, a request's `maximumTokens` are kept free, or else a quarter of the context, up to 1,024 tokens; never
    /// more than half of the context.
    public func budget(for request: TurnRequest? = nil) -> Budget {
        let wanted = request?.maximumTokens ?? min(1024, context / 4)
        return Budget(contextTokenCount: context, answerTokenCount: min(max(wanted, 1), max(context / 2, 1)))
    }

    /// Leaves out of a request's messages what does not fit the context: see ``Budget``.
    /// - Returns: What is left, and what was left out; say so.
    /// - Throws: `BudgetError` when system prompt and newest turn alone do not fit; as ``turn(_:)``.
    public func fit(_ request: inout TurnRequest, in budget: inout Budget) throws -> Budget.Fit {
        var trial = request
        let fit = try budget.fit(Conversation(request.messages)) { messages in
            trial.messages = messages
            return try promptTokens(trial).count
        }
        request.messages = fit.messages
        return fit
    }

    /// As ``fit(_:in:)``, but what leaves is kept as a summary that the model itself writes, at most `summaryTokens` long.
    /// - Returns: The request as it fits, the budget to keep for the conversation's next turn, and what was left out.
    public func fitted(
        _ request: TurnRequest, in budget: Budget, summaryTokens: Int
    ) async throws -> (request: TurnRequest, budget: Budget, fit: Budget.Fit) {
        var fitting = request, next = budget
        let fit = try fit(&fitting, in: &next)
        let left = fit.departing + (fit.departingCalls.isEmpty ? [] : [Turn(fit.departingCalls)])
        guard !left.isEmpty else { return (fitting, next, fit) }
        // The summary takes room itself: with it in its place, what leaves is chosen once more.
        next = budget
        next.summary = try await summary(of: left, after: budget.summary, maximumTokens: summaryTokens)
        fitting = request
        let second = try self.fit(&fitting, in: &next)
        return (fitting, next, second)
    }

    /// Sums up turns for the time when they are gone, in the model's own words; greedy, so that it is the same each time.
    /// - Parameters:
    ///   - earlier: The summary of what came before them.
    ///   - maximumTokens: How long it may be.
    public func summary(
        of turns: [Turn], after earlier: String? = nil, maximumTokens: Int = 256
    ) async throws -> String {
        let text = turns.flatMap(\.messages).compactMap(LanguageModel.transcript).joined(separator: "\n")
        var request = TurnRequest([
            Message(.system, "You write short summaries of conversations: names, numbers, wishes, decisions, results."),
            Message(
                .user,
                (earlier.map { "What came before, in short:\n\($0)\n\n" } ?? "")
                    + "The conversation:\n\(text)\n\nSum it all up in a few sentences, without remarks of your own."),
        ])
        request.sampling = .greedy
        request.maximumTokens = maximumTokens
        request.templateVariables = ["enable_thinking": false]
        if try promptTokens(request).count + maximumTokens > context {
            // In two parts; a single turn in as much of it as fits.
            if turns.count > 1 {
                let half = turns.count / 2
                let first = try await summary(of: Array(turns[..<half]), after: earlier, maximumTokens: maximumTokens)
                return try await summary(of: Array(turns[half...]), after: first, maximumTokens: maximumTokens)
            }
            let tokens = try tokenizer.encode(text), kept = max(context / 2 - maximumTokens, context / 8) / 2
            guard tokens.count > 2 * kept else { return earlier ?? "" }
            let shortened =
                try tokenizer.decode(tokens.prefix(kept)) + "\n[…]\n" + tokenizer.decode(tokens.suffix(kept))
            return try await summary(
                of: [Turn([Message(.user, shortened)])], after: earlier, maximumTokens: maximumTokens)
        }
        return try await turn(request).answer().message.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func transcript(_ message: Message) -> String? {
        var lines = message.text.isEmpty ? [] : ["\(message.role.rawValue): \(message.text)"]
        if !message.pictures.isEmpty {
            lines.append("\(message.role.rawValue) showed \(message.pictures.count) pictures")
        }
        lines += message.toolCalls.map { "\(message.role.rawValue) called \($0.name)(\($0.arguments))" }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
