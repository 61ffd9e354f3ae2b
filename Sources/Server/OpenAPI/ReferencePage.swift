import OrderedCollections
import Tutti
import TuttiCheckpoints

/// The API's description as one page, without scripts and without anything from elsewhere.
enum ReferencePage {
    static let html: String = {
        var page = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Tutti: the API</title><style>\(style)</style></head><body>
            <header><h1>Tutti <small>\(tuttiVersion)</small></h1>
            <p>OpenAI's API over the open models of this machine. A program that uses OpenAI's own client sets its \
            base URL to this server's address with <code>/v1</code> and goes on. The same as data: \
            <a href="/openapi.json">/openapi.json</a>.</p>
            <nav>\(OpenAPIDocument.tags.map { "<a href=\"#\(anchor($0))\">\(escaped($0))</a>" }.joined(separator: " "))</nav>
            </header><main>
            """
        for tag in OpenAPIDocument.tags {
            page += "<section id=\"\(anchor(tag))\"><h2>\(escaped(tag))</h2>\n"
            for operation in Operation.all where operation.tag == tag { page += section(operation) }
            page += "</section>\n"
        }
        return page + "</main></body></html>\n"
    }()

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#222;background:#fff}
        nav a{margin-right:1rem}code{font:14px ui-monospace,monospace;background:#f3f3f3;padding:0 .2em}
        details{border:1px solid #ddd;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
        summary{cursor:pointer}summary b{display:inline-block;min-width:4.5rem}
        table{border-collapse:collapse;font-size:14px;margin:.5rem 0}td,th{border-bottom:1px solid #eee;padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}
        @media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}code{background:#2a2a2a}details{border-color:#444}td,th{border-color:#333}a{color:#8bf}}
        """

    private static func section(_ operation: Operation) -> String {
        var text = "<details><summary><b>\(operation.method)</b> <code>\(escaped(operation.path))</code> "
        text += "\(escaped(operation.summary))</summary>\n"
        if !operation.description.isEmpty { text += "<p>\(escaped(operation.description))</p>\n" }
        if !operation.parameters.isEmpty {
            text += table("Query", operation.parameters.map { ($0.name, $0.schema, false) })
        }
        switch operation.body {
        case .json(let schema): text += fields("Body (JSON)", schema)
        case .form(let schema): text += fields("Body (multipart/form-data)", schema)
        case nil: break
        }
        if operation.isOffered {
            text += fields(operation.streams ? "Answer, or a stream of events" : "Answer", .reference(operation.answer))
        }
        return text + "</details>\n"
    }

    /// A table of an object's members.
    private static func fields(_ title: String, _ schema: JSON) -> String {
        let schema = resolved(schema)
        let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
        let rows = (schema["properties"]?.object ?? [:]).map { ($0.key.text, $0.value, required.contains($0.key.text)) }
        return rows.isEmpty ? "" : table(title, rows)
    }

    private static func table(_ title: String, _ rows: [(name: String, schema: JSON, isRequired: Bool)]) -> String {
        let lines = rows.map { row in
            "<tr><td><code>\(escaped(row.name))</code>\(row.isRequired ? " *" : "")</td><td>\(escaped(kind(row.schema)))</td><td>\(escaped(row.schema["description"]?.string ?? ""))</td></tr>\n"
        }
        return
            "<table><thead><tr><th>\(escaped(title))</th><th></th><th></th></tr></thead>\n\(lines.joined())</table>\n"
    }

    /// A schema in a few words.
    private static func kind(_ schema: JSON) -> String {
        if let choices = schema["anyOf"]?.array {
            return OrderedSet(choices.map(kind)).joined(separator: " or ")
        }
        if let name = schema["$ref"]?.string { return name.split(separator: "/").last.map(String.init) ?? "" }
        if let words = schema["enum"]?.array { return words.compactMap(\.string).joined(separator: " | ") }
        if let names = schema["type"]?.array { return names.compactMap(\.string).joined(separator: " or ") }
        let type = schema["type"]?.string ?? "anything"
        if type == "array" { return "list of " + kind(schema["items"] ?? .null) }
        switch (schema["minimum"]?.int, schema["maximum"]?.int) {
        case (let low?, let high?): return "\(type), \(low) to \(high)"
        case (let low?, nil): return "\(type), at least \(low)"
        default: return type
        }
    }

    private static func resolved(_ schema: JSON) -> JSON {
        guard let name = schema["$ref"]?.string?.split(separator: "/").last else { return schema }
        return OpenAPIDocument.json["components"]?["schemas"]?[String(name)] ?? schema
    }

    private static func anchor(_ text: String) -> String { text.lowercased().replacing(" ", with: "-") }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
