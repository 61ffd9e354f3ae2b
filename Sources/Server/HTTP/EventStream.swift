import HTTPTypes
import Hummingbird
import NIOCore
import TuttiCheckpoints
import TuttiOpenAI

/// Writes server-sent events to one client, as fast as it reads them.
struct EventWriter {
    private var writer: any ResponseBodyWriter

    init(_ writer: any ResponseBodyWriter) { self.writer = writer }

    /// Sends one event: `event: NAME` where it has one, and its data on one line.
    /// - Throws: What the socket throws when the client is gone.
    mutating func send(_ data: JSON, event: String? = nil) async throws {
        var text = event.map { "event: \($0)\n" } ?? ""
        text += "data: \(data.text(.compact))\n\n"
        try await writer.write(ByteBuffer(string: text))
    }

    /// Sends `data: [DONE]`, which ends the streams of chat and text completions.
    mutating func done() async throws { try await writer.write(ByteBuffer(string: "data: [DONE]\n\n")) }

    /// Sends a comment, which keeps proxies from closing a stream where nothing was said for long.
    mutating func pulse() async throws { try await writer.write(ByteBuffer(string: ": still working\n\n")) }

    fileprivate consuming func finish() async throws { try await writer.finish(nil) }
}

extension Response {
    /// A stream of events. `body` runs while the client listens; when it leaves, `body`'s task is cancelled.
    ///
    /// An error that `body` throws cannot change the status any more: it is sent as data, an object with `error`, and
    /// ends the stream. So does the request's ``Deadline``.
    /// - Parameter errorEvent: The name of the event that carries an error; nil for plain data.
    static func events(
        errorEvent: String? = nil, _ body: @escaping @Sendable (inout EventWriter) async throws -> Void
    ) -> Response {
        let deadline = Deadline.current
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache", .xAccelBuffering: "no"],
            body: ResponseBody { writer in
                var events = EventWriter(writer)
                do {
                    let writer = UncheckedTransfer(events)
                    try await Deadline.keeping(deadline) {
                        var events = writer.value
                        try await body(&events)
                    }
                } catch let error where !Task.isCancelled && !(error is ChannelError) {
                    guard let told = ErrorMapping.apiError(error) else { throw error }
                    try await events.send(told.json, event: errorEvent)
                }
                try await events.finish()
            })
    }
}

extension HTTPField.Name {
    /// Asks nginx not to hold back a stream.
    static let xAccelBuffering = HTTPField.Name("x-accel-buffering")!
    static let xRequestID = HTTPField.Name("x-request-id")!
    static let openAIProcessing = HTTPField.Name("openai-processing-ms")!
    static let openAIVersion = HTTPField.Name("openai-version")!
    static let idempotencyKey = HTTPField.Name("idempotency-key")!
    static let secFetchSite = HTTPField.Name("sec-fetch-site")!
}
