import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

@Suite struct ModelStoreTests {
    @Test func homeIsWhereThePlatformKeepsData() {
        func home(_ environment: [String: String]) -> String { ModelStore.defaultHome(environment).path }
        #expect(home(["TUTTI_HOME": "/t", "HOME": "/h"]) == "/t")
        #if os(macOS)
            #expect(home(["HOME": "/h"]) == "/h/Library/Application Support/tutti")
        #else
            #expect(home(["TUTTI_HOME": "", "HOME": "/h"]) == "/h/.local/share/tutti")
            #expect(home(["XDG_DATA_HOME": "/x", "HOME": "/h"]) == "/x/tutti")
            #expect(home(["XDG_DATA_HOME": "x", "HOME": "/h"]) == "/h/.local/share/tutti")
        #endif
    }

    @Test func adoptTakesOnlyTheRightFile() async throws {
        let toy = try await ToyPackages(), store = try toy.store()
        var bent = toy.content
        bent[100] ^= 1
        let wrong = URL(filePath: try toy.scratch.write(bent, "bent.gguf"))
        await #expect(throws: StoreError.self) { try await store.adopt("toy", file: wrong) }
        let short = URL(filePath: try toy.scratch.write(Array(toy.content.dropLast()), "short.gguf"))
        await #expect(
            throws: StoreError.wrongSize(what: short.path, expected: toy.content.count, found: toy.content.count - 1)
        ) { try await store.adopt("toy", file: short) }
        await #expect(throws: StoreError.noSuchPath("/none")) {
            try await store.adopt("toy", file: URL(filePath: "/none"))
        }
        #expect(toy.stored == nil && toy.left.isEmpty)
        try await store.adopt("toy", file: toy.scratch.url.appending(path: "whole.gguf"))
        #expect(toy.stored == toy.content && toy.asked.isEmpty)
    }

    @Test func aModelCanBeRemoved() async throws {
        let toy = try await ToyPackages(), store = try toy.store()
        #expect(throws: StoreError.notPulled("toy")) { try store.remove("toy") }
        try await store.pull("toy")
        #expect(store.list().map(\.name) == ["toy"])
        #expect(store.list().first?.byteCount == toy.content.count)
        try store.remove("toy")
        #expect(store.list().isEmpty && toy.stored == nil)
        await #expect(throws: StoreError.self) { try await toy.store("gone").pull("toy") }
        #expect(!toy.left.isEmpty)
        try store.remove("toy")
        #expect(toy.left.isEmpty)
        for name in ["../..", "", ".", "..", "a/b"] { #expect(throws: StoreError.self) { try store.remove(name) } }
    }

    @Test func argumentsAreResolved() async throws {
        let toy = try await ToyPackages(), store = try toy.store(), scratch = toy.scratch
        #expect(throws: StoreError.notPulled("toy")) { try store.resolve("toy") }
        #expect(try store.locate("toy") == .known(try #require(store.catalog["toy"])))
        let file = try await store.pull("toy")
        #expect(try store.resolve("toy") == file)
        #expect(try store.resolve("TOY") == file)
        let whole = scratch.url.appending(path: "whole.gguf")
        #expect(try store.resolve(whole.path).path == whole.path)
        #expect(try store.resolve(scratch.url.path).path == whole.path)
        _ = try scratch.write([1], "other.gguf")
        #expect(throws: StoreError.unusableFolder(scratch.url.path, files: ["other.gguf", "whole.gguf"])) {
            try store.resolve(scratch.url.path)
        }
        let wheels = scratch.url.appending(path: "wheel")
        #expect(throws: StoreError.unusableFolder(wheels.path, files: [])) { try store.resolve(wheels.path) }
        for number in 1...3 { try Data([1]).write(to: wheels.appending(path: "m-0000\(number)-of-00003.gguf")) }
        #expect(try store.resolve(wheels.path).lastPathComponent == "m-00001-of-00003.gguf")
    }

    @Test func foldersOfSafetensorsAreModels() throws {
        let scratch = try ScratchFolder(), store = try ModelStore(home: scratch.url, environment: [:])
        let folder = scratch.url.appending(path: "hf")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func write(_ name: String) throws { try Data([1]).write(to: folder.appending(path: name)) }
        func resolved(_ name: String = "") throws -> String {
            try store.resolve(name.isEmpty ? folder.path : folder.path + "/" + name).lastPathComponent
        }
        try write("model.safetensors")
        #expect(throws: StoreError.unusableFolder(folder.path, files: [])) { try resolved() }
        #expect(throws: StoreError.self) { try resolved("model.safetensors") }
        try write("config.json")
        #expect(try resolved() == "hf" && resolved("model.safetensors") == "hf")
        // A GGUF file beside it: nobody guesses, and either can be given.
        try write("model.gguf")
        #expect(throws: StoreError.unusableFolder(folder.path, files: ["model.gguf", "model.safetensors"])) {
            try resolved()
        }
        #expect(try resolved("model.gguf") == "model.gguf" && resolved("model.safetensors") == "hf")
        try write("other.safetensors")
        let other = #expect(throws: StoreError.self) { try resolved("other.safetensors") }
        #expect(other.map { "\($0)" }?.contains("the weights of its folder are model.safetensors") == true)
        #expect(other?.isModelNotFound == true)
    }

    @Test func whatIsNotFoundIsExplained() async throws {
        let toy = try await ToyPackages(), store = try toy.store()
        func message(_ argument: String) -> String {
            let error = #expect(throws: StoreError.self) { try store.resolve(argument) }
            #expect(error?.isModelNotFound == true)
            return error.map { "\($0)" } ?? ""
        }
        #expect(message("smolm2-135m").contains("Did you mean `smollm2-135m`?"))
        #expect(message("smollm").contains("Did you mean `smollm2-135m`?"))
        #expect(message("qwen").contains("Did you mean `qwen2.5-coder-0.5b`?"))
        #expect(!message("zzzzzzzzzzzz").contains("Did you mean"))
        #expect(message("zzzzzzzzzzzz").contains("gemma3-270m, minilm, moonshine-tiny"))
        #expect(message("hf:Qwen/Qwen3").contains("run `tutti pull hf:Qwen/Qwen3`"))
        #expect(message("/no/such/model.gguf").contains("no such file or folder"))
        #expect(message("missing.gguf").contains("no such file or folder"))
        #expect(message("toy").contains("tutti pull toy"))
        await #expect(throws: StoreError.self) { try await store.pull("nobody") }
    }

    @Test func aModelThatNoCatalogKnowsIsListed() throws {
        let scratch = try ScratchFolder(), store = try ModelStore(home: scratch.url, environment: [:])
        #expect(store.list().isEmpty)
        let folder = scratch.url.appending(path: "models/mine")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data([1, 2]).write(to: folder.appending(path: "mine.gguf"))
        #expect(store.list().map(\.name) == ["mine"])
        #expect(try store.resolve("mine").lastPathComponent == "mine.gguf")
    }
}

@Suite struct PullMeterTests {
    @Test func speedIsThatOfTheLastSeconds() {
        var meter = PullMeter(bytesTotal: 10_000)
        #expect(meter.progress(bytes: 4000, at: 0) == PullProgress(bytesDone: 4000, bytesTotal: 10_000))
        let early = meter.progress(bytes: 4500, at: 1)
        #expect(early.bytesPerSecond == 500 && early.secondsLeft == 11)
        for second in 2...20 { _ = meter.progress(bytes: 4500, at: Double(second)) }
        let late = meter.progress(bytes: 5300, at: 21)
        #expect(late.bytesPerSecond == 100 && late.secondsLeft == 47)
    }

    @Test func progressNeverGoesBackOrBeyond() {
        var meter = PullMeter(bytesTotal: 100)
        _ = meter.progress(bytes: 60, at: 0)
        #expect(meter.progress(bytes: 10, at: 1).bytesDone == 60)
        #expect(meter.progress(bytes: 500, at: 2).bytesDone == 100)
    }
}

@Suite struct ByteTextTests {
    @Test(arguments: [
        (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (491_400_064, "491.4 MB"), (1_117_320_768, "1.1 GB"),
    ])
    func sizesAreReadable(byteCount: Int, text: String) { #expect("\(ByteText(byteCount))" == text) }
}
