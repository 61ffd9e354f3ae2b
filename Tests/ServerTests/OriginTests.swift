import HTTPTypes
import HummingbirdTesting
import Testing
import TuttiServer

/// A page from elsewhere cannot use a server without a key behind its user's back.
@Suite struct OriginTests {
    private static let site = HTTPField.Name("sec-fetch-site")!

    @Test func anotherOriginIsRefusedWithoutAKey() async throws {
        try await TestServer.ask { client in
            for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
                let answer = try await client.execute(uri: "/v1/models", method: .get, headers: [.origin: origin])
                #expect(answer.status == .forbidden)
                #expect(try answer.code == "origin_not_allowed")
                #expect(answer.headers[.accessControlAllowOrigin] == nil)
            }
            let image = try await client.execute(
                uri: "/v1/models", method: .get, headers: [Self.site: "cross-site"])
            #expect(image.status == .forbidden)
            let own = try await client.execute(
                uri: "/v1/models", method: .get, headers: [.origin: "http://localhost"])
            #expect(own.status == .ok)
        }
    }

    @Test func namesThatOnlyLeadHereAreRefused() {
        var settings = ServerSettings()
        settings.hosts = ["box.example"]
        let rules = OriginRules(settings)
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "box.example:80"] {
            #expect(rules.knows(host: host), "\(host)")
        }
        for host in ["evil.example", "evil.example:8080", "", "127.0.0.1.evil.example"] {
            #expect(!rules.knows(host: host), "\(host)")
        }
    }

    @Test func preflightIsAnsweredForConfiguredOriginsOnly() async throws {
        try await TestServer.ask({
            $0.corsOrigins = ["https://app.example"]
            $0.apiKey = "sk-secret"
        }) { client in
            func preflight(_ origin: String) async throws -> TestResponse {
                try await client.execute(
                    uri: "/v1/chat/completions", method: .options,
                    headers: [
                        .origin: origin, .accessControlRequestMethod: "POST",
                        .accessControlRequestHeaders: "authorization,content-type",
                    ])
            }
            let allowed = try await preflight("https://app.example")
            #expect(allowed.status == .noContent)
            #expect(allowed.headers[.accessControlAllowOrigin] == "https://app.example")
            #expect(allowed.headers[.accessControlAllowHeaders] == "authorization,content-type")
            let other = try await preflight("https://evil.example")
            #expect(other.headers[.accessControlAllowOrigin] == nil)
            let answer = try await client.execute(
                uri: "/v1/models", method: .get,
                headers: [.origin: "https://app.example", .authorization: "Bearer sk-secret"])
            #expect(answer.status == .ok)
            #expect(answer.headers[.accessControlAllowOrigin] == "https://app.example")
            #expect(answer.headers[.vary] == "origin")
        }
    }

    @Test func withoutConfigurationThereIsNoCORS() async throws {
        try await TestServer.ask { client in
            let answer = try await client.execute(
                uri: "/v1/models", method: .options,
                headers: [.origin: "https://app.example", .accessControlRequestMethod: "GET"])
            #expect(answer.status == .forbidden)
            #expect(answer.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test func whatWouldOpenTheServerToAllIsRefusedAtTheStart() throws {
        #expect(throws: SettingsError.needsKey(host: "0.0.0.0")) {
            try TestServer.make { $0.host = "0.0.0.0" }
        }
        #expect(throws: SettingsError.self) { try TestServer.make { $0.corsOrigins = ["*"] } }
        _ = try TestServer.make {
            $0.host = "0.0.0.0"
            $0.apiKey = "sk-secret"
            $0.corsOrigins = ["*"]
        }
    }
}
