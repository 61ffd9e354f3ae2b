import Tutti
import TuttiOpenAI

/// Where in a request the things stand that a model may refuse, so that its refusal names them.
struct RequestPaths: Sendable {
    /// What becomes the prompt: `messages`, `input` or `prompt`.
    var prompt: String
    /// The schema of the answer's text.
    var schema: String?
    /// The parameters of the first strict tool: those of others are not insisted on.
    var parameters: String?

    init(prompt: String, format: ResponseFormat = .text, tools: [FunctionTool] = []) {
        self.prompt = prompt
        schema = format.schemaPath
        parameters = tools.first { $0.isStrict == true }?.parametersPath
    }

    /// An engine's or a template's refusal as the API tells it; any other error as it is.
    func named(_ error: any Error) -> any Error {
        switch error {
        case EngineError.promptTooLong(let tokens, let context, _):
            APIError.contextLengthExceeded(tokens: tokens, context: context, param: prompt)
        case EngineError.emptyPrompt:
            APIError.invalid("Invalid '\(prompt)': it is empty.", param: prompt, code: "invalid_value")
        case EngineError.unknownToken(let token, let vocabulary):
            APIError.invalid(
                "Invalid '\(prompt)': the model has no token \(token); its tokens are 0 to \(vocabulary - 1).",
                param: prompt, code: "invalid_value")
        case SamplingError.noSuchToken(_, let token, let vocabulary):
            APIError.invalid(
                "Invalid 'logit_bias': the model has no token \(token); its tokens are 0 to \(vocabulary - 1).",
                param: "logit_bias", code: "invalid_value")
        case SamplingError.stringsTooLong: APIError.invalid("Invalid 'stop': \(error)", param: "stop")
        case let error as GrammarError:
            APIError.invalid(
                "Invalid schema for '\(schema ?? parameters ?? "tools")': \(error)",
                param: schema ?? parameters ?? "tools", code: "invalid_schema")
        case let error as TemplateError where error.kind == .raised:
            APIError.invalid("The model's chat template refuses these messages: \(error.message)", param: prompt)
        case LanguageModelError.noChatTemplate:
            APIError.invalid(
                "The model was not made for chat: it continues text. Use POST /v1/completions, or another model.",
                param: "model", code: "model_not_supported")
        default: error
        }
    }
}
