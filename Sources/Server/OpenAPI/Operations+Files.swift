import TuttiCheckpoints
import TuttiOpenAI

extension Operation {
    static let files: [Operation] = [
        Operation(
            method: "POST", path: "/v1/files", tag: "Files", summary: "Upload a file",
            body: .form(
                .schema(
                    [
                        ("file", ["type": "string", "format": "binary"]),
                        ("purpose", .word(FileObject.purposes)),
                    ], required: ["file", "purpose"])), answer: "File"),
        Operation(
            method: "GET", path: "/v1/files", tag: "Files", summary: "List files",
            parameters: [
                Parameter(name: "limit", place: "query", schema: .whole(from: 1, to: 10_000)),
                Parameter(name: "order", place: "query", schema: .word(["asc", "desc"])),
                Parameter(name: "after", place: "query", schema: .text),
                Parameter(name: "purpose", place: "query", schema: .text),
            ], answer: "List"),
        Operation(
            method: "GET", path: "/v1/files/{id}", tag: "Files", summary: "Tell of a file", answer: "File"),
        Operation(
            method: "DELETE", path: "/v1/files/{id}", tag: "Files", summary: "Delete a file", answer: "Deleted"),
        Operation(
            method: "GET", path: "/v1/files/{id}/content", tag: "Files", summary: "Download a file",
            answer: "application/octet-stream"),
    ]

    static let uploads: [Operation] = [
        Operation(
            method: "POST", path: "/v1/uploads", tag: "Uploads", summary: "Begin an upload in parts",
            body: .json(
                .schema(
                    [
                        ("filename", .someText), ("purpose", .word(FileObject.purposes)), ("bytes", .whole(from: 1)),
                        ("mime_type", .text),
                        (
                            "expires_after",
                            .schema([("anchor", .word(["created_at"])), ("seconds", .whole(from: 3600))])
                        ),
                    ], required: ["filename", "purpose", "bytes", "mime_type"])), answer: "Upload"),
        Operation(
            method: "POST", path: "/v1/uploads/{id}/parts", tag: "Uploads", summary: "Send a part",
            body: .form(.schema([("data", ["type": "string", "format": "binary"])], required: ["data"]))),
        Operation(
            method: "POST", path: "/v1/uploads/{id}/complete", tag: "Uploads", summary: "Put the parts together",
            body: .json(.schema([("part_ids", .list(of: .text)), ("md5", .text)], required: ["part_ids"])),
            answer: "Upload"),
        Operation(
            method: "POST", path: "/v1/uploads/{id}/cancel", tag: "Uploads", summary: "Give an upload up",
            answer: "Upload"),
    ]

    static let batches: [Operation] = [
        Operation(
            method: "POST", path: "/v1/batches", tag: "Batches", summary: "Have a file of requests done",
            description: "They wait for whoever waits for an answer, and survive a restart of the server.",
            body: .json(
                .schema(
                    [
                        ("input_file_id", .text),
                        (
                            "endpoint",
                            .word(["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"])
                        ),
                        ("completion_window", .word(["24h"])), ("metadata", .metadata),
                    ], required: ["input_file_id", "endpoint", "completion_window"])), answer: "Batch"),
        Operation(
            method: "GET", path: "/v1/batches", tag: "Batches", summary: "List batches", parameters: pages(),
            answer: "List"),
        Operation(
            method: "GET", path: "/v1/batches/{id}", tag: "Batches", summary: "Tell of a batch", answer: "Batch"),
        Operation(
            method: "POST", path: "/v1/batches/{id}/cancel", tag: "Batches", summary: "Cancel a batch",
            answer: "Batch"),
    ]

    static let fileSchemas: [(String, JSON)] = [
        (
            "File",
            .schema(
                [
                    ("id", .text), ("object", .word(["file"])), ("bytes", .whole), ("created_at", .whole),
                    ("filename", .text), ("purpose", .text), ("status", .text),
                ], required: ["id", "object", "bytes", "created_at", "filename", "purpose", "status"])
        ),
        (
            "Upload",
            .schema(
                [("id", .text), ("object", .word(["upload"])), ("status", .text), ("bytes", .whole)],
                required: ["id", "object", "status"])
        ),
        (
            "Batch",
            .schema(
                [
                    ("id", .text), ("object", .word(["batch"])), ("endpoint", .text), ("status", .text),
                    ("input_file_id", .text), ("created_at", .whole),
                ], required: ["id", "object", "endpoint", "status", "input_file_id", "created_at"])
        ),
    ]
}
