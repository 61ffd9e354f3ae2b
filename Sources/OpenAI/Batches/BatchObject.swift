public import TuttiCheckpoints

/// A batch: many requests in a file, answered when there is time.
public struct BatchObject: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case validating, failed
        case inProgress = "in_progress"
        case finalizing, completed, expired, cancelling, cancelled

        /// Whether nothing more happens to it.
        public var isFinal: Bool {
            switch self {
            case .failed, .completed, .expired, .cancelled: true
            case .validating, .inProgress, .finalizing, .cancelling: false
            }
        }
    }

    /// What is wrong with a line of its input.
    public struct Problem: Sendable, Hashable {
        public var code: String
        public var message: String
        public var param: String?
        /// Counted from 1; nil for the whole file.
        public var line: Int?

        public init(code: String, message: String, param: String? = nil, line: Int? = nil) {
            self.code = code
            self.message = message
            self.param = param
            self.line = line
        }

        public var json: JSON {
            [
                "code": .string(code), "message": .string(message), "param": JSON(param), "line": JSON(line),
            ]
        }

        init(_ json: JSON) {
            code = json["code"]?.string ?? ""
            message = json["message"]?.string ?? ""
            param = json["param"]?.string
            line = json["line"]?.int
        }
    }

    /// Tokens of all its answers.
    public struct Usage: Sendable, Hashable {
        public var inputTokens = 0
        public var cachedTokens = 0
        public var outputTokens = 0
        public var reasoningTokens = 0

        public init() {}

        /// Adds what an answer of any endpoint says of itself.
        public mutating func add(_ usage: JSON) {
            inputTokens += usage["input_tokens"]?.int ?? usage["prompt_tokens"]?.int ?? 0
            outputTokens += usage["output_tokens"]?.int ?? usage["completion_tokens"]?.int ?? 0
            let input = usage["input_tokens_details"] ?? usage["prompt_tokens_details"]
            cachedTokens += input?["cached_tokens"]?.int ?? 0
            let output = usage["output_tokens_details"] ?? usage["completion_tokens_details"]
            reasoningTokens += output?["reasoning_tokens"]?.int ?? 0
        }

        public var json: JSON {
            [
                "input_tokens": JSON(inputTokens), "input_tokens_details": ["cached_tokens": JSON(cachedTokens)],
                "output_tokens": JSON(outputTokens),
                "output_tokens_details": ["reasoning_tokens": JSON(reasoningTokens)],
                "total_tokens": JSON(inputTokens + outputTokens),
            ]
        }
    }

    public let id: String
    public let createdAt: Int
    public let endpoint: String
    public let inputFileID: String
    /// How its model is called by the first line; nil until the lines are read.
    public var model: String?
    public var metadata: JSON?
    /// How long its output files are kept; nil keeps them.
    public var outputLifetimeSeconds: Int?
    public var expiresAt: Int
    public var status = Status.validating
    public var problems: [Problem] = []
    public var totalCount = 0
    public var completedCount = 0
    public var failedCount = 0
    public var usage = Usage()
    public var outputFileID: String?
    public var errorFileID: String?
    /// When it entered each of its states, seconds since 1970.
    public var times: [Status: Int] = [:]

    public init(
        id: String, createdAt: Int, endpoint: String, inputFileID: String, expiresAt: Int, metadata: JSON?,
        outputLifetimeSeconds: Int?
    ) {
        self.id = id
        self.createdAt = createdAt
        self.endpoint = endpoint
        self.inputFileID = inputFileID
        self.expiresAt = expiresAt
        self.metadata = metadata
        self.outputLifetimeSeconds = outputLifetimeSeconds
    }

    /// Enters a state.
    public mutating func become(_ status: Status, at time: Int) {
        self.status = status
        times[status] = time
    }

    public var json: JSON {
        [
            "id": .string(id), "object": "batch", "endpoint": .string(endpoint), "model": JSON(model),
            "errors": problems.isEmpty ? .null : ["object": "list", "data": .array(problems.map(\.json))],
            "input_file_id": .string(inputFileID), "completion_window": "24h", "status": .string(status.rawValue),
            "output_file_id": JSON(outputFileID), "error_file_id": JSON(errorFileID), "created_at": JSON(createdAt),
            "in_progress_at": JSON(times[.inProgress]), "expires_at": JSON(expiresAt),
            "finalizing_at": JSON(times[.finalizing]), "completed_at": JSON(times[.completed]),
            "failed_at": JSON(times[.failed]), "expired_at": JSON(times[.expired]),
            "cancelling_at": JSON(times[.cancelling]), "cancelled_at": JSON(times[.cancelled]),
            "request_counts": [
                "total": JSON(totalCount), "completed": JSON(completedCount), "failed": JSON(failedCount),
            ],
            "usage": usage.json, "metadata": metadata ?? .null,
        ]
    }

    /// Reads what ``json`` wrote.
    /// - Parameter outputLifetimeSeconds: What the JSON does not tell.
    public init?(_ json: JSON, outputLifetimeSeconds: Int?) {
        guard let id = json["id"]?.string, let createdAt = json["created_at"]?.int,
            let endpoint = json["endpoint"]?.string, let inputFileID = json["input_file_id"]?.string,
            let expiresAt = json["expires_at"]?.int,
            let status = json["status"]?.string.flatMap({ Status(rawValue: $0) })
        else { return nil }
        self.init(
            id: id, createdAt: createdAt, endpoint: endpoint, inputFileID: inputFileID, expiresAt: expiresAt,
            metadata: json["metadata"].flatMap { $0 == .null ? nil : $0 },
            outputLifetimeSeconds: outputLifetimeSeconds)
        self.status = status
        model = json["model"]?.string
        problems = (json["errors"]?["data"]?.array ?? []).map { Problem($0) }
        totalCount = json["request_counts"]?["total"]?.int ?? 0
        completedCount = json["request_counts"]?["completed"]?.int ?? 0
        failedCount = json["request_counts"]?["failed"]?.int ?? 0
        if let counted = json["usage"] { usage.add(counted) }
        outputFileID = json["output_file_id"]?.string
        errorFileID = json["error_file_id"]?.string
        for status in Status.allCases { times[status] = json["\(status.rawValue)_at"]?.int }
    }
}
