/// Why a regular expression of a tokenizer cannot be used.
public struct RegularExpressionError: Error, Equatable, CustomStringConvertible {
    public let pattern: String
    public let message: String
    /// Counted in scalars from the pattern's beginning.
    public let offset: Int

    public var description: String {
        let shown = pattern.count > 200 ? pattern.prefix(200) + "…" : pattern[...]
        return "The regular expression '\(shown)' cannot be used: \(message) (at character \(offset))."
    }
}
