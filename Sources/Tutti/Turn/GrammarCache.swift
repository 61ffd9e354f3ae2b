import Synchronization
import TuttiCheckpoints
import TuttiDialogue
import TuttiGeneration
import TuttiText

/// The grammars of a model's last requests, compiled, and what all of them need to know of its vocabulary.
final class GrammarCache: Sendable {
    private struct State {
        var vocabulary: GrammarVocabulary?
        /// By their texts, with the time of the last use.
        var grammars: [String: (grammar: Grammar, use: Int)] = [:]
        var time = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: How many grammars are kept; the one that was unused the longest goes first.
    init(limit: Int = 64) { self.limit = limit }

    /// - Parameter tools: Those whose schemas are in the grammar. Where such a schema cannot be enforced and its tool is
    ///   not strict, any object will do.
    /// - Throws: `GrammarError`, which names what cannot be compiled.
    func grammar(
        _ expression: GrammarExpression, tools: [ToolDefinition], _ tokenizer: Tokenizer
    ) throws -> Grammar {
        do {
            return try grammar(expression, tokenizer)
        } catch {
            var tolerant = expression
            for tool in tools where !tool.isStrict {
                let schema = GrammarExpression.jsonSchema(tool.argumentsSchema, .compact)
                if (try? grammar(schema, tokenizer)) == nil {
                    tolerant = tolerant.replacing(schema, by: .anyJSONObject)
                }
            }
            guard tolerant != expression else { throw error }
            return try grammar(tolerant, tokenizer)
        }
    }

    private func grammar(_ expression: GrammarExpression, _ tokenizer: Tokenizer) throws(GrammarError) -> Grammar {
        var key = ""
        expression.write(to: &key)
        let vocabulary = state.withLock { state in
            let vocabulary = state.vocabulary ?? GrammarVocabulary(tokenizer)
            state.vocabulary = vocabulary
            return vocabulary
        }
        let known = state.withLock { state -> Grammar? in
            state.time += 1
            state.grammars[key]?.use = state.time
            return state.grammars[key]?.grammar
        }
        if let known { return known }
        let grammar = try Grammar.compile(expression, for: vocabulary)
        state.withLock { state in
            if state.grammars.count >= limit, let oldest = state.grammars.min(by: { $0.value.use < $1.value.use }) {
                state.grammars[oldest.key] = nil
            }
            state.grammars[key] = (grammar, state.time)
        }
        return grammar
    }
}

extension GrammarExpression {
    /// A text that tells expressions apart, also by the order of a schema's keys, which `==` does not look at.
    fileprivate func write(to text: inout String) {
        switch self {
        case .literal(let string): text += "'\(string.debugDescription)"
        case .special(let name): text += "@\(name.debugDescription)"
        case .regex(let pattern): text += "/\(pattern.debugDescription)"
        case .jsonSchema(let schema, let style): text += "{\(schema.text())\(style)"
        case .anyJSONObject: text += "o"
        case .lark(let source): text += "l\(source.debugDescription)"
        case .gbnf(let source): text += "g\(source.debugDescription)"
        case .sequence(let parts):
            text += "("
            for part in parts { part.write(to: &text) }
            text += ")"
        case .choice(let parts):
            text += "["
            for part in parts { part.write(to: &text) }
            text += "]"
        case .repetition(let part, let least, let most):
            text += "*\(least),\(most.map(String.init) ?? "")"
            part.write(to: &text)
        case .text(let ends, let mayEnd): text += "t\(ends)\(mayEnd)"
        }
    }

    /// The expression with one part of it exchanged wherever it occurs.
    fileprivate func replacing(_ part: GrammarExpression, by other: GrammarExpression) -> GrammarExpression {
        if self == part { return other }
        switch self {
        case .sequence(let parts): return .sequence(parts.map { $0.replacing(part, by: other) })
        case .choice(let parts): return .choice(parts.map { $0.replacing(part, by: other) })
        case .repetition(let inner, let least, let most):
            return .repetition(inner.replacing(part, by: other), least, most)
        default: return self
        }
    }
}
