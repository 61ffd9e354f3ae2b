public import TuttiCheckpoints
public import TuttiDialogue
public import TuttiGeneration

/// What a model is asked to answer, and how.
public struct TurnRequest: Sendable {
    /// What was said so far; the model speaks next.
    public var messages: [Message]
    /// The functions that it may ask to have called.
    public var tools: [ToolDefinition] = []
    public var toolChoice = ToolChoice.auto
    /// Whether one answer may hold several calls.
    public var allowsParallelToolCalls = true
    /// What the text of the answer must look like; calls are not bound by it.
    public var format = OutputFormat.text
    public var sampling = SamplingOptions()
    /// The most tokens of the answer, its reasoning included; nil for as many as the context holds.
    public var maximumTokens: Int?
    /// Strings that end the answer where they occur in its text; they are no part of it.
    public var stops: [String] = []
    /// Who goes first when answers wait for each other.
    public var priority = GenerationRequest.Priority.interactive
    /// A text that the answer probably repeats, such as a file that is to be edited: it is guessed ahead from there,
    /// which changes nothing but the time.
    public var prediction: String?
    /// Whether formats and the schemas of tools are enforced while the answer is made. False leaves them to the model: for
    /// measuring what that is worth.
    package var bindsAnswer = true
    /// Further variables of the chat template, such as `enable_thinking` or `reasoning_effort`.
    public var templateVariables: [String: JSON] = [:]

    public init(_ messages: [Message]) { self.messages = messages }

    /// A turn without tools.
    public init(_ messages: [Message], _ options: AnswerOptions) {
        self.messages = messages
        sampling = options.sampling
        maximumTokens = options.maximumTokens
        stops = options.stops
        priority = options.priority
    }
}
