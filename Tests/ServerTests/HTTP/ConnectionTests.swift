import Foundation
import HTTPTypes
import HummingbirdTesting
import TestSupport
import Testing
import TuttiServer

/// Slow, rude and vanishing clients, over real sockets.
@Suite(.serialized) struct ConnectionTests {
    private static func serve(
        _ change: (inout ServerSettings) -> Void = { _ in }, _ work: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await TestServer.make(change).application().test(.live) { client in
            try await work(try #require(client.port))
        }
    }

    @Test func aHugeBodyIsRefusedBeforeItIsSent() async throws {
        try await Self.serve { port in
            let line = try RawConnection(port: port)
            line.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(50 << 30)\r\n\r\n{\"model\": \""
            )
            let (text, isClosed) = line.read(seconds: 10)
            #expect(text.hasPrefix("HTTP/1.1 413 "))
            #expect(text.contains("request_too_large"))
            #expect(isClosed, "the connection stays open for the rest")
        }
    }

    @Test func aClientThatSaysNothingIsSentAway() async throws {
        try await Self.serve({ $0.headSeconds = 1 }) { port in
            let silent = try RawConnection(port: port), dribbling = try RawConnection(port: port)
            dribbling.send("GET /health HTTP/1.1\r\nX-Slow: ")
            let start = ContinuousClock.now
            #expect(silent.read(seconds: 10).isClosed)
            #expect(dribbling.read(seconds: 10).isClosed)
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test func aBodyMayNotDribble() {
        var settings = ServerSettings()
        settings.headSeconds = 1
        let limits = ConnectionLimits(settings)
        #expect(!limits.isTooSlow(byteCount: 0, seconds: 30))
        #expect(limits.isTooSlow(byteCount: 100, seconds: 31))
        #expect(!limits.isTooSlow(byteCount: 100 << 20, seconds: 600))
        #expect(limits.isTooSlow(byteCount: 600, seconds: 600))
    }

    @Test func aRequestWhoseBodyDoesNotComeIsAnswered() async throws {
        try await Self.serve({ $0.requestSeconds = 1 }) { port in
            let line = try RawConnection(port: port)
            line.send(
                "POST /v1/conversations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{\"me"
            )
            let (text, isClosed) = line.read(seconds: 10)
            #expect(text.hasPrefix("HTTP/1.1 504 ") && text.contains("request_timeout"), "\(text)")
            #expect(text.lowercased().contains("x-should-retry: false"))
            #expect(isClosed, "the rest of the body is still waited for")
        }
    }

    @Test func aClientThatAsksFirstIsInvited() async throws {
        try await Self.serve { port in
            let line = try RawConnection(port: port)
            line.send(
                "POST /v1/conversations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(line.read(seconds: 5, until: "\r\n\r\n").text.hasPrefix("HTTP/1.1 100 Continue"))
            line.send("{}")
            #expect(line.read(seconds: 5, until: "conv_").text.contains("HTTP/1.1 200 OK"))
        }
    }

    @Test(arguments: ["evil.example", "127.0.0.1.evil.example:80"])
    func aNameThatOnlyLeadsHereIsRefused(host: String) async throws {
        try await Self.serve { port in
            let line = try RawConnection(port: port)
            line.send("GET /v1/models HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            let text = line.read(seconds: 5, until: "}}").text
            #expect(text.hasPrefix("HTTP/1.1 403 "))
            #expect(text.contains("host_not_allowed"))
        }
    }

    @Test func whatIsNotHTTPIsRefused() async throws {
        try await Self.serve { port in
            for words in ["hello\r\n\r\n", "GET /health HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\0\0"] {
                let line = try RawConnection(port: port)
                line.send(words)
                line.send("\r\n\r\n")
                let (text, _) = line.read(seconds: 3, until: "\r\n\r\n")
                #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 400"), "\(text)")
            }
            let line = try RawConnection(port: port)
            line.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(line.read(seconds: 5, until: "}").text.contains("200 OK"))
        }
    }

    @Test func hundredsOfClientsThatVanishLeaveNothingBehind() async throws {
        try await Self.serve { port in
            let sockets = Self.openSocketCount
            for _ in 0..<3 {
                let lines = try (0..<100).map { _ in try RawConnection(port: port) }
                for (index, line) in lines.enumerated() {
                    switch index % 4 {
                    case 0: break
                    case 1: line.send("POST /v1/chat/comple")
                    case 2:
                        line.send(
                            "POST /v1/conversations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{\"me"
                        )
                    default: line.send("GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    }
                }
                try await Task.sleep(for: .milliseconds(50))
                for line in lines { line.close() }
            }
            let deadline = ContinuousClock.now + .seconds(10)
            while Self.openSocketCount > sockets + 2, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(Self.openSocketCount <= sockets + 2, "sockets stayed open")
            let line = try RawConnection(port: port)
            line.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let metrics = line.read(seconds: 5, until: "tutti_build_info{").text
            #expect(metrics.contains("\ntutti_requests_running 1\n"))
        }
    }

    /// Not of all files: databases and timers open some more when there is more to do at once. A whole server's are
    /// counted where it is a process of its own.
    private static var openSocketCount: Int {
        let folder = URL(filePath: "/proc/self/fd"), files = FileManager.default
        return ((try? files.contentsOfDirectory(atPath: folder.path)) ?? []).count { name in
            (try? files.destinationOfSymbolicLink(atPath: folder.appending(path: name).path))?.hasPrefix("socket:")
                == true
        }
    }
}
