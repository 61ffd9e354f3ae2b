/// Colours and weights of text: only where a person looks at a terminal that has them.
public struct Style: Sendable {
    public let isColored: Bool

    public init(isColored: Bool) { self.isColored = isColored }

    /// - Parameters:
    ///   - isTerminal: Whether what is written goes to a terminal.
    ///   - environment: `NO_COLOR`, when it is not empty, forbids colours (no-color.org); `TERM=dumb` has none.
    public init(isTerminal: Bool, environment: [String: String]) {
        isColored = isTerminal && !Self.isDumb(environment) && (environment["NO_COLOR"] ?? "").isEmpty
    }

    public func dim(_ text: String) -> String { styled(text, 2) }
    public func bold(_ text: String) -> String { styled(text, 1) }
    public func red(_ text: String) -> String { styled(text, 31) }

    private func styled(_ text: String, _ code: Int) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Whether the terminal understands no escape sequences at all.
    public static func isDumb(_ environment: [String: String]) -> Bool {
        environment["TERM"].map { $0 == "dumb" || $0.isEmpty } ?? true
    }
}
