public import TuttiCheckpoints

/// `usage` of chat and text completions: what a request cost in tokens.
public struct CompletionUsage: Sendable, Hashable {
    public var promptTokens: Int
    public var completionTokens: Int
    /// Of the prompt's tokens, those that were found computed.
    public var cachedTokens: Int
    /// Of the answer's tokens, those that a model thought with.
    public var reasoningTokens: Int
    /// Of the prompt's tokens, those of words that were heard.
    public var heardTokens = 0
    /// Of the prompt's tokens, those of pictures.
    public var seenTokens = 0
    /// Of the prompt's tokens, those of files.
    public var fileTokens = 0
    /// Of the answer's tokens, those of words that were spoken.
    public var spokenTokens = 0
    /// Tokens of the request's prediction that were right, and that were wrong.
    public var acceptedPredictionTokens: Int
    public var rejectedPredictionTokens: Int

    public init(
        promptTokens: Int = 0, completionTokens: Int = 0, cachedTokens: Int = 0, reasoningTokens: Int = 0,
        acceptedPredictionTokens: Int = 0, rejectedPredictionTokens: Int = 0
    ) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.cachedTokens = cachedTokens
        self.reasoningTokens = reasoningTokens
        self.acceptedPredictionTokens = acceptedPredictionTokens
        self.rejectedPredictionTokens = rejectedPredictionTokens
    }

    public var json: JSON {
        [
            "prompt_tokens": JSON(promptTokens), "completion_tokens": JSON(completionTokens),
            "total_tokens": JSON(promptTokens + completionTokens),
            "prompt_tokens_details": [
                "cached_tokens": JSON(cachedTokens), "audio_tokens": JSON(heardTokens),
                "image_tokens": JSON(seenTokens), "file_tokens": JSON(fileTokens),
            ],
            "completion_tokens_details": [
                "reasoning_tokens": JSON(reasoningTokens), "audio_tokens": JSON(spokenTokens),
                "accepted_prediction_tokens": JSON(acceptedPredictionTokens),
                "rejected_prediction_tokens": JSON(rejectedPredictionTokens),
            ],
        ]
    }
}
