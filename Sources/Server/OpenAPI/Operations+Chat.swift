import TuttiCheckpoints

extension Operation {
    static let chat: [Operation] = [
        Operation(
            method: "POST", path: "/v1/chat/completions", tag: "Chat", summary: "Answer a conversation",
            description: """
                With `stream` the answer comes as server-sent events and ends with `data: [DONE]`. Without temperature \
                and top_p, small models answer with the library's own min-p sampling.
                """,
            body: .json(.reference("ChatCompletionRequest")), answer: "ChatCompletion", streams: true),
        Operation(
            method: "GET", path: "/v1/chat/completions", tag: "Chat", summary: "List stored completions",
            description: "Those that were made with `store`.",
            parameters: pages([Parameter(name: "model", place: "query", schema: .text)]), answer: "List"),
        Operation(
            method: "GET", path: "/v1/chat/completions/{id}", tag: "Chat", summary: "Retrieve a stored completion",
            answer: "ChatCompletion"),
        Operation(
            method: "POST", path: "/v1/chat/completions/{id}", tag: "Chat", summary: "Change a completion's metadata",
            body: .json(.schema([("metadata", .metadata)], required: ["metadata"])), answer: "ChatCompletion"),
        Operation(
            method: "DELETE", path: "/v1/chat/completions/{id}", tag: "Chat", summary: "Delete a stored completion",
            answer: "Deleted"),
        Operation(
            method: "GET", path: "/v1/chat/completions/{id}/messages", tag: "Chat",
            summary: "List a completion's messages", parameters: pages(), answer: "List"),
    ]

    static let completions: [Operation] = [
        Operation(
            method: "POST", path: "/v1/completions", tag: "Completions", summary: "Continue texts",
            description: "Without a chat template; `suffix` for models that fill in the middle.",
            body: .json(.reference("CompletionRequest")), answer: "Completion", streams: true)
    ]

    static let embeddings: [Operation] = [
        Operation(
            method: "POST", path: "/v1/embeddings", tag: "Embeddings", summary: "Turn texts and pictures into vectors",
            description: """
                Pictures are an extension: models whose `input_modalities` have `image` (CLIP, SigLIP) take objects in \
                `input`, each with a `text` or a picture.
                """,
            body: .json(.reference("EmbeddingRequest")), answer: "EmbeddingList")
    ]

    /// What has to do with how tokens are chosen, in chat and in completions.
    private static let sampling: [(String, JSON)] = [
        ("temperature", .number(from: 0, to: 2)), ("top_p", .number(from: 0, to: 1)),
        ("presence_penalty", .number(from: -2, to: 2)), ("frequency_penalty", .number(from: -2, to: 2)),
        ("seed", .whole),
        ("logit_bias", ["type": "object", "additionalProperties": .number(from: -100, to: 100)]),
        ("n", .whole(from: 1, to: 128)), ("stream", .flag),
        ("stream_options", .schema([("include_usage", .flag)])),
        ("stop", .any(.someText, .list(of: .someText, atMost: 4))), ("user", .text),
    ]

    private static func part(_ type: String, _ name: String, _ content: JSON) -> JSON {
        .schema([("type", .word([type])), (name, content)], required: ["type", name])
    }

    private static let textPart = part("text", "text", .text)
    private static let texts: JSON = .any(.text, .list(of: textPart, atLeast: 1))
    private static let parts: JSON = .list(
        of: .any(
            textPart,
            part(
                "image_url", "image_url",
                .schema([("url", .text), ("detail", .word(["auto", "low", "high"]))], required: ["url"])),
            part(
                "input_audio", "input_audio",
                .schema([("data", .text), ("format", .text("wav, mp3, flac, ogg, …"))], required: ["data", "format"])),
            part(
                "file", "file",
                .schema(
                    [
                        ("file_data", .text("A PDF document or a text, in Base64 or as a data URL.")),
                        ("file_id", .text), ("filename", .text),
                    ], requiringOneOf: ["file_data", "file_id"]))),
        atLeast: 1)

    /// What `/v1/embeddings` takes beside texts and tokens.
    private static let embedded: JSON = .any(
        .someText, .schema([("text", .someText)], required: ["text"]),
        .schema([("image", .text("A URL, or Base64."))], required: ["image"]),
        .schema(
            [("image_url", .any(.text, .schema([("url", .text)], required: ["url"])))], required: ["image_url"]),
        .schema([("file_id", .text)], required: ["file_id"]))

    private static let call: JSON = .schema(
        [
            ("id", .text), ("type", .word(["function"])),
            ("function", .schema([("name", .text), ("arguments", .text)], required: ["name", "arguments"])),
        ], required: ["id", "type", "function"])

    /// What a message holds follows from who speaks.
    private static let message: JSON = .any(
        .schema(
            [("role", .word(["system", "developer"])), ("content", texts), ("name", .text)],
            required: ["role", "content"]),
        .schema(
            [("role", .word(["user"])), ("content", .any(.text, parts)), ("name", .text)],
            required: ["role", "content"]),
        .schema(
            [
                ("role", .word(["assistant"])), ("content", .any(texts, ["type": "null"])), ("name", .text),
                ("tool_calls", .list(of: call)),
                ("audio", .schema([("id", .text("Of an earlier answer that was spoken."))], required: ["id"])),
            ], required: ["role"]),
        .schema(
            [("role", .word(["tool"])), ("content", texts), ("tool_call_id", .text)],
            required: ["role", "content", "tool_call_id"]))

    /// A function that the model may call, as chat has it.
    private static let tool: JSON = .schema(
        [
            ("type", .word(["function"])),
            (
                "function",
                .schema(
                    [("name", .text), ("description", .text), ("parameters", .anyObject), ("strict", .flag)],
                    required: ["name"])
            ),
        ], required: ["type", "function"])

    static let chatSchemas: [(String, JSON)] = [
        (
            "ChatCompletionRequest",
            .schema(
                [
                    ("model", .text("A name of /v1/models.")), ("messages", .list(of: message, atLeast: 1)),
                    ("max_completion_tokens", .whole(from: 1)), ("max_tokens", .whole(from: 1)),
                    ("tools", .list(of: tool)),
                    ("tool_choice", .any(.word(["none", "auto", "required"]), .anyObject)),
                    ("parallel_tool_calls", .flag),
                    (
                        "response_format",
                        .schema(
                            [
                                ("type", .word(["text", "json_object", "json_schema"])),
                                (
                                    "json_schema",
                                    .schema(
                                        [("name", .text), ("schema", .anyObject), ("strict", .flag)],
                                        required: ["name"])
                                ),
                            ], required: ["type"])
                    ),
                    ("modalities", .list(of: .word(["text", "audio"]))),
                    (
                        "audio",
                        .schema(
                            [
                                ("voice", .text("A name of /v1/audio/voices.")),
                                ("format", .word(soundFormats + ["pcm16"])),
                            ],
                            required: ["voice", "format"])
                    ),
                    ("logprobs", .flag), ("top_logprobs", .whole(from: 0, to: 20)), ("store", .flag),
                    ("metadata", .metadata), ("reasoning_effort", .text),
                    (
                        "prediction",
                        .schema([("type", .word(["content"])), ("content", texts)])
                    ),
                ] + sampling, required: ["model", "messages"])
        ),
        (
            "ChatCompletion",
            .schema(
                [
                    ("id", .text), ("object", .word(["chat.completion"])), ("created", .whole), ("model", .text),
                    ("choices", .list(of: .anyObject)), ("usage", .anyObject), ("system_fingerprint", .text),
                ], required: ["id", "object", "created", "model", "choices"])
        ),
        (
            "CompletionRequest",
            .schema(
                [
                    ("model", .text("A name of /v1/models.")),
                    (
                        "prompt",
                        .any(.text, .list(of: .text), .list(of: .whole(from: 0)), .list(of: .list(of: .whole(from: 0))))
                    ),
                    ("suffix", .text), ("max_tokens", .whole(from: 0)), ("echo", .flag),
                    ("best_of", .whole(from: 1, to: 20)), ("logprobs", .whole(from: 0, to: 5)),
                ] + sampling, required: ["model"])
        ),
        (
            "Completion",
            .schema(
                [
                    ("id", .text), ("object", .word(["text_completion"])), ("created", .whole), ("model", .text),
                    ("choices", .list(of: .anyObject)), ("usage", .anyObject),
                ], required: ["id", "object", "created", "model", "choices"])
        ),
        (
            "EmbeddingRequest",
            .schema(
                [
                    ("model", .text("A name of /v1/models.")),
                    (
                        "input",
                        .any(
                            .someText, .list(of: .someText, atLeast: 1, atMost: 2048),
                            .list(of: .whole(from: 0), atLeast: 1),
                            .list(of: .list(of: .whole(from: 0), atLeast: 1), atLeast: 1, atMost: 2048),
                            .list(of: embedded, atLeast: 1, atMost: 2048))
                    ),
                    ("dimensions", .whole(from: 1)), ("encoding_format", .word(["float", "base64"])), ("user", .text),
                ], required: ["model", "input"])
        ),
        (
            "EmbeddingList",
            .schema(
                [
                    ("object", .word(["list"])), ("model", .text), ("data", .list(of: .anyObject)),
                    ("usage", .anyObject),
                ], required: ["object", "model", "data", "usage"])
        ),
    ]
}
