import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import TuttiOpenAI
import TuttiServer

@Suite struct RemoteFetchTests {
    private static var settings: ServerSettings {
        var settings = ServerSettings()
        settings.fetchesURLs = true
        settings.maximumFetchByteCount = 1000
        return settings
    }

    private static func refusal(_ fetch: RemoteFetch, _ url: String) async throws -> APIError {
        try #require(
            await #expect(throws: APIError.self, "\(url)") {
                _ = try await fetch.content(of: url, param: "messages[0].content")
            })
    }

    @Test func isOffUnlessItIsAskedFor() async throws {
        let error = try await Self.refusal(RemoteFetch(ServerSettings()), "https://example.com/a.png")
        #expect(error.code == "url_fetch_disabled" && error.status == 400 && error.param == "messages[0].content")
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://example.com/x", "data:text/plain,x", "http://", "nonsense", "",
        "http://user:secret@example.com/",
    ])
    func onlyPlainURLsOfTheWebAreFetched(url: String) async throws {
        let error = try await Self.refusal(RemoteFetch(Self.settings), url)
        #expect(error.code == "invalid_url")
    }

    /// Written out, in other bases, or by a name that leads there: none of these is connected to.
    @Test(arguments: [
        "http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/", "http://2130706433/", "http://0x7f.1/",
        "http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/", "http://LOCALHOST:1/",
    ])
    func privatePlacesAreNotReached(url: String) async throws {
        let error = try await Self.refusal(RemoteFetch(Self.settings), url)
        #expect(["url_not_allowed", "invalid_url"].contains(error.code))
        #expect(!error.message.contains("could not be fetched"), "it was tried: \(error.message)")
    }

    @Test func oneBadAddressOfANameIsEnough() async throws {
        let fetch = RemoteFetch(Self.settings, isPublic: AddressRange.isPublic) { _, port in
            [try SocketAddress(ipAddress: "8.8.8.8", port: port), try SocketAddress(ipAddress: "10.0.0.1", port: port)]
        }
        #expect(try await Self.refusal(fetch, "http://two.example/").code == "url_not_allowed")
    }

    /// A site on loopback stands for the internet: only its own address counts as public.
    private static func site(_ work: @escaping @Sendable (RemoteFetch, Int) async throws -> Void) async throws {
        let router = Router()
        router.get("text") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain"], body: .init(byteBuffer: .init(string: "hello")))
        }
        router.get("away") { request, _ in
            Response(
                status: .found,
                headers: [.location: "http://inside.example:\(request.uri.queryParameters["port"] ?? "1")/text"])
        }
        router.get("on") { _, _ in Response(status: .found, headers: [.location: "/text"]) }
        router.get("round") { _, _ in Response(status: .found, headers: [.location: "/round"]) }
        router.get("long") { _, _ in
            Response(status: .ok, body: .init(byteBuffer: .init(repeating: 65, count: 1001)))
        }
        router.get("endless") { _, _ in
            Response(
                status: .ok,
                body: .init { writer in
                    for _ in 0..<100_000 { try await writer.write(.init(repeating: 65, count: 100)) }
                    try await writer.finish(nil)
                })
        }
        try await Application(router: router).test(.live) { client in
            let port = try #require(client.port)
            let fetch = RemoteFetch(settings, isPublic: { $0 == "127.0.0.1" }) { host, port in
                // The name changes its meaning for whoever asks twice: the checked address is the one that counts.
                [try SocketAddress(ipAddress: host == "site.example" ? "127.0.0.1" : "127.0.0.2", port: port)]
            }
            try await work(fetch, port)
        }
    }

    @Test func aPublicPlaceIsFetchedFromTheAddressThatWasChecked() async throws {
        try await Self.site { fetch, port in
            for path in ["text", "on"] {
                let content = try await fetch.content(of: "http://Site.Example:\(port)/\(path)", param: "url")
                #expect(content.bytes == Data("hello".utf8) && content.contentType == "text/plain")
            }
        }
    }

    @Test func redirectsAreHeldToTheSameRules() async throws {
        try await Self.site { fetch, port in
            let away = try await Self.refusal(fetch, "http://site.example:\(port)/away?port=\(port)")
            #expect(away.code == "url_not_allowed")
            let round = try await Self.refusal(fetch, "http://site.example:\(port)/round")
            #expect(round.message.contains("redirects more than 4 times"))
        }
    }

    @Test func sizesAreBounded() async throws {
        try await Self.site { fetch, port in
            for path in ["long", "endless"] {
                let error = try await Self.refusal(fetch, "http://site.example:\(port)/\(path)")
                #expect(error.message.contains("more than 1000 bytes"), "\(path): \(error.message)")
            }
            #expect(try await Self.refusal(fetch, "http://site.example:\(port)/none").message.contains("404"))
        }
    }
}
