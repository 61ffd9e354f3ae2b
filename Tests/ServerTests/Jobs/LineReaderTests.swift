import Testing
import TuttiServer

@Suite struct LineReaderTests {
    private func lines(_ text: String, limit: Int = 100) async throws -> [String] {
        let stores = try ScratchStores()
        let file = try await stores.files.add(
            try await stores.stage(Array(text.utf8)), filename: "a", purpose: "batch", lifetimeSeconds: nil)
        var reader = LineReader(try await stores.contents.open(file.id, .files), maximumByteCount: limit)
        var lines: [String] = []
        while let line = try await reader.next() {
            lines.append("\(reader.number):\(String(decoding: line, as: UTF8.self))")
        }
        return lines
    }

    @Test func linesHaveTheirNumbers() async throws {
        #expect(try await lines("a\n\n \t\r\nb\r\nc") == ["1:a", "4:b\r", "5:c"])
        #expect(try await lines("a\n") == ["1:a"])
        #expect(try await lines("\n\n").isEmpty)
        // Longer than a piece that is read at once.
        let long = String(repeating: "x", count: 300_000)
        #expect(try await lines("\(long)\n\(long)", limit: 300_000) == ["1:\(long)", "2:\(long)"])
    }

    @Test func aLineWithoutEndIsRefused() async throws {
        await #expect(throws: LineReader.TooLong.self) {
            try await lines("a\n" + String(repeating: "x", count: 1_000_000), limit: 1000)
        }
    }
}

@Suite struct GateTests {
    @Test func onlyAFewAreInside() async throws {
        let gate = Gate(width: 2), inside = Counter()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await gate.pass {
                        await inside.add(1)
                        try await Task.sleep(for: .milliseconds(2))
                        await inside.add(-1)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await inside.most == 2)
    }

    @Test func whoeverIsCancelledLeavesTheLine() async throws {
        let gate = Gate(width: 1)
        let holder = Task { try await gate.pass { try await Task.sleep(for: .seconds(100)) } }
        try await Task.sleep(for: .milliseconds(20))
        let waiting = Task { try await gate.pass {} }
        try await Task.sleep(for: .milliseconds(20))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        holder.cancel()
        _ = await holder.result
        try await gate.pass {}
    }

    private actor Counter {
        var now = 0, most = 0
        func add(_ count: Int) {
            now += count
            most = max(most, now)
        }
    }
}
