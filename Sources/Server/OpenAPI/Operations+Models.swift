import TuttiCheckpoints

extension Operation {
    /// What the server tells of itself.
    static let service: [Operation] = [
        Operation(
            method: "GET", path: "/", tag: "Service", summary: "Lead to the reference", answer: "text/html",
            isOpen: true),
        Operation(
            method: "GET", path: "/health", tag: "Service", summary: "Whether the server is well",
            description:
                "200 for as long as it runs; tells whether it is ready, its version, and the models in memory.",
            isOpen: true),
        Operation(
            method: "GET", path: "/health/live", tag: "Service", summary: "Whether the process lives", isOpen: true),
        Operation(
            method: "GET", path: "/health/ready", tag: "Service", summary: "Whether it takes requests",
            description: "503 while models are loaded at the start, and when the server is about to stop.", isOpen: true
        ),
        Operation(
            method: "GET", path: "/metrics", tag: "Service", summary: "Counters in the text format of Prometheus",
            description:
                "Requests, queues, tokens, time to the first token and between tokens, cache, memory, models.",
            answer: "text/plain"),
        Operation(
            method: "GET", path: "/openapi.json", tag: "Service", summary: "This description", isOpen: true),
        Operation(
            method: "GET", path: "/docs", tag: "Service", summary: "This description as a page", answer: "text/html",
            isOpen: true),
    ]

    static let models: [Operation] = [
        Operation(
            method: "GET", path: "/v1/models", tag: "Models", summary: "List the models",
            description:
                "Models on this machine, the default first, then the names that stand for one of them (`alias_of`).",
            answer: "ModelList"),
        Operation(
            method: "GET", path: "/v1/models/{model}", tag: "Models", summary: "Tell of one model",
            description: "The name may have slashes and colons in it.", answer: "Model"),
        Operation(
            method: "DELETE", path: "/v1/models/{model}", tag: "Models", summary: "Refused",
            description: "Models belong to the machine's owner: 403. On the machine itself: `tutti rm`."),
    ]

    /// What OpenAI has and this server has not.
    static let absent: [Operation] = NotOfferedRoutes.endpoints.map { endpoint in
        Operation(
            method: endpoint.method, path: "/v1/\(endpoint.path)", tag: "Not offered", summary: endpoint.what,
            description: "404, code `endpoint_not_offered`. \(endpoint.instead)", isOffered: false)
    }

    /// Everything that the server answers to.
    static let all: [Operation] =
        service + models + chat + completions + embeddings + audio + responses + conversations + files + uploads
        + batches
        + absent

    /// The query of a list that comes in pages.
    static func pages(_ further: [Parameter] = []) -> [Parameter] {
        [
            Parameter(name: "limit", place: "query", schema: .whole(from: 1, to: 100)),
            Parameter(name: "order", place: "query", schema: .word(["asc", "desc"])),
            Parameter(name: "after", place: "query", schema: .text("The id that the page comes after.")),
        ] + further
    }
}
