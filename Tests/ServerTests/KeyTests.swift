import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing
import TuttiCheckpoints
import TuttiServer

@Suite struct KeyTests {
    private static func bearer(_ key: String) -> HTTPFields { [.authorization: "Bearer \(key)"] }

    @Test func onlyAHashIsStored() async throws {
        let folder = try TestServer.folder()
        let store = KeyStore(try ServerDatabase(folder: folder))
        let made = try await store.create(name: "laptop", scopes: [.inference])
        #expect(made.key.hasPrefix("sk-tutti-\(made.record.id)-") && made.key.count > 60)
        let listed = try await store.list()
        #expect(listed == [made.record])
        #expect(listed[0].hash.count == 32)
        let secret = Data(made.key.suffix(43).utf8)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let bytes = try Data(contentsOf: folder.appending(path: name))
            #expect(bytes.range(of: secret) == nil, "\(name) holds the key")
        }
    }

    @Test func theKeyOfTheSettingsIsDemanded() async throws {
        try await TestServer.ask({ $0.apiKey = "sk-secret-of-mine" }) { client in
            func get(_ headers: HTTPFields) async throws -> TestResponse {
                try await client.execute(uri: "/v1/models", method: .get, headers: headers)
            }
            #expect(try await get(Self.bearer("sk-secret-of-mine")).status == .ok)
            let wrong: [HTTPFields] = [
                [:], Self.bearer("sk-wrong"), [.authorization: "sk-secret-of-mine"], [.authorization: "Bearer"],
                [.authorization: "Basic sk-secret-of-mine"], Self.bearer("sk-secret-of-min"),
                Self.bearer("sk-secret-of-minee"),
            ]
            for headers in wrong {
                let answer = try await get(headers)
                #expect(answer.status == .unauthorized)
                #expect(try answer.code == "invalid_api_key")
            }
            let long = "sk-wrong-" + String(repeating: "abcdef", count: 6)
            #expect(!String(buffer: try await get(Self.bearer(long)).body).contains(long))
            #expect(try await client.execute(uri: "/metrics", method: .get).status == .unauthorized)
            #expect(try await client.execute(uri: "/docs", method: .get).status == .ok)
        }
    }

    @Test func aStoredKeyWorksUntilItIsRevoked() async throws {
        let data = try TestServer.folder()
        let store = KeyStore(try ServerDatabase(folder: data))
        let made = try await store.create(name: "", scopes: [.all])
        let old = try await store.create(name: "", scopes: [.all], lifetime: 60, now: .now.addingTimeInterval(-3600))
        try await TestServer.ask({ $0.dataFolder = data }) { client in
            func get(_ key: String) async throws -> TestResponse {
                try await client.execute(uri: "/v1/models", method: .get, headers: Self.bearer(key))
            }
            #expect(try await get(made.key).status == .ok)
            #expect(try await get(String(made.key.dropLast()) + "!").status == .unauthorized)
            let expired = try await get(old.key)
            #expect(expired.status == .unauthorized)
            #expect(try expired.code == "expired_api_key")
            let used = ContinuousClock.now + .seconds(5)
            while try await store.list().first(where: { $0.id == made.record.id })?.lastUsed == nil {
                try #require(ContinuousClock.now < used, "its use was not noted")
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await store.revoke(made.record.id))
            #expect(try await !store.revoke(made.record.id))
            try await Task.sleep(for: .milliseconds(1100))
            #expect(try await get(made.key).status == .unauthorized)
            // The last key is gone, and still the server is not open to everybody.
            #expect(try await client.execute(uri: "/v1/models", method: .get).status == .unauthorized)
        }
    }

    @Test func scopesBoundWhatAKeyMayDo() async throws {
        let data = try TestServer.folder()
        let store = KeyStore(try ServerDatabase(folder: data))
        let reading = try await store.create(name: "", scopes: [.read]).key
        let files = try await store.create(name: "", scopes: [.files]).key
        try await TestServer.ask({ $0.dataFolder = data }) { client in
            #expect(
                try await client.execute(uri: "/v1/files", method: .get, headers: Self.bearer(reading)).status == .ok)
            let refused = try await client.execute(
                uri: "/v1/conversations", method: .post, headers: Self.bearer(reading), body: .init(string: "{}"))
            #expect(refused.status == .forbidden)
            #expect(try refused.code == "missing_scope")
            #expect(try await client.execute(uri: "/v1/files", method: .get, headers: Self.bearer(files)).status == .ok)
            #expect(
                try await client.execute(uri: "/metrics", method: .get, headers: Self.bearer(files)).status
                    == .forbidden)
        }
    }

    struct Case: Sendable {
        let scopes: Set<KeyScope>
        let request: String
        let isAllowed: Bool

        init(_ scopes: Set<KeyScope>, _ request: String, _ isAllowed: Bool) {
            (self.scopes, self.request, self.isAllowed) = (scopes, request, isAllowed)
        }
    }

    static let cases: [Case] = [
        Case([.all], "DELETE /v1/files/x", true), Case([.read], "GET /metrics", true),
        Case([.read], "POST /v1/files", false), Case([.inference], "POST /v1/responses", true),
        Case([.inference], "GET /v1/models", true), Case([.inference], "POST /v1/filesystem", true),
        Case([.inference], "GET /v1/files/x", false), Case([.files], "GET /v1/models", true),
        Case([.files], "DELETE /v1/models/x", false), Case([.files], "POST /v1/chat/completions", false),
        Case([.files, .metrics], "GET /metrics", true), Case([], "GET /v1/models", false),
    ]

    @Test(arguments: cases) func scopesAreRead(one: Case) {
        let parts = one.request.split(separator: " ").map(String.init)
        #expect(KeyScope.allows(one.scopes, method: parts[0], path: parts[1]) == one.isAllowed, "\(one)")
    }
}
