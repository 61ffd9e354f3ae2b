import Foundation
import TestSupport
import Testing

/// A server of a test's own, and what it tells of itself.
struct OwnServer {
    let program: RunningProgram
    let port: Int

    init(_ arguments: [String] = [], environment: [String: String] = [:]) async throws {
        var tutti = try Tutti.program()
        tutti.environment["TUTTI_API_KEY"] = nil
        tutti.environment.merge(environment) { $1 }
        let folder = try Tutti.folder()
        program = try RunningProgram(
            tutti, ["serve", "--port", "0", "--model", Tutti.model, "--data", folder.path] + arguments)
        port = try #require(Int(try await program.waitForError("listens on https?://[^:]*:([0-9]+)")))
        _ = try await program.waitForError("ready;")
    }

    /// Sends one request on a connection of its own and leaves it open.
    /// - Parameter receiveBuffer: Bytes that the connection takes without being read; nil for as many as the system likes.
    func begin(
        _ body: String, path: String = "/v1/chat/completions", receiveBuffer: Int? = nil
    ) throws -> RawConnection {
        let line = try RawConnection(port: port, receiveBuffer: receiveBuffer)
        line.send(
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        return line
    }

    func get(_ path: String) throws -> String {
        let line = try RawConnection(port: port)
        line.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return line.read(seconds: 10).text
    }

    /// A gauge of `/metrics`, all its labels together.
    func gauge(_ name: String) throws -> Double {
        try get("/metrics").split(separator: "\n").filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }

    func until(_ what: String, seconds: Double = 10, _ condition: () throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while !(try condition()) {
            try #require(ContinuousClock.now < end, "still not so: \(what)")
            try await Task.sleep(for: .milliseconds(30))
        }
    }

    /// Waits until no request is worked on, and nothing is held for any.
    /// - Parameter files: The descriptors that were open before.
    func untilNothingIsHeld(files: Double, seconds: Double = 20) async throws {
        try await until("leases, requests and sockets are given back", seconds: seconds) {
            try gauge("tutti_queue_running") + gauge("tutti_queue_waiting") == 0 && gauge("tutti_model_leases") == 0
                && gauge("tutti_requests_running") == 1 && gauge("process_open_fds") <= files + 2
        }
        let metrics = try get("/metrics")
        #expect(metrics.contains(/tutti_cache_pages\{[^}]*state="held"\} 0\n/), "pages are still held")
    }

    /// The body of a request whose answer does not end by itself.
    static func story(stream: Bool, tokens: Int = 6000, more: String = "") -> String {
        """
        {"model": "gpt-4o", "stream": \(stream), "max_completion_tokens": \(tokens), "temperature": 0,
        "logit_bias": {"2": -100, "0": -100}, \(more)
        "messages": [{"role": "user", "content": "Write a very long story about the sea."}]}
        """
    }
}
