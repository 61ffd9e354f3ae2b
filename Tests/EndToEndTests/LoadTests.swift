import Foundation
import TestSupport
import Testing

/// Clients that are slow, stand still or vanish, by the hundred: what they held is given back.
@Suite(.serialized) struct LoadTests {
    @Test func clientsThatLeaveFreeTheirPlaces() async throws {
        let server = try await OwnServer()
        let files = try server.gauge("process_open_fds")
        for stream in [true, false] {
            let lines = try (0..<20).map { _ in try server.begin(OwnServer.story(stream: stream)) }
            try await server.until("requests are computed") { try server.gauge("tutti_queue_running") >= 10 }
            if stream { #expect(lines[0].read(seconds: 20, until: "data:").text.contains("text/event-stream")) }
            let left = ContinuousClock.now
            for line in lines { line.close() }
            try await server.until("nothing is computed for nobody", seconds: 5) {
                try server.gauge("tutti_queue_running") + server.gauge("tutti_queue_waiting") == 0
            }
            #expect(ContinuousClock.now - left < .seconds(5))
        }
        try await server.untilNothingIsHeld(files: files)
        server.program.send(SIGTERM)
        #expect(try await server.program.waitForEnd() == 0)
    }

    @Test func hundredsOfSlowAndVanishingClientsLeaveNothingBehind() async throws {
        let server = try await OwnServer(environment: [
            "TUTTI_HEAD_SECONDS": "2", "TUTTI_BODY_SECONDS": "2", "TUTTI_STALL_SECONDS": "2",
            "TUTTI_MAX_WAITING": "400",
        ])
        let files = try server.gauge("process_open_fds")
        // Twenty tokens of each place's choice: more than sockets buffer, soon.
        let stalled = try (0..<4).map { _ in
            try server.begin(
                OwnServer.story(stream: true, more: #""logprobs": true, "top_logprobs": 20,"#), receiveBuffer: 4096)
        }
        let slow = try (0..<60).map { index in
            let line = try RawConnection(port: server.port)
            line.send(index % 2 == 0 ? "POST /v1/chat/compl" : Self.head(length: 4000) + "{\"model\": \"")
            return line
        }
        for round in 0..<6 {
            var lines = try (0..<50).map { index in
                try server.begin(OwnServer.story(stream: index % 2 == 0, tokens: 200))
            }
            // Some while they wait, some while they are answered, some without a word to the other end.
            if round % 2 == 0 { _ = lines[0].read(seconds: 20, until: "data:") }
            for line in slow { line.send(" ") }
            for line in lines { line.close() }
            lines = []
        }
        for line in slow { #expect(line.read(seconds: 20).isClosed, "one that trickles is waited for") }
        try await server.until("streams that nobody reads are given up", seconds: 60) {
            try server.gauge("tutti_requests_running") == 1
        }
        // Closed by the server, not by this end.
        for line in stalled { #expect(line.read(seconds: 20).isClosed) }
        try await server.untilNothingIsHeld(files: files)
        let answer = try server.begin(OwnServer.story(stream: false, tokens: 3)).read(seconds: 20, until: "usage")
        #expect(answer.text.hasPrefix("HTTP/1.1 200 "))
    }

    private static func head(length: Int) -> String {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n\r\n"
    }

    @Test func aRequestThatTakesTooLongIsStopped() async throws {
        let server = try await OwnServer(["--request-seconds", "2"])
        let files = try server.gauge("process_open_fds")
        let whole = try server.begin(OwnServer.story(stream: false))
        let chat = try server.begin(OwnServer.story(stream: true))
        let response = try server.begin(
            #"{"model": "gpt-4o", "input": "Write a very long story.", "stream": true}"#, path: "/v1/responses")
        let told = whole.read(seconds: 20, until: "}}").text
        #expect(told.hasPrefix("HTTP/1.1 504 ") && told.contains("request_timeout"), "\(told)")
        #expect(told.lowercased().contains("x-should-retry: false"))
        let chatted = chat.read(seconds: 20, until: "request_timeout").text
        #expect(chatted.hasPrefix("HTTP/1.1 200 ") && chatted.contains("data: {\"error\":"))
        let responded = response.read(seconds: 20, until: "request_timeout").text
        #expect(responded.contains("event: error\ndata: {\"error\":"))
        try await server.until("what nobody waits for is not computed", seconds: 2) {
            try server.gauge("tutti_queue_running") == 0
        }
        // The connection goes on: only the answer was cut off.
        chat.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(chat.read(seconds: 5, until: "\"status\":\"ok\"").text.contains("HTTP/1.1 200 "))
        for line in [whole, chat, response] { line.close() }
        try await server.untilNothingIsHeld(files: files)
    }
}
