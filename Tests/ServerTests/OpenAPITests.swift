import HTTPTypes
import HummingbirdTesting
import Testing
import TuttiCheckpoints
import TuttiServer

@Suite struct OpenAPITests {
    /// Every method of every path of the description.
    private static var described: Set<String> {
        let paths = OpenAPIDocument.json["paths"]?.object ?? [:]
        return Set(
            paths.flatMap { path, methods in
                (methods.object ?? [:]).keys.map { "\($0.text.uppercased()) \(plain(path.text))" }
            })
    }

    /// A path without the names of what varies.
    private static func plain(_ path: String) -> String {
        path.replacing("**", with: "{}").replacing(/\{[^}]*\}/, with: "{}")
    }

    @Test func describesTheRoutesThatThereAreAndNoOthers() throws {
        let server = try TestServer.make()
        _ = try server.application()
        let routes = Set(server.routeNames.map(Self.plain))
        #expect(routes.count > 40)
        #expect(routes.subtracting(Self.described).sorted() == [], "not described")
        #expect(Self.described.subtracting(routes).sorted() == [], "described, but not there")
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let schemas = try #require(OpenAPIDocument.json["components"]?["schemas"]?.object)
        let text = OpenAPIDocument.json.text(.compact)
        var count = 0
        for match in text.matches(of: /"\$ref":"#\/components\/schemas\/([^"]+)"/) {
            #expect(schemas[JSON.Key(String(match.1))] != nil, "\(match.1)")
            count += 1
        }
        #expect(count > 30)
        let names = text.matches(of: /"operationId":"([^"]+)"/).map { String($0.1) }
        #expect(Set(names).count == names.count)
    }

    @Test func theReferenceNeedsNothingFromElsewhere() async throws {
        try await TestServer.ask { client in
            let page = try await client.execute(uri: "/docs", method: .get)
            let text = String(buffer: page.body)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(text.firstMatch(of: /(?:src|href)\s*=\s*["']?(?:https?:)?\/\//) == nil)
            #expect(!text.contains("<script"))
            #expect(text.contains("/v1/chat/completions") && text.contains("max_completion_tokens"))
            let data = try await client.execute(uri: "/openapi.json", method: .get)
            #expect(try data.json == OpenAPIDocument.json)
        }
    }
}
