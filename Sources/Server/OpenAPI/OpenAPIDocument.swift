import Tutti
package import TuttiCheckpoints

/// The API's description, OpenAPI 3.1.
package enum OpenAPIDocument {
    package static let json: JSON = .members([
        ("openapi", "3.1.0"),
        (
            "info",
            .members([
                ("title", "Tutti"), ("version", .string(tuttiVersion)),
                (
                    "description",
                    "OpenAI's API over the open models of this machine. Programs that use OpenAI's own client set its base URL to this server's address with `/v1` and go on."
                ),
                ("license", ["name": "Apache-2.0", "identifier": "Apache-2.0"]),
            ])
        ),
        ("servers", [["url": "/"]]),
        ("security", [["key": []]]),
        ("tags", .array(tags.map { ["name": .string($0)] })),
        ("paths", paths),
        (
            "components",
            .members([
                ("schemas", .members(schemas)),
                (
                    "securitySchemes",
                    ["key": ["type": "http", "scheme": "bearer", "description": "Where the server asks for a key."]]
                ),
            ])
        ),
    ])

    /// The headings, in the order of the reference.
    static let tags: [String] = Operation.all.reduce(into: []) { if !$0.contains($1.tag) { $0.append($1.tag) } }

    private static let paths: JSON = {
        var paths: [(String, [(String, JSON)])] = []
        for operation in Operation.all {
            let method = (operation.method.lowercased(), operation.json)
            if let index = paths.firstIndex(where: { $0.0 == operation.path }) {
                paths[index].1.append(method)
            } else {
                paths.append((operation.path, [method]))
            }
        }
        return .members(paths.map { ($0.0, .members($0.1)) })
    }()

    private static let schemas: [(String, JSON)] =
        [
            (
                "Error",
                .schema(
                    [
                        (
                            "error",
                            .schema(
                                [
                                    ("message", .text), ("type", .text), ("param", ["type": ["string", "null"]]),
                                    ("code", ["type": ["string", "null"]]),
                                ], required: ["message", "type", "param", "code"])
                        )
                    ], required: ["error"])
            ),
            ("Object", .anyObject),
            (
                "List",
                .schema(
                    [
                        ("object", .word(["list"])), ("data", .list(of: .anyObject)), ("has_more", .flag),
                        ("first_id", ["type": ["string", "null"]]), ("last_id", ["type": ["string", "null"]]),
                    ], required: ["object", "data"])
            ),
            ("Deleted", .schema([("id", .text), ("object", .text), ("deleted", .flag)], required: ["id", "deleted"])),
            (
                "Model",
                .schema(
                    [
                        ("id", .text), ("object", .word(["model"])), ("created", .whole), ("owned_by", .text),
                        ("kind", .word(["language", "embedding", "hearing", "speaking", "seeing"])),
                        ("context_window", .whole),
                        ("input_modalities", .list(of: .word(["text", "image", "audio"]), atLeast: 1)),
                        ("alias_of", .text("The model that answers under this name.")),
                    ], required: ["id", "object", "created", "owned_by"])
            ),
            (
                "ModelList",
                .schema(
                    [("object", .word(["list"])), ("data", .list(of: .reference("Model")))],
                    required: ["object", "data"])
            ),
        ] + Operation.chatSchemas + Operation.audioSchemas + Operation.responseSchemas + Operation.fileSchemas
}
