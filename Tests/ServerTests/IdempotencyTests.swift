import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing
import TuttiCheckpoints
import TuttiServer

@Suite struct IdempotencyTests {
    private static let name = HTTPField.Name("idempotency-key")!

    @Test func theSameKeyAndBodyGetTheSameAnswer() async throws {
        try await TestServer.ask { client in
            func begin(_ key: String?, _ body: String = "{\"metadata\": {\"a\": \"b\"}}") async throws -> TestResponse {
                var headers: HTTPFields = [.contentType: "application/json"]
                headers[Self.name] = key
                return try await client.execute(
                    uri: "/v1/conversations", method: .post, headers: headers, body: .init(string: body))
            }
            let first = try await begin("one"), second = try await begin("one")
            #expect(first.status == .ok)
            #expect(try first.json["id"]?.string != nil && first.json == second.json)
            #expect(second.headers[HTTPField.Name("idempotent-replayed")!] == "true")
            #expect(try await begin("two").json["id"] != (try first.json["id"]))
            #expect(try await begin(nil).json["id"] != (try first.json["id"]))
            let other = try await begin("one", "{}")
            #expect(other.status == .unprocessableContent)
            #expect(try other.code == "idempotency_key_reused")
            #expect(try await begin(String(repeating: "k", count: 300)).status == .badRequest)
        }
    }

    @Test func aRefusalIsNotKept() async throws {
        try await TestServer.ask { client in
            let headers: HTTPFields = [.contentType: "application/json", Self.name: "bad"]
            for _ in 0..<2 {
                let answer = try await client.execute(
                    uri: "/v1/conversations", method: .post, headers: headers,
                    body: .init(string: "{\"metadata\": 5}"))
                #expect(answer.status == .badRequest)
                #expect(answer.headers[HTTPField.Name("idempotent-replayed")!] == nil)
            }
        }
    }

    @Test func answersAreForgottenAfterTheirTime() async throws {
        let store = IdempotencyStore(try ServerDatabase(folder: try TestServer.folder()), lifetime: 60)
        let name = IdempotencyStore.Name(owner: "", request: "POST /x", key: "k")
        let answer = IdempotencyStore.Answer(
            bodyHash: .init([1]), status: 200, contentType: "application/json", body: .init([2]))
        try await store.keep(answer, for: name)
        #expect(try await store.answer(name) == answer)
        #expect(try await store.answer(name, now: .now.addingTimeInterval(61)) == nil)
        #expect(try await store.answer(.init(owner: "x", request: "POST /x", key: "k")) == nil)
    }
}
