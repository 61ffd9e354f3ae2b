import TuttiCheckpoints

extension GrammarExpression {
    /// A text that tells expressions apart, also by the order of a schema's keys, which `==` does not look at.
    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .literal(let string): text += "'\(string.debugDescription)"
        case .special(let name): text += "@\(name.debugDescription)"
        case .regex(let pattern): text += "/\(pattern.debugDescription)"
        case .jsonSchema(let schema, let style): text += "{\(schema.text())\(style.whitespace)\(style.allowsAnyOrder)"
        case .anyJSONObject: text += "o"
        case .lark(let source): text += "l\(source.debugDescription)"
        case .gbnf(let source): text += "g\(source.debugDescription)"
        case .sequence(let parts): write(parts, "(", ")", to: &text)
        case .choice(let parts): write(parts, "[", "]", to: &text)
        case .repetition(let part, let least, let most):
            text += "*\(least),\(most.map(String.init) ?? "")"
            part.write(to: &text)
        case .text(let ends, let mayEnd): text += "t\(ends)\(mayEnd)"
        }
    }

    private func write(_ parts: [GrammarExpression], _ open: String, _ close: String, to text: inout String) {
        text += open
        for part in parts { part.write(to: &text) }
        text += close
    }
}
