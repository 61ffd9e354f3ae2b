/// Why a chat template could not be read or rendered, with the line of the template.
public struct TemplateError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: Equatable, Sendable {
        /// The template itself is no valid one.
        case syntax
        /// Something that the template does fails for the values that it was given.
        case runtime
        /// The template took more steps, depth or memory than it may.
        case limit
        /// The template refused its input by `raise_exception`; the message is its author's, made for people.
        case raised
    }

    public let kind: Kind
    public let message: String
    /// Counted from 1; 0 where no line is known.
    public package(set) var line: Int

    package init(_ kind: Kind, _ message: String, line: Int = 0) {
        self.kind = kind
        self.message = message
        self.line = line
    }

    public var description: String {
        line > 0 ? "chat template, line \(line): \(message)" : "chat template: \(message)"
    }

    static func runtime(_ message: String) -> TemplateError { TemplateError(.runtime, message) }
    static func limit(_ message: String) -> TemplateError { TemplateError(.limit, message) }
}
