public import TuttiCheckpoints
public import TuttiGeneration

/// What an answer's text must look like.
public enum OutputFormat: Sendable, Hashable {
    case text
    /// One JSON object.
    case jsonObject
    /// One value that satisfies this JSON Schema.
    case jsonSchema(JSON)
    /// Whatever this grammar allows.
    case grammar(GrammarExpression)
}
