import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

@Suite(.timeLimit(.minutes(2))) struct HubFailureTests {
    static let content = ToyHub.content(700_001)

    func toyHub(_ file: ToyHub.File? = nil, token: String? = nil) async throws -> ToyHub {
        let hub = try await ToyHub()
        try hub.serve(["toy-Q4_K_M.gguf": file ?? .init(content: Self.content)], token: token)
        return hub
    }

    /// Pulls, and expects that all is well.
    func expectWhole(_ hub: ToyHub, _ store: ModelStore? = nil) async throws {
        try await (store ?? hub.store()).pull(ToyHub.reference)
        #expect(hub.stored("toy-Q4_K_M.gguf") == Self.content && hub.leftovers.isEmpty)
    }

    /// The error of a pull; nothing must be in the store after it.
    func failure(_ hub: ToyHub, _ store: ModelStore? = nil, _ reference: String = ToyHub.reference) async throws
        -> String
    {
        let store = try store ?? hub.store()
        let error = await #expect(throws: StoreError.self) { try await store.pull(reference) }
        #expect(store.list().isEmpty)
        return error.map { "\($0)" } ?? ""
    }

    // MARK: What passes

    @Test(arguments: ["list", "hub", "blob"], [429, 500, 502, 503, 504])
    func whatPassesIsWaitedOut(at: String, status: Int) async throws {
        let hub = try await toyHub()
        try hub.misbehave([
            "at": at, "kind": "status", "status": status, "times": 2, "headers": ["Retry-After": "0"],
        ])
        try await expectWhole(hub)
    }

    @Test(arguments: ["list", "hub", "blob"]) func aConnectionThatBreaksIsMadeAgain(at: String) async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": at, "kind": "hang up", "times": 3])
        try await expectWhole(hub)
    }

    @Test(arguments: 0..<4) func cutsAtRandomPlacesCostOnlyWhatWasLost(seed: UInt64) async throws {
        var random = Random(seed: seed)
        let hub = try await toyHub(),
            faults: [[String: Any]] = (0..<8).map { _ in
                [
                    "id": UUID().uuidString, "at": "blob", "kind": "cut", "times": 1,
                    "cut": Int.random(in: 0...65535, using: &random),
                ]
            }
        try hub.misbehave(faults)
        try await expectWhole(hub)
        // What was sent before a cut may be lost on the way, but no range is sent twice from its beginning but by that.
        #expect(hub.sentByteCount <= Self.content.count + 8 * 65536)
    }

    @Test func aServerWithoutRangesGivesTheWhole() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "no ranges", "chunked": true])
        try await expectWhole(hub)
        #expect(hub.sentByteCount == Self.content.count)
    }

    @Test func withoutRangesACutBeginsAnew() async throws {
        let hub = try await toyHub()
        try hub.misbehave(
            ["at": "blob", "kind": "no ranges", "times": 2, "cut": 300_000], ["at": "blob", "kind": "no ranges"])
        try await expectWhole(hub)
    }

    @Test func rangesThatEndOnTheWayBeginAnew() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "no ranges", "after": 4])
        try await expectWhole(hub)
    }

    @Test func aFileThatChangesOnceIsFetchedAnew() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "tag", "tag": "other", "after": 2, "times": 1])
        try await expectWhole(hub)
    }

    @Test func anAddressThatHasRunOutIsAskedForAgain() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "status", "status": 403, "after": 3, "times": 2])
        try await expectWhole(hub)
    }

    @Test func whatTheListDoesNotTellIsAskedFor() async throws {
        let hub = try await toyHub(
            .init(content: Self.content, listed: ["size": NSNull(), "lfs": NSNull(), "blobId": NSNull()]))
        try await expectWhole(hub)
    }

    // MARK: What does not

    @Test(arguments: [
        (401, "", "shows no repository Owner/Toy-GGUF"), (404, "RepoNotFound", "shows no repository"),
        (403, "GatedRepo", "is gated: ask its owner"), (403, "", "is gated"), (429, "", "asks for fewer requests"),
        (503, "", "answers with status 503 (it is overloaded"), (418, "", "answers with status 418"),
    ])
    func refusalsAreExplained(status: Int, code: String, text: String) async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "list", "kind": "status", "status": status, "headers": ["X-Error-Code": code]])
        let message = try await failure(hub)
        #expect(message.contains(text), "\(message)")
        #expect(hub.requests.count <= RetryPolicy().attempts)
    }

    @Test func aWrongTokenIsSaid() async throws {
        let hub = try await toyHub(token: "hf_right")
        let message = try await failure(hub, hub.store(["HF_TOKEN": "hf_wrong"]))
        #expect(message.contains("refuses the token from HF_TOKEN") && !message.contains("hf_wrong"))
        let bad = try await failure(hub, hub.store(["HF_TOKEN": "a\r\nX-Evil: 1"]))
        #expect(bad.contains("HF_TOKEN cannot be used"))
    }

    @Test func aLongWaitIsLeftToTheUser() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "list", "kind": "status", "status": 429, "headers": ["Retry-After": "7200"]])
        #expect(try await failure(hub).contains("try again in 7200 seconds"))
        #expect(hub.requests.count == 1)
    }

    @Test func aFileThatIsNotThereIsSaid() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "hub", "kind": "status", "status": 404, "headers": ["X-Error-Code": "EntryNotFound"]])
        #expect(try await failure(hub).contains("Owner/Toy-GGUF has no file `toy-Q4_K_M.gguf`"))
    }

    @Test(arguments: [true, false]) func aWrongDigestLeavesNothing(isLarge: Bool) async throws {
        let hub = try await ToyHub()
        let zeros = String(repeating: "0", count: 64)
        let listed: [String: Any] =
            isLarge ? ["lfs": ["sha256": zeros, "size": Self.content.count]] : ["blobId": zeros.prefix(40)]
        try hub.serve(["toy-Q4_K_M.gguf": .init(content: Self.content, isLarge: isLarge, listed: listed)])
        let message = try await failure(hub)
        #expect(message.contains("its digest is") && message.contains("It was thrown away"), "\(message)")
        #expect(!hub.leftovers.contains { $0.contains("fetched") || $0.contains("ranges") || $0.contains("whole") })
    }

    @Test func otherContentIsFound() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "other content", "after": 3, "times": 1])
        #expect(try await failure(hub).contains("its digest is"))
        try hub.misbehave()
        try await expectWhole(hub)
    }

    @Test(arguments: [-1000, 1000]) func liesAboutTheLengthAreFound(more: Int) async throws {
        let hub = try await toyHub()
        // The whole has another length than the list says.
        try hub.misbehave(["at": "blob", "kind": "length", "more": more])
        #expect(
            try await failure(hub).contains("it has \(Self.content.count + more) bytes, expected \(Self.content.count)")
        )
        // The list does not say what the server has.
        try hub.misbehave()
        let digest = String(repeating: "a", count: 64)
        try hub.serve([
            "toy-Q4_K_M.gguf": .init(
                content: Self.content, listed: ["lfs": ["sha256": digest, "size": Self.content.count + more]])
        ])
        #expect(try await failure(hub).contains("expected \(Self.content.count + more)"))
    }

    @Test func aBodyThatPromisesMoreIsWholeAllTheSame() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "body", "more": 500])
        try await expectWhole(hub)
    }

    @Test func aBodyThatPromisesLessIsFound() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "body", "more": -500])
        let message = try await failure(hub)
        #expect(message.contains("broke again and again") || message.contains("could not be reached"), "\(message)")
    }

    @Test func moreThanTheWholeIsNotTaken() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "extra", "chunked": true])
        let message = try await failure(hub)
        #expect(message.contains("bytes, expected"), "\(message)")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: hub.home.path)
        let sizes = try paths.compactMap {
            try FileManager.default.attributesOfItem(atPath: hub.home.appending(path: $0).path)[.size] as? Int
        }
        #expect(sizes.allSatisfy { $0 <= Self.content.count })
    }

    @Test func anotherRangeThanAskedForIsNotTaken() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "range", "more": 17, "after": 2])
        #expect(try await failure(hub).contains("it gives"))
    }

    @Test func aFileThatNeverStandsStillIsGivenUp() async throws {
        let hub = try await toyHub()
        var store = try hub.store()
        store.retries.connections = 1
        try hub.misbehave(
            ["at": "blob", "kind": "tag", "tag": "a", "times": 1],
            ["at": "blob", "kind": "tag", "tag": "b", "times": 1],
            ["at": "blob", "kind": "tag", "tag": "c", "times": 1],
            ["at": "blob", "kind": "tag", "tag": "d", "times": 1],
            ["at": "blob", "kind": "tag", "tag": "e", "times": 1],
            ["at": "blob", "kind": "tag", "tag": "f", "times": 1])
        #expect(try await failure(hub, store).contains("changes while it is fetched"))
    }

    @Test func aConnectionThatBreaksForEverIsGivenUp() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "cut", "cut": 0, "after": 3])
        let message = try await failure(hub)
        #expect(message.contains("the connection broke again and again") && message.contains("are here"), "\(message)")
        #expect(hub.requests.count < 60)
        try hub.misbehave()
        hub.forget()
        try await expectWhole(hub)
        #expect(hub.sentByteCount < Self.content.count)
    }

    @Test func aSilentServerIsGivenUp() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "list", "kind": "stall", "seconds": 20])
        var store = try hub.store()
        (store.retries.silenceSeconds, store.retries.connectionAttempts) = (0.05, 2)
        #expect(try await failure(hub, store).contains("it stayed silent for too long"))
    }

    @Test func nobodyThereIsSaid() async throws {
        let hub = try await toyHub()
        let message = try await failure(hub, hub.store(["HF_ENDPOINT": "http://127.0.0.1:1"]))
        #expect(message.contains("127.0.0.1 could not be reached"), "\(message)")
        let proxy = try await failure(hub, hub.store(["ALL_PROXY": "http://127.0.0.1:1"]))
        #expect(proxy.contains("could not be reached"), "\(proxy)")
    }

    @Test(arguments: ["ftp://x", "https://", "nonsense", "https://h/?q", "https://me@h"])
    func anEndpointThatIsNoneIsRefused(endpoint: String) async throws {
        let hub = try await toyHub()
        #expect(try await failure(hub, hub.store(["HF_ENDPOINT": endpoint])).contains("HF_ENDPOINT cannot be used"))
    }

    @Test func aDiskWithoutRoomIsSaidBeforehand() async throws {
        let hub = try await toyHub()
        var store = try hub.store()
        store.freeByteCount = { _ in 1000 }
        #expect(try await failure(hub, store).contains("16.7 MB needed, 1.0 kB free"))
        #expect(hub.sentByteCount == 0)
    }
}
