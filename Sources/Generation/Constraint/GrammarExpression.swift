public import TuttiCheckpoints

/// What an answer must look like: an expression over bytes.
///
/// Compiled by ``Grammar/compile(_:for:)``; what is allowed is always whole UTF-8.
public indirect enum GrammarExpression: Sendable, Hashable {
    case literal(String)
    /// The special token of that name, such as `[TOOL_CALLS]`, which no text can spell. Where the vocabulary has none, nothing
    /// satisfies it.
    case special(String)
    /// A regular expression in ECMA-262's dialect that the whole text has to match.
    case regex(String)
    /// A JSON text that is valid under a JSON Schema (drafts 4 to 2020-12, docs/guides/structured-output.md).
    case jsonSchema(JSON, JSONStyle)
    /// Any JSON object, in the compact style.
    case anyJSONObject
    /// A grammar in the notation of the Lark parser, whose rule `start` is the whole text.
    case lark(String)
    /// A grammar in llama.cpp's notation, whose rule `root` is the whole text.
    case gbnf(String)
    case sequence([GrammarExpression])
    case choice([GrammarExpression])
    /// At least, and at most if there is a bound, so many in a row.
    case repetition(GrammarExpression, Int, Int?)
    /// Any text up to and including the first occurrence of one of the strings. When `mayEnd`, the whole answer may
    /// also end there, before any of them has occurred; whatever follows in a sequence follows a string only.
    case text(until: [String], mayEnd: Bool)
}

/// How a JSON text that a grammar allows is laid out.
public struct JSONStyle: Sendable, Hashable {
    /// The blanks between a JSON text's signs.
    package enum Whitespace: Sendable, Hashable {
        /// As Python's `json.dumps` has it: `, ` and `: `, no other.
        case compact
        /// Up to one space or one line break with its indentation wherever JSON allows blanks.
        case flexible
    }

    package var whitespace: Whitespace
    /// Whether an object's properties may come in any order, or in that of the schema only.
    public var allowsAnyOrder = false

    /// One way only, that of models and of Python's `json.dumps`: `{"a": 1, "b": [2, 3]}`.
    public static let compact = JSONStyle(whitespace: .compact)
    /// Blanks as the model likes, but never so many that an answer could consist of them.
    public static let flexible = JSONStyle(whitespace: .flexible)
}
