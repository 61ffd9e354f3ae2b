import HTTPTypes
import Hummingbird
import NIOCore
import TuttiCheckpoints
import TuttiOpenAI

extension Response {
    /// A JSON answer.
    static func json(_ value: JSON, status: Int = 200) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: value.text(.compact))))
    }

    /// An error as OpenAI's API has it.
    static func error(_ error: APIError) -> Response {
        var response = json(error.json, status: error.status)
        if let seconds = error.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
        if !error.isWorthRepeating { response.headers[.xShouldRetry] = "false" }
        return response
    }

    /// A text of some kind.
    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

extension Request {
    /// The whole body as JSON.
    /// - Throws: `APIError`: 413 for more than `maximumByteCount`, 415 for another content type, 400 for what is not
    ///   JSON or nested too deeply.
    func json(maximumByteCount: Int, depth: Int = 128) async throws -> JSON {
        if let type = headers[.contentType], !Self.isJSON(type) {
            throw APIError(
                status: 415,
                message:
                    "The body has to be JSON, but its content type is `\(type.prefix(80))`: send `Content-Type: application/json`.",
                type: "invalid_request_error", code: "unsupported_media_type")
        }
        let bytes: ByteBuffer
        do {
            bytes = try await body.collect(upTo: maximumByteCount)
        } catch is NIOTooManyBytesError {
            throw APIError.bodyTooLarge(limit: maximumByteCount)
        }
        if let length = headers[.contentLength].flatMap({ Int($0) }), bytes.readableBytes < length {
            throw APIError.invalid("The connection ended before the whole body had come.", code: "incomplete_body")
        }
        do {
            return try JSON(parsing: bytes.readableBytesView, depth: depth)
        } catch {
            throw APIError.invalid("The body is not valid JSON: \(error).", code: "invalid_json")
        }
    }

    private static func isJSON(_ type: String) -> Bool {
        let kind = type.prefix { $0 != ";" }.trimmingPrefix(while: \.isWhitespace).lowercased()
        return kind.hasPrefix("application/json") || kind.hasSuffix("+json") || kind.hasPrefix("text/json")
    }
}

extension HTTPField.Name {
    /// Tells OpenAI's clients, which repeat after most errors, whether they should.
    static let xShouldRetry = HTTPField.Name("x-should-retry")!
}

extension APIError {
    static func bodyTooLarge(limit: Int) -> APIError {
        APIError(
            status: 413, message: "The body is larger than the \(limit) bytes that this server takes.",
            type: "invalid_request_error", code: "request_too_large")
    }
}
