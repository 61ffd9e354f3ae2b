import ArgumentParser
import Foundation
import Tutti

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the models that are here and those that can be pulled.",
        discussion: """
            Examples:
              tutti list
              tutti list --json
            """)

    @Flag(help: "Write one JSON document in place of the table.")
    var json = false

    func run() throws {
        let store = try ModelStore()
        let stored = store.list()
        let known = store.catalog.entries.filter { entry in !stored.contains { $0.name == entry.name } }
        if json {
            let models =
                stored.map { List.json($0.name, file: $0.location.path, bytes: $0.byteCount, $0.entry) }
                + known.map { List.json($0.name, file: nil, bytes: $0.byteCount, $0) }
            return try Output.document([
                "store": .string(store.home.path), "default": .string(store.catalog.defaultName),
                "models": .array(models),
            ])
        }
        var table = Table("NAME", "SIZE", "HERE", "LICENCE", "DESCRIPTION", numeric: [1])
        for model in stored {
            table.append(
                model.name, "\(ByteText(model.byteCount))", "yes", model.entry?.licence ?? "?",
                model.entry?.description ?? model.location.lastPathComponent)
        }
        for entry in known {
            let size = entry.reference == nil ? "\(ByteText(entry.byteCount))" : "?"
            table.append(entry.name, size, "no", entry.licence, entry.description)
        }
        try Output.line(table.text)
        if !known.isEmpty { Output.note("`tutti pull NAME` fetches a model that is not here.") }
    }

    private static func json(_ name: String, file: String?, bytes: Int, _ entry: CatalogEntry?) -> JSON {
        [
            "name": .string(name), "here": .bool(file != nil), "file": file.map { .string($0) } ?? .null,
            "bytes": JSON(bytes), "licence": entry.map { .string($0.licence) } ?? .null,
            "description": entry.map { .string($0.description) } ?? .null,
        ]
    }
}
