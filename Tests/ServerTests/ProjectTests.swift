import Foundation
import GRDB
import HTTPTypes
import HummingbirdTesting
import Testing
import TuttiCheckpoints
import TuttiOpenAI
import TuttiServer

/// Keys of one project share what they store; those of another one see none of it.
@Suite struct ProjectTests {
    private struct Asking: Sendable {
        let client: any TestClientProtocol
        let key: String

        func ask(_ method: HTTPRequest.Method, _ path: String, _ body: String? = nil) async throws -> TestResponse {
            let headers: HTTPFields = [.authorization: "Bearer \(key)", .contentType: "application/json"]
            return try await client.execute(
                uri: path, method: method, headers: headers, body: body.map { .init(string: $0) })
        }

        func send(_ words: String, purpose: String) async throws -> String {
            let form =
                "--X\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n\(purpose)\r\n--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.jsonl\"\r\n\r\n\(words)\r\n--X--\r\n"
            let headers: HTTPFields = [
                .authorization: "Bearer \(key)", .contentType: "multipart/form-data; boundary=X",
            ]
            let answer = try await client.execute(
                uri: "/v1/files", method: .post, headers: headers, body: .init(string: form))
            return try #require(try answer.json["id"]?.string)
        }
    }

    /// Two keys of one project, and one of another.
    private static func serve(
        _ work: @escaping @Sendable (_ first: Asking, _ second: Asking, _ stranger: Asking) async throws -> Void
    ) async throws {
        let data = try TestServer.folder()
        let database = try ServerDatabase(folder: data)
        let store = KeyStore(database), shop = try #require(Project(name: "shop"))
        let keys = [
            try await store.create(name: "", scopes: [.all], project: shop).key,
            try await store.create(name: "", scopes: [.all], project: shop).key,
            try await store.create(name: "", scopes: [.all]).key,
        ]
        // What needs a model to be made is put there.
        let body: JSON = ["model": "m", "input": "Hello", "background": true]
        var made = ResponseObject(id: "resp_1", createdAt: 1, request: try ResponseRequest(body), model: "m")
        made.status = .queued
        let responses = ResponseStore(database: database, project: shop)
        try await responses.add(made, input: [ScratchStores.said("Hello", id: "msg_1")])
        _ = try await responses.end("resp_1", as: .incomplete)
        try await database.write { db in
            try db.execute(
                sql: """
                    INSERT INTO chatCompletion (id, project, model, object, messages)
                    VALUES ('chatcmpl-1', 'shop', 'm', '{"id":"chatcmpl-1"}', '[{"id":"m-0"}]')
                    """)
        }
        try await TestServer.ask({ $0.dataFolder = data }) { client in
            try await work(
                Asking(client: client, key: keys[0]), Asking(client: client, key: keys[1]),
                Asking(client: client, key: keys[2]))
        }
    }

    @Test func objectsAreSeenWithinTheirProjectOnly() async throws {
        try await Self.serve { first, second, stranger in
            let file = try await first.send("{}", purpose: "user_data")
            let conversation = try #require(
                try await first.ask(
                    .post, "/v1/conversations",
                    #"{"items": [{"type": "message", "id": "msg_9", "role": "user", "content": "Hello"}]}"#
                ).json["id"]?.string)
            let paths = [
                "/v1/files/\(file)", "/v1/files/\(file)/content", "/v1/conversations/\(conversation)",
                "/v1/conversations/\(conversation)/items", "/v1/conversations/\(conversation)/items/msg_9",
                "/v1/responses/resp_1", "/v1/responses/resp_1/input_items", "/v1/chat/completions/chatcmpl-1",
                "/v1/chat/completions/chatcmpl-1/messages",
            ]
            for path in paths {
                #expect(try await second.ask(.get, path).status == .ok, "\(path)")
                #expect(try await stranger.ask(.get, path).status == .notFound, "\(path)")
            }
            for path in ["/v1/files", "/v1/chat/completions"] {
                #expect(try await second.ask(.get, path).json["data"]?.array?.count == 1)
                #expect(try await stranger.ask(.get, path).json["data"]?.array?.count == 0)
            }
        }
    }

    @Test func objectsAreChangedWithinTheirProjectOnly() async throws {
        try await Self.serve { first, _, stranger in
            let file = try await first.send("{}", purpose: "user_data")
            let conversation = try #require(
                try await first.ask(.post, "/v1/conversations", "{}").json["id"]?.string)
            let upload = try #require(
                try await first.ask(
                    .post, "/v1/uploads",
                    #"{"bytes": 1, "filename": "f", "mime_type": "text/plain", "purpose": "user_data"}"#
                ).json["id"]?.string)
            let item = #"{"items": [{"type": "message", "role": "user", "content": "Hello"}]}"#
            let changes: [(HTTPRequest.Method, String, String?)] = [
                (.post, "/v1/conversations/\(conversation)", #"{"metadata": {"a": "b"}}"#),
                (.post, "/v1/conversations/\(conversation)/items", item),
                (.post, "/v1/chat/completions/chatcmpl-1", #"{"metadata": {"a": "b"}}"#),
                (.post, "/v1/responses/resp_1/cancel", nil),
                (.post, "/v1/uploads/\(upload)/cancel", nil),
                (.delete, "/v1/files/\(file)", nil), (.delete, "/v1/conversations/\(conversation)", nil),
                (.delete, "/v1/responses/resp_1", nil), (.delete, "/v1/chat/completions/chatcmpl-1", nil),
            ]
            for (method, path, body) in changes {
                #expect(try await stranger.ask(method, path, body).status == .notFound, "\(method) \(path)")
            }
            for (method, path, body) in changes {
                #expect(try await first.ask(method, path, body).status == .ok, "\(method) \(path)")
            }
        }
    }

    @Test func nothingIsReachedByNamingItInABody() async throws {
        try await Self.serve { first, second, stranger in
            let line = #"{"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m"}}"#
            let file = try await first.send(line, purpose: "batch")
            let batch = """
                {"input_file_id": "\(file)", "endpoint": "/v1/embeddings", "completion_window": "24h"}
                """
            #expect(try await stranger.ask(.post, "/v1/batches", batch).status == .badRequest)
            let begun = try #require(try await second.ask(.post, "/v1/batches", batch).json["id"]?.string)
            #expect(try await first.ask(.get, "/v1/batches/\(begun)").status == .ok)
            #expect(try await stranger.ask(.get, "/v1/batches/\(begun)").status == .notFound)
            #expect(try await stranger.ask(.get, "/v1/batches").json["data"]?.array?.count == 0)
            let named = #"{"items": [{"type": "item_reference", "id": "msg_1"}]}"#
            #expect(try await stranger.ask(.post, "/v1/conversations", named).status == .notFound)
            #expect(try await first.ask(.post, "/v1/conversations", named).status == .ok)
        }
    }

    @Test func whatAResponseFollowsIsOfItsProject() async throws {
        var stores = try ScratchStores()
        let conversation = try await stores.conversations.create(metadata: [:], items: [])
        let body: JSON = ["model": "m", "input": "Hello"]
        var made = ResponseObject(id: "resp_1", createdAt: 1, request: try ResponseRequest(body), model: "m")
        made.status = .completed
        try await stores.responses.add(made, input: [ScratchStores.said("Hello", id: "msg_1")])
        #expect(try await stores.responses.context(of: "resp_1").count == 1)
        stores.project = Project(rawValue: "other")
        let responses = stores.responses, conversations = stores.conversations
        await #expect(throws: APIError.self) { try await responses.context(of: "resp_1") }
        await #expect(throws: APIError.self) { try await conversations.items(conversation.id) }
        #expect(try await responses.item("msg_1") == nil)
        #expect(try await responses.end("resp_1", as: .cancelled) == nil)
    }

    @Test(arguments: [("shop", true), ("a.b-c_9", true), ("", false), ("two words", false), ("é", false)])
    func namesArePlain(name: String, isOne: Bool) {
        #expect((Project(name: name) != nil) == isOne)
        #expect(Project(name: String(repeating: "a", count: 65)) == nil)
    }

    @Test func whatWasStoredBeforeThereWereProjectsIsOfTheStandardOne() async throws {
        let stores = try ScratchStores()
        let file = try await stores.files.add(
            try await stores.stage([1]), filename: "f", purpose: "evals", lifetimeSeconds: nil)
        // As an older version left it.
        try await stores.database.write { db in
            for table in ["apiKey", "chatCompletion", "conversation", "response", "file", "upload", "batch"] {
                try db.execute(sql: "DROP INDEX \(table)_project; ALTER TABLE \(table) DROP COLUMN project")
            }
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'projects'")
        }
        #expect(try await ScratchStores(folder: stores.folder).files.file(file.id) == file)
    }
}
