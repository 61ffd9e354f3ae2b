import TuttiCheckpoints

extension Operation {
    static let responses: [Operation] = [
        Operation(
            method: "POST", path: "/v1/responses", tag: "Responses", summary: "Make a response",
            description: """
                With `stream` as events with rising sequence numbers; with `background` it goes on without the client.
                """,
            body: .json(.reference("ResponseRequest")), answer: "Response", streams: true),
        Operation(
            method: "POST", path: "/v1/responses/input_tokens", tag: "Responses", summary: "Count a request's tokens",
            body: .json(.reference("ResponseRequest"))),
        Operation(
            method: "GET", path: "/v1/responses/{id}", tag: "Responses", summary: "Retrieve a response",
            parameters: [
                Parameter(name: "stream", place: "query", schema: .flag),
                Parameter(name: "starting_after", place: "query", schema: .whole(from: 0)),
                Parameter(name: "include", place: "query", schema: .list(of: .text)),
            ], answer: "Response", streams: true),
        Operation(
            method: "DELETE", path: "/v1/responses/{id}", tag: "Responses", summary: "Delete a response",
            answer: "Deleted"),
        Operation(
            method: "POST", path: "/v1/responses/{id}/cancel", tag: "Responses",
            summary: "Cancel one in the background",
            answer: "Response"),
        Operation(
            method: "GET", path: "/v1/responses/{id}/input_items", tag: "Responses", summary: "List what went in",
            parameters: pages(), answer: "List"),
    ]

    static let conversations: [Operation] = [
        Operation(
            method: "POST", path: "/v1/conversations", tag: "Conversations", summary: "Begin a conversation",
            body: .json(.schema([("items", .list(of: item)), ("metadata", .metadata)])), answer: "Conversation"),
        Operation(
            method: "GET", path: "/v1/conversations/{id}", tag: "Conversations", summary: "Retrieve a conversation",
            answer: "Conversation"),
        Operation(
            method: "POST", path: "/v1/conversations/{id}", tag: "Conversations",
            summary: "Change a conversation's metadata",
            body: .json(.schema([("metadata", .metadata)], required: ["metadata"])), answer: "Conversation"),
        Operation(
            method: "DELETE", path: "/v1/conversations/{id}", tag: "Conversations", summary: "Delete a conversation",
            answer: "Deleted"),
        Operation(
            method: "POST", path: "/v1/conversations/{id}/items", tag: "Conversations", summary: "Add items",
            body: .json(.schema([("items", .list(of: item, atLeast: 1))], required: ["items"])), answer: "List"),
        Operation(
            method: "GET", path: "/v1/conversations/{id}/items", tag: "Conversations", summary: "List items",
            parameters: pages(), answer: "List"),
        Operation(
            method: "GET", path: "/v1/conversations/{id}/items/{item}", tag: "Conversations",
            summary: "Retrieve an item"),
        Operation(
            method: "DELETE", path: "/v1/conversations/{id}/items/{item}", tag: "Conversations",
            summary: "Delete an item", answer: "Conversation"),
    ]

    private static func part(_ types: [String]) -> JSON {
        .schema([("type", .word(types)), ("text", .text)], required: ["type", "text"])
    }

    /// What a user says, and what a tool gives back.
    private static let parts: JSON = .list(
        of: .any(
            part(["input_text"]),
            .schema(
                [
                    ("type", .word(["input_image"])), ("image_url", .text), ("file_id", .text),
                    ("detail", .word(["auto", "low", "high"])),
                ], required: ["type"], requiringOneOf: ["image_url", "file_id"]),
            .schema(
                [
                    ("type", .word(["input_file"])),
                    ("file_data", .text("A PDF document or a text, in Base64 or as a data URL.")), ("file_id", .text),
                    ("file_url", .text("Where the server fetches URLs.")), ("filename", .text),
                    ("detail", .word(["auto", "low", "high"])),
                ], required: ["type"], requiringOneOf: ["file_data", "file_id", "file_url"])),
        atLeast: 1)

    private static func item(_ type: String, _ members: [(String, JSON)], required: [String]) -> JSON {
        .schema([("type", .word([type])), ("id", .text)] + members, required: ["type"] + required)
    }

    /// What an item holds follows from its type.
    private static let item: JSON = .any(
        item(
            "message",
            [
                ("role", .word(["system", "developer"])),
                ("content", .any(.text, .list(of: part(["input_text"]), atLeast: 1))),
            ], required: ["role", "content"]),
        item("message", [("role", .word(["user"])), ("content", .any(.text, parts))], required: ["role", "content"]),
        item(
            "message",
            [
                ("role", .word(["assistant"])),
                ("content", .any(.text, .list(of: part(["output_text"]), atLeast: 1))),
            ], required: ["role", "content"]),
        item(
            "function_call", [("call_id", .text), ("name", .text), ("arguments", .text)],
            required: ["call_id", "name", "arguments"]),
        item(
            "function_call_output", [("call_id", .text), ("output", .any(.text, parts))],
            required: ["call_id", "output"]),
        item(
            "reasoning",
            [
                (
                    "summary",
                    .list(
                        of: .schema([("type", .word(["summary_text"])), ("text", .text)], required: ["type", "text"]))
                )
            ], required: ["summary"]),
        item("item_reference", [], required: ["id"]))

    static let responseSchemas: [(String, JSON)] = [
        (
            "ResponseRequest",
            .schema(
                [
                    ("model", .text("A name of /v1/models.")), ("input", .any(.text, .list(of: item, atLeast: 1))),
                    ("instructions", .text), ("previous_response_id", .text),
                    ("conversation", .any(.text, .schema([("id", .text)], required: ["id"]))),
                    ("max_output_tokens", .whole(from: 1)), ("temperature", .number(from: 0, to: 2)),
                    ("top_p", .number(from: 0, to: 1)), ("top_logprobs", .whole(from: 0, to: 20)),
                    ("stream", .flag), ("background", .flag), ("store", .flag),
                    ("truncation", .word(["auto", "disabled"])), ("include", .list(of: .text)),
                    ("metadata", .metadata),
                    (
                        "text",
                        .schema([("format", .schema([("type", .word(["text", "json_object", "json_schema"]))]))])
                    ),
                    (
                        "tools",
                        .list(
                            of: .schema(
                                [
                                    ("type", .word(["function"])), ("name", .text), ("description", .text),
                                    ("parameters", .anyObject), ("strict", .flag),
                                ], required: ["type", "name"]))
                    ),
                    ("tool_choice", .any(.word(["none", "auto", "required"]), .anyObject)),
                    ("parallel_tool_calls", .flag), ("max_tool_calls", .whole(from: 1)),
                    ("reasoning", .schema([("effort", .text)])), ("user", .text),
                ], required: ["model"], requiringOneOf: ["input", "previous_response_id", "conversation"])
        ),
        (
            "Response",
            .schema(
                [
                    ("id", .text), ("object", .word(["response"])), ("created_at", ["type": "number"]),
                    ("status", .text), ("model", .text), ("output", .list(of: .anyObject)), ("usage", .anyObject),
                ], required: ["id", "object", "created_at", "model", "output"])
        ),
        (
            "Conversation",
            .schema(
                [
                    ("id", .text), ("object", .word(["conversation"])), ("created_at", .whole),
                    ("metadata", .metadata),
                ], required: ["id", "object", "created_at", "metadata"])
        ),
    ]
}
