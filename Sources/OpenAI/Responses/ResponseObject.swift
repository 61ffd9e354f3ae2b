public import TuttiCheckpoints

/// An answer of `/v1/responses`, finished or on its way.
public struct ResponseObject: Sendable {
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case queued
        case inProgress = "in_progress"
        case completed, incomplete, failed, cancelled

        /// Whether nothing will be added.
        public var isFinal: Bool { self != .queued && self != .inProgress }
    }

    /// What it cost in tokens.
    public struct Usage: Sendable, Hashable {
        public var inputTokens: Int
        /// Of the input's tokens, those that were found computed; the others were computed and kept.
        public var cachedTokens: Int
        public var outputTokens: Int
        public var reasoningTokens: Int

        public init(inputTokens: Int, cachedTokens: Int, outputTokens: Int, reasoningTokens: Int) {
            self.inputTokens = inputTokens
            self.cachedTokens = cachedTokens
            self.outputTokens = outputTokens
            self.reasoningTokens = reasoningTokens
        }

        public var json: JSON {
            [
                "input_tokens": JSON(inputTokens),
                "input_tokens_details": [
                    "cached_tokens": JSON(cachedTokens), "cache_write_tokens": JSON(inputTokens - cachedTokens),
                ],
                "output_tokens": JSON(outputTokens),
                "output_tokens_details": ["reasoning_tokens": JSON(reasoningTokens)],
                "total_tokens": JSON(inputTokens + outputTokens),
            ]
        }
    }

    /// What had to leave the context for it.
    public struct Truncation: Sendable, Hashable {
        public var turnCount: Int
        public var itemIDs: [String]

        public init(turnCount: Int = 0, itemIDs: [String] = []) {
            self.turnCount = turnCount
            self.itemIDs = itemIDs
        }
    }

    public let id: String
    /// Seconds since 1970.
    public let createdAt: Int
    public let request: ResponseRequest
    /// The name of the model that answers.
    public let model: String
    public var status = Status.inProgress
    public var output: [ResponseItem] = []
    public var usage: Usage?
    public var error: APIError?
    public var completedAt: Int?
    public var truncation = Truncation()

    public init(id: String, createdAt: Int, request: ResponseRequest, model: String) {
        self.id = id
        self.createdAt = createdAt
        self.request = request
        self.model = model
    }

    public var json: JSON {
        [
            "id": .string(id), "object": "response", "created_at": JSON(createdAt),
            "status": .string(status.rawValue), "background": .bool(request.isBackground),
            "completed_at": JSON(completedAt),
            "error": error.map { Self.error($0) } ?? .null,
            "incomplete_details": status == .incomplete ? ["reason": "max_output_tokens"] : .null,
            "instructions": JSON(request.instructions), "max_output_tokens": JSON(request.maximumOutputTokens),
            "max_tool_calls": JSON(request.maximumToolCalls), "model": .string(model),
            "output": .array(output.map(\.json)), "parallel_tool_calls": .bool(request.allowsParallelToolCalls),
            "previous_response_id": JSON(request.previousResponseID),
            "conversation": request.conversationID.map { ["id": .string($0)] } ?? .null,
            "prompt_cache_key": JSON(request.promptCacheKey),
            "prompt_cache_retention": JSON(request.promptCacheRetention),
            "reasoning": [
                "effort": JSON(request.reasoningEffort), "summary": JSON(request.reasoningSummary),
            ],
            "safety_identifier": JSON(request.safetyIdentifier), "service_tier": "default",
            "store": .bool(request.isStored), "temperature": .number(request.sampling.temperature ?? 1),
            "text": request.textJSON, "tool_choice": request.toolChoiceJSON, "tools": request.toolsJSON,
            "top_logprobs": JSON(request.topLogprobs ?? 0), "top_p": .number(request.sampling.topP ?? 1),
            "truncation": request.truncates ? "auto" : "disabled", "truncated_turns": JSON(truncation.turnCount),
            "truncated_items": .array(truncation.itemIDs.map { .string($0) }), "usage": usage?.json ?? .null,
            "user": JSON(request.user), "metadata": request.metadata ?? [:],
        ]
    }

    /// The error object of a failed response, whose codes are a list of OpenAI's.
    public static func error(_ error: APIError) -> JSON {
        let code =
            switch error.status {
            case 400..<429, 430..<500: "invalid_prompt"
            case 429: "rate_limit_exceeded"
            default: "server_error"
            }
        return ["code": .string(code), "message": .string(error.message)]
    }
}
