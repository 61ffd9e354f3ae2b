import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

/// Repositories, hosts and planted links that mean harm: nothing leaves the store, nothing grows without bound.
@Suite(.timeLimit(.minutes(2))) struct HostileHubTests {
    static let content = ToyHub.content(100_000)

    func failure(_ hub: ToyHub, _ reference: String = ToyHub.reference) async throws -> String {
        let store = try hub.store()
        let error = await #expect(throws: StoreError.self) { try await store.pull(reference) }
        #expect(store.list().isEmpty)
        return error.map { "\($0)" } ?? ""
    }

    @Test(arguments: [
        "../../evil.gguf", "/tmp/evil.gguf", "a/../../evil.gguf", "..\\evil.gguf", ".ssh/evil.gguf", "evil.gguf\0x",
    ])
    func namesThatLeadAstrayAreNotTaken(path: String) async throws {
        let hub = try await ToyHub()
        try hub.serve([path: .init(content: Self.content)])
        #expect(try await failure(hub).contains("1 files with unsafe names were left out"))
        #expect(hub.sentByteCount == 0)
    }

    @Test func namesThatDifferInCaseOnlyAreOneTooMany() async throws {
        let hub = try await ToyHub()
        let json = ToyHub.File(content: [1], isLarge: false)
        try hub.serve([
            "config.json": json, "model.safetensors": .init(content: Self.content), "Model.safetensors": json,
        ])
        // What is taken has one name; the other is left.
        try await hub.store().pull(ToyHub.reference)
        #expect(hub.stored("model.safetensors", of: "hf--owner--toy-gguf") == Self.content)
        #expect(hub.stored("Model.safetensors", of: "hf--owner--toy-gguf") == nil)
        try hub.serve(["m-Q8_0.gguf": json, "M-q8_0.gguf": json], name: "Owner/Two")
        let store = try hub.store()
        let error = await #expect(throws: StoreError.self) { try await store.pull("hf:Owner/Two") }
        #expect(error.map { "\($0)" }?.contains("several models") == true)
    }

    @Test func linksThatWerePlantedAreNotFollowed() async throws {
        let hub = try await ToyHub(), files = FileManager.default
        try hub.serve(["toy-Q4_K_M.gguf": .init(content: Self.content)])
        let victim = hub.folder.appending(path: "victim")
        try Data("precious".utf8).write(to: victim)
        let outside = hub.folder.appending(path: "outside")
        try files.createDirectory(at: outside, withIntermediateDirectories: true)
        let staging = hub.home.appending(path: "downloads/hf--owner--toy-gguf--q4_k_m")
        try files.createDirectory(at: staging, withIntermediateDirectories: true)
        for name in ["fetched-0.partial", "ranges-0.json", "ranges-0.json.new", "plan.json", "plan.json.new", "ready"] {
            try files.createSymbolicLink(
                at: staging.appending(path: name), withDestinationURL: name == "ready" ? outside : victim)
        }
        let models = hub.home.appending(path: "models")
        try files.createDirectory(at: models, withIntermediateDirectories: true)
        try files.createSymbolicLink(
            at: models.appending(path: "hf--owner--toy-gguf--q4_k_m"), withDestinationURL: outside)
        try await hub.store().pull(ToyHub.reference)
        #expect(hub.stored("toy-Q4_K_M.gguf") == Self.content)
        #expect(try String(contentsOf: victim, encoding: .utf8) == "precious")
        #expect(try files.contentsOfDirectory(atPath: outside.path).isEmpty)
        // The folder itself is ours now, not the link.
        let model = models.appending(path: "hf--owner--toy-gguf--q4_k_m").path
        #expect(try files.attributesOfItem(atPath: model)[.type] as? FileAttributeType == .typeDirectory)
        // A whole staging folder that is a link.
        try hub.store().remove(ToyHub.reference)
        try files.createSymbolicLink(at: staging, withDestinationURL: outside)
        try await hub.store().pull(ToyHub.reference)
        #expect(try files.contentsOfDirectory(atPath: outside.path).isEmpty)
    }

    @Test func receiptsThatLieAreNotBelieved() async throws {
        let hub = try await ToyHub()
        try hub.serve(["toy-Q4_K_M.gguf": .init(content: Self.content)])
        try await hub.store().pull(ToyHub.reference)
        let folder = hub.home.appending(path: "models/hf--owner--toy-gguf--q4_k_m")
        let receipt = folder.appending(path: "receipt.json")
        let text = try String(contentsOf: receipt, encoding: .utf8)
        for (old, new) in [("toy-Q4_K_M.gguf", "../../../victim"), ("Owner/Toy-GGUF", "Other/Name")] {
            try Data(text.replacing(old, with: new).utf8).write(to: receipt)
            #expect(
                !(try hub.store().list()).contains {
                    $0.name == "hf:Other/Name:Q4_K_M" || $0.location.path.contains("victim")
                })
        }
    }

    @Test func answersWithoutEndAreNotRead() async throws {
        let hub = try await ToyHub()
        try hub.misbehave([
            "at": "list", "kind": "body", "text": String(repeating: "[", count: 1 << 20), "repeated": 40,
        ])
        #expect(try await failure(hub).contains("longer than 33.6 MB"))
        try hub.misbehave([
            "at": "list", "kind": "body", "text": String(repeating: "[", count: 1 << 20), "repeated": 20,
        ])
        #expect(try await failure(hub).contains("does not answer as the hub does"))
        try hub.misbehave(["at": "list", "kind": "headers", "count": 2000, "bytes": 60_000])
        #expect(try await failure(hub).contains("could not be reached"))
    }

    @Test(arguments: ["file:///etc/passwd", "gopher://x/", "", "http://", "//", "http://127.0.0.1:1:1/"])
    func redirectsThatLeadNowhereAreNotFollowed(location: String) async throws {
        let hub = try await ToyHub()
        try hub.serve(["toy-Q4_K_M.gguf": .init(content: Self.content)])
        try hub.misbehave(["at": "hub", "kind": "redirect", "location": location])
        _ = try await failure(hub)
        #expect(hub.requests.count < 30)
    }

    @Test func redirectsInACircleEnd() async throws {
        let hub = try await ToyHub()
        try hub.serve(["toy-Q4_K_M.gguf": .init(content: Self.content)])
        try hub.misbehave([
            "at": "list", "kind": "redirect", "location": "/HUB/api/models/Owner/Toy-GGUF/revision/main",
        ])
        #expect(try await failure(hub).contains("sends us on again and again"))
    }
}
