import Synchronization
import TuttiCheckpoints
import TuttiDialogue
import TuttiGeneration
import TuttiText

/// Compiles the grammars of a model's turns; what all of them need to know of its vocabulary is found out once, and the ones
/// that were used last are kept with it.
final class GrammarCache: Sendable {
    private let vocabulary = Mutex<GrammarVocabulary?>(nil)

    /// - Parameter tools: Those whose schemas are in the grammar. Where such a schema cannot be enforced and its tool is
    ///   not strict, any object will do.
    /// - Throws: `GrammarError`, which names what cannot be compiled.
    func grammar(
        _ expression: GrammarExpression, tools: [ToolDefinition], _ tokenizer: Tokenizer
    ) throws(GrammarError) -> Grammar {
        let vocabulary = vocabulary.withLock { known in
            let vocabulary = known ?? GrammarVocabulary(tokenizer)
            known = vocabulary
            return vocabulary
        }
        do {
            return try Grammar.compile(expression, for: vocabulary)
        } catch {
            var tolerant = expression
            for tool in tools where !tool.isStrict {
                let schema = tool.argumentsSchema
                if (try? Grammar.compile(.jsonSchema(schema, .compact), for: vocabulary)) == nil {
                    tolerant = tolerant.replacing(schema)
                }
            }
            guard tolerant != expression else { throw error }
            return try Grammar.compile(tolerant, for: vocabulary)
        }
    }
}

extension GrammarExpression {
    /// The expression with any object in the place of those of one schema.
    fileprivate func replacing(_ schema: JSON) -> GrammarExpression {
        switch self {
        case .jsonSchema(schema, _): return .anyJSONObject
        case .sequence(let parts): return .sequence(parts.map { $0.replacing(schema) })
        case .choice(let parts): return .choice(parts.map { $0.replacing(schema) })
        case .repetition(let part, let least, let most): return .repetition(part.replacing(schema), least, most)
        default: return self
        }
    }
}
