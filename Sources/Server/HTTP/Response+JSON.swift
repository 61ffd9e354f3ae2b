import Hummingbird
import TuttiCheckpoints
import TuttiOpenAI

extension Response {
    /// A JSON answer.
    static func json(_ value: JSON, status: Int = 200) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: value.text(.compact))))
    }

    static func error(_ error: APIError) -> Response {
        var response = json(error.json, status: error.status)
        if let seconds = error.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
        return response
    }
}

extension Request {
    /// The whole body as JSON.
    /// - Throws: `APIError`: 413 for more than `maximumByteCount`, 400 for what is not JSON or nested too deeply.
    func json(maximumByteCount: Int) async throws -> JSON {
        let bytes: ByteBuffer
        do {
            bytes = try await body.collect(upTo: maximumByteCount)
        } catch is NIOTooManyBytesError {
            throw APIError(
                status: 413, message: "The body is larger than the \(maximumByteCount) bytes that this server takes.",
                type: "invalid_request_error", code: "request_too_large")
        }
        do {
            return try JSON(parsing: Array(bytes.readableBytesView))
        } catch let error as JSONError {
            throw APIError.invalid("The body is not valid JSON: \(error).", code: "invalid_json")
        }
    }
}
