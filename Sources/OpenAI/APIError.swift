public import TuttiCheckpoints

/// An error as OpenAI's API writes it: `{"error":{"message":…,"type":…,"param":…,"code":…}}` with an HTTP status.
public struct APIError: Error, Sendable, Hashable {
    public var status: Int
    /// What was wrong, where, and what to do.
    public var message: String
    public var type: String
    /// The field that was wrong, as a path such as `messages[2].role`.
    public var param: String?
    public var code: String?
    /// Seconds after which the same request may do better: becomes `retry-after`.
    public var retryAfterSeconds: Int?
    /// Whether the same request may do better a second time: where not, clients that would try again are told.
    public var isWorthRepeating: Bool

    public init(
        status: Int, message: String, type: String, param: String? = nil, code: String? = nil,
        retryAfterSeconds: Int? = nil, isWorthRepeating: Bool = true
    ) {
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
        self.retryAfterSeconds = retryAfterSeconds
        self.isWorthRepeating = isWorthRepeating
    }

    public var json: JSON {
        [
            "error": [
                "message": .string(message), "type": .string(type), "param": JSON(param), "code": JSON(code),
            ]
        ]
    }

    /// A value that cannot be taken: status 400.
    public static func invalid(_ message: String, param: String? = nil, code: String? = nil) -> APIError {
        APIError(status: 400, message: message, type: "invalid_request_error", param: param, code: code)
    }

    /// What stands at a path of the request is refused: status 400.
    /// - Parameter problem: What is wrong with it, with or without a full stop.
    static func refused(_ path: String, _ problem: String, code: String) -> APIError {
        invalid("Invalid '\(path)': \(problem)\(problem.hasSuffix(".") ? "" : ".")", param: path, code: code)
    }

    /// Something that is not there: status 404.
    public static func notFound(_ message: String, param: String? = nil, code: String? = nil) -> APIError {
        APIError(status: 404, message: message, type: "invalid_request_error", param: param, code: code)
    }

    public static func modelNotFound(_ name: String) -> APIError {
        notFound(
            "The model `\(name)` does not exist or you do not have access to it. GET /v1/models lists what there is.",
            param: "model", code: "model_not_found")
    }

    public static func contextLengthExceeded(tokens: Int, context: Int, param: String) -> APIError {
        invalid(
            "This model's maximum context length is \(context) tokens. However, your messages resulted in \(tokens) tokens. Please reduce the length of the messages.",
            param: param, code: "context_length_exceeded")
    }

    /// What this server does not offer, honestly: status 501.
    public static func notOffered(_ what: String, instead: String) -> APIError {
        APIError(
            status: 501, message: "\(what) is not offered by this server. \(instead)", type: "invalid_request_error",
            code: "not_offered")
    }

    public static func overloaded(_ message: String, retryAfterSeconds: Int) -> APIError {
        APIError(
            status: 503, message: message, type: "server_error", code: "server_overloaded",
            retryAfterSeconds: retryAfterSeconds)
    }

    /// A request that took longer than any may: status 504. Not to be repeated, as it would take as long again.
    public static func timedOut(seconds: Int) -> APIError {
        APIError(
            status: 504,
            message:
                "The request was not done within the \(seconds) seconds that this server gives to one. Ask for less at once, or have it done in the background or in a batch.",
            type: "server_error", code: "request_timeout", isWorthRepeating: false)
    }

    /// Our own fault. The cause goes to the log, not to the client.
    public static var internalError: APIError {
        APIError(
            status: 500, message: "The server had an error while it worked on this request. Its log has the details.",
            type: "server_error", code: "internal_error")
    }
}

extension JSON {
    /// The string, or null.
    public init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    /// The integer, or null.
    public init(_ value: Int?) { self = value.map { .integer(Int128($0)) } ?? .null }
    /// The number, or null.
    public init(_ value: Double?) { self = value.map { .number($0) } ?? .null }
    /// The truth value, or null.
    public init(_ value: Bool?) { self = value.map { .bool($0) } ?? .null }
}
