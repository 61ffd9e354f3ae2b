import Hummingbird
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
}

extension Response {
    /// A stream of events. `body` runs while the client listens; when it leaves, `body`'s task is cancelled.
    ///
    /// An error that `body` throws after the first byte cannot change the status any more: it is sent as an event.
    static func events(_ body: @escaping @Sendable (inout EventWriter) async throws -> Void) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache", .connection: "keep-alive"],
            body: ResponseBody { writer in
                var events = EventWriter(writer)
                try await body(&events)
                try await writer.finish(nil)
            })
    }
}
