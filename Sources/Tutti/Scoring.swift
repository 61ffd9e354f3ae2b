import Foundation
public import TuttiGeneration
public import TuttiTensors

/// How well a model foretells a text.
public struct Perplexity: Sendable, Equatable {
    /// How many tokens were scored.
    public let tokenCount: Int
    /// e to the mean negative log-probability of a token; 1 is certainty.
    public let value: Double
}

extension LanguageModel {
    /// The log-probability of every token but the first, given those before it; nothing for fewer than two.
    /// - Parameter top: How many of the likeliest tokens to list at each place.
    /// - Throws: `EngineError` for tokens that are not the model's, or more than its context holds.
    public func score(
        _ tokens: [Token], top: Int = 0, priority: GenerationRequest.Priority = .interactive
    ) async throws -> [Choice] {
        guard tokens.count > 1 else { return [] }
        var choices: [Choice] = []
        choices.reserveCapacity(tokens.count - 1)
        for try await choice in try engine.score(tokens, top: top, priority: priority) { choices.append(choice) }
        return choices
    }

    /// The perplexity of a text, tokenized whole, in windows that do not overlap and do not see each other.
    ///
    /// Each window begins with the token that opens a sequence where the model wants one; the last window counts if it
    /// has two tokens or more.
    /// - Parameters:
    ///   - window: Tokens of a window, at least 2.
    ///   - report: Called after each window with the tokens done and all.
    /// - Throws: ``ScoringError`` when nothing can be scored or a window does not fit the context.
    public func perplexity(
        _ text: String, window: Int = 256, report: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> Perplexity {
        let vocabulary = try vocabulary
        let opening = vocabulary.addsBOS ? vocabulary.bos.map { [$0] } ?? [] : []
        guard window >= 2, window + opening.count <= context else {
            throw ScoringError.badWindow(window, limit: context - opening.count)
        }
        let tokens = try tokenizer.encode(text)
        var sum = 0.0, count = 0
        for start in stride(from: 0, to: tokens.count, by: window) {
            let part = tokens[start..<min(start + window, tokens.count)]
            guard part.count > 1 else { continue }
            for choice in try await score(opening + part) {
                sum += choice.logProbability ?? 0
                count += 1
            }
            report(start + part.count, tokens.count)
        }
        guard count > 0 else { throw ScoringError.textTooShort(tokens: tokens.count) }
        return Perplexity(tokenCount: count, value: exp(-sum / Double(count)))
    }
}

/// What cannot be scored.
public enum ScoringError: Error, Equatable, CustomStringConvertible {
    case badWindow(Int, limit: Int)
    case textTooShort(tokens: Int)

    public var description: String {
        switch self {
        case .badWindow(let window, let limit):
            "A window of \(window) tokens cannot be scored: it must be 2 to \(limit) with this model and context."
        case .textTooShort(let tokens):
            "The text has \(tokens) token\(tokens == 1 ? "" : "s"): perplexity needs at least two."
        }
    }
}
