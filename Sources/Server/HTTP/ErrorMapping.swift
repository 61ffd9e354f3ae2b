import GRDB
import Hummingbird
import NIOCore
import Tutti
import TuttiOpenAI

/// What a thrown error means to a client.
enum ErrorMapping {
    /// The error to tell; nil for one that is our own fault, whose cause belongs in the log only.
    /// - Parameter prompt: The field that a too long prompt is blamed on.
    static func apiError(_ error: any Error, prompt: String = "messages") -> APIError? {
        switch error {
        case let error as APIError: error
        case EngineError.promptTooLong(let tokens, let context, _):
            .contextLengthExceeded(tokens: tokens, context: context, param: prompt)
        case EngineError.queueFull(let waiting, _):
            .overloaded(
                "\(waiting) requests wait for this model already. Try again in a moment.",
                retryAfterSeconds: min(60, 1 + waiting / 16))
        case EngineError.emptyPrompt:
            .invalid("The prompt is empty: give at least one token.", param: prompt, code: "empty_prompt")
        case let error as EngineError: .invalid("\(error)")
        case let error as SamplingError: .invalid("\(error)")
        case let error as TurnError: .invalid("\(error)", param: "tools")
        case BudgetError.newestTurnTooLong(let tokens, let context, _):
            .contextLengthExceeded(tokens: tokens, context: context, param: prompt)
        case let error as BudgetError: .invalid("\(error)")
        case let error as TemplateError:
            .invalid("The model's chat template refuses these messages: \(error)", param: prompt)
        case let error as VisionError: .invalid("\(error)", param: prompt, code: "invalid_image")
        case let error as LanguageModelError: .invalid("\(error)", param: "model", code: "model_not_supported")
        case let error as StoreError where error.isModelNotFound:
            .notFound("\(error)", param: "model", code: "model_not_found")
        case is NIOTooManyBytesError:
            APIError(
                status: 413, message: "The body is larger than this server takes.", type: "invalid_request_error",
                code: "request_too_large")
        case let error as HTTPError: ofHTTP(error)
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            APIError(
                status: 507, message: "The server's disk is full: nothing was stored.", type: "server_error",
                code: "storage_full")
        case is CancellationError:
            APIError(
                status: 503, message: "The server stopped before this request was done.", type: "server_error",
                code: "cancelled", retryAfterSeconds: 5)
        default: nil
        }
    }

    private static func ofHTTP(_ error: HTTPError) -> APIError {
        APIError(
            status: error.status.code, message: error.body ?? error.status.reasonPhrase,
            type: error.status.code < 500 ? "invalid_request_error" : "server_error")
    }
}
