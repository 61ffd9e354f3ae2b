import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import TuttiCheckpoints
import TuttiServer

/// What every request meets before it meets a model.
@Suite struct FrameTests {
    private let json: HTTPFields = [.contentType: "application/json"]

    @Test func everyAnswerHasAnIdOfItsOwn() async throws {
        try await TestServer.ask { client in
            let first = try await client.execute(uri: "/health", method: .get)
            let second = try await client.execute(uri: "/v1/nowhere", method: .get)
            let ids = try [first, second].map { try #require($0.headers[HTTPField.Name("x-request-id")!]) }
            #expect(Set(ids).count == 2 && ids.allSatisfy { $0.hasPrefix("req_") })
            #expect(second.headers[HTTPField.Name("openai-processing-ms")!] != nil)
        }
    }

    @Test func healthTellsTheVersion() async throws {
        try await TestServer.ask({ $0.apiKey = "sk-secret" }) { client in
            let health = try await client.execute(uri: "/health", method: .get)
            #expect(health.status == .ok)
            #expect(try health.json["status"] == "ok" && health.json["version"]?.string != nil)
            #expect(try await client.execute(uri: "/health", method: .head).status == .ok)
        }
    }

    @Test func anUnknownPathIs404AndAWrongMethod405() async throws {
        try await TestServer.ask { client in
            let unknown = try await client.execute(uri: "/v1/no/such", method: .get)
            #expect(unknown.status == .notFound)
            #expect(try unknown.code == "unknown_url")
            let wrong = try await client.execute(uri: "/v1/models", method: .put)
            #expect(wrong.status == .methodNotAllowed)
            #expect(wrong.headers[.allow] == "GET")
            let both = try await client.execute(uri: "/v1/models/a/b", method: .put)
            #expect(both.headers[.allow] == "DELETE, GET")
        }
    }

    @Test(arguments: ["moderations", "assistants", "images/generations", "vector_stores"])
    func whatIsNotOfferedSaysSo(path: String) async throws {
        try await TestServer.ask { client in
            let answer = try await client.execute(uri: "/v1/\(path)", method: .post, body: .init(string: "{}"))
            #expect(answer.status == .notFound)
            #expect(try answer.code == "endpoint_not_offered")
        }
    }

    @Test(arguments: ["", "{", "hello", "[]", "null", "\"words\"", "\0\u{1}", "{\"model\": }"])
    func whatIsNoObjectIsRefused(body: String) async throws {
        let json = json
        try await TestServer.ask { client in
            let answer = try await client.execute(
                uri: "/v1/chat/completions", method: .post, headers: json, body: .init(string: body))
            #expect(answer.status == .badRequest)
            #expect(try answer.json["error"]?["type"] == "invalid_request_error")
        }
    }

    @Test func depthIsBounded() async throws {
        let json = json
        try await TestServer.ask { client in
            let deep = String(repeating: "[", count: 100_000)
            let answer = try await client.execute(
                uri: "/v1/chat/completions", method: .post, headers: json,
                body: .init(string: "{\"messages\": \(deep)"))
            #expect(answer.status == .badRequest)
            #expect(try answer.code == "invalid_json")
        }
    }

    @Test func anotherContentTypeIs415() async throws {
        try await TestServer.ask { client in
            let answer = try await client.execute(
                uri: "/v1/chat/completions", method: .post,
                headers: [.contentType: "application/x-www-form-urlencoded"], body: .init(string: "a=b"))
            #expect(answer.status == .unsupportedMediaType)
            #expect(try answer.code == "unsupported_media_type")
        }
    }

    @Test func aBodyBeyondTheLimitIs413() async throws {
        let json = json
        try await TestServer.ask({ $0.maximumBodyByteCount = 2048 }) { client in
            let body = "{\"model\": \"\(String(repeating: "a", count: 4000))\"}"
            let answer = try await client.execute(
                uri: "/v1/chat/completions", method: .post, headers: json, body: .init(string: body))
            #expect(answer.status == .contentTooLarge)
            #expect(try answer.code == "request_too_large")
            #expect(answer.headers[.connection] == "close")
        }
    }

    @Test func modelsThatAreNotThereAreNotFound() async throws {
        try await TestServer.ask { client in
            #expect(try await client.execute(uri: "/v1/models", method: .get).json["data"] == [])
            let model = try await client.execute(uri: "/v1/models/someone%2Fno-such%3Aadapter", method: .get)
            #expect(model.status == .notFound)
            #expect(try model.code == "model_not_found")
            #expect(try model.json["error"]?["message"]?.string?.contains("someone/no-such:adapter") == true)
            let deleted = try await client.execute(uri: "/v1/models/x", method: .delete)
            #expect(deleted.status == .notFound)
        }
    }

    @Test func rateLimitsAreToldAndKept() async throws {
        try await TestServer.ask({ $0.requestsPerMinute = 3 }) { client in
            var remaining: [Int] = []
            for _ in 0..<3 {
                let answer = try await client.execute(uri: "/v1/models", method: .get)
                #expect(answer.status == .ok)
                #expect(answer.headers[HTTPField.Name("x-ratelimit-limit-requests")!] == "3")
                remaining.append(
                    try #require(Int(answer.headers[HTTPField.Name("x-ratelimit-remaining-requests")!] ?? "")))
            }
            #expect(remaining == [2, 1, 0])
            let refused = try await client.execute(uri: "/v1/models", method: .get)
            #expect(refused.status == .tooManyRequests)
            #expect(try refused.code == "rate_limit_exceeded")
            #expect((1...20).contains(try #require(Int(refused.headers[.retryAfter] ?? ""))))
            #expect(try await client.execute(uri: "/health", method: .get).status == .ok)
        }
    }

    @Test func metricsAreInTheTextFormat() async throws {
        try await TestServer.ask { client in
            _ = try await client.execute(uri: "/v1/models", method: .get)
            let answer = try await client.execute(uri: "/metrics", method: .get)
            let text = String(buffer: answer.body)
            #expect(answer.headers[.contentType]?.hasPrefix("text/plain") == true)
            #expect(text.contains("tutti_requests_total{route=\"/v1/models\",method=\"GET\",status=\"200\"} 1\n"))
            #expect(text.contains("tutti_request_seconds_bucket{route=\"/v1/models\",le=\"+Inf\"} 1\n"))
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                #expect(line.wholeMatch(of: /[a-z_]+(\{[^}]*\})? [-+0-9.e]+/) != nil, "\(line)")
            }
        }
    }
}
