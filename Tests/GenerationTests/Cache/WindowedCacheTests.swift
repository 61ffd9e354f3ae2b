import TestSupport
import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Decoders some or all of whose layers see only a window: what they answer must not depend on which pages are given
/// back, shared or kept.
@Suite struct WindowedCacheTests {
    /// No layer, one, all, and several windows; one of a single token, one longer than any prompt.
    static let windows: [[Int?]] = [[nil], [nil, 40], [40], [64, nil, 200, 40, nil], [1, nil], [5000, nil, 33]]

    private func engine(_ decoder: MockDecoder, _ change: (inout EngineOptions) -> Void = { _ in }) -> Engine {
        var options = EngineOptions()
        options.keyValueKind = .f32
        change(&options)
        return Engine(decoder: decoder, pool: ComputePool(threads: 2), options: options)
    }

    private func answer(
        _ engine: Engine, _ tokens: [Token], _ count: Int
    ) async throws -> (tokens: [Token], cached: Int) {
        let answer = try await read(
            try engine.generate(GenerationRequest(prompt: tokens, sampling: .greedy, maximumTokens: count)))
        return (answer.tokens, answer.statistics.cachedTokens)
    }

    @Test(arguments: windows, [5, 64, 256])
    func chunksOfAnyLengthGiveTheSameAnswer(windows: [Int?], rows: Int) async throws {
        let decoder = MockDecoder(windows: windows)
        let engine = engine(decoder) { $0.prefillRows = rows }
        for length in [1, 32, 39, 40, 41, 300, 1500] {
            let tokens = prompt(length, seed: UInt64(length))
            #expect(try await answer(engine, tokens, 120).tokens == decoder.answer(to: tokens, count: 120))
        }
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }

    @Test(arguments: windows)
    func scoresSeeTheWholeWindow(windows: [Int?]) async throws {
        let decoder = MockDecoder(windows: windows), engine = engine(decoder)
        let beginning = prompt(700, seed: 3), tokens = beginning + decoder.answer(to: beginning, count: 100)
        var choices: [Choice] = []
        for try await choice in try engine.score(tokens) { choices.append(choice) }
        // One logit of 10 among 97: e^10 / (e^10 + 96).
        #expect(choices.suffix(100).allSatisfy { abs(($0.logProbability ?? 0) - -0.0043489) < 1e-5 })
        // Who goes on from there finds it computed.
        let (answered, cached) = try await answer(engine, tokens, 50)
        #expect(answered == decoder.answer(to: tokens, count: 50) && cached == tokens.count - 1)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }

    @Test(arguments: windows)
    func theNextTurnGoesOnWhereTheLastOneEnded(windows: [Int?]) async throws {
        let decoder = MockDecoder(windows: windows), engine = engine(decoder)
        var tokens = prompt(600, seed: 1)
        for turn in 0..<5 {
            let (answered, cached) = try await answer(engine, tokens, 90)
            #expect(answered == decoder.answer(to: tokens, count: 90))
            // All but the last of the answer's tokens were computed.
            #expect(cached == (turn == 0 ? 0 : tokens.count - 21))
            tokens += answered + prompt(20, seed: UInt64(10 + turn))
        }
        // A template may end a turn a little differently than the model did.
        let shorter = tokens.dropLast(45) + prompt(30, seed: 77)
        let (answered, cached) = try await answer(engine, Array(shorter), 20)
        #expect(answered == decoder.answer(to: Array(shorter), count: 20))
        #expect(cached >= shorter.count - 30)
    }

    /// Two continuations of one prefix, which is shorter or longer than the windows, and longer than the beginning that
    /// is always kept.
    @Test(arguments: windows, [20, 150, 1400])
    func prefixesBranch(windows: [Int?], shared: Int) async throws {
        let decoder = MockDecoder(windows: windows), engine = engine(decoder)
        let prefix = prompt(shared, seed: 5)
        var cached: [Int] = []
        for branch in 0..<4 {
            let tokens = prefix + prompt(240, seed: UInt64(20 + branch))
            let (answered, known) = try await answer(engine, tokens, 110)
            #expect(answered == decoder.answer(to: tokens, count: 110))
            cached.append(known)
        }
        #expect(cached[0] == 0)
        // The second branch finds the prefix if its window is there; it leaves one for those after it.
        #expect(cached[1] >= min(shared, 1024))
        #expect(cached[2] >= shared - 31 && cached[3] >= shared - 31)
        // The same prompt again: its end has stayed, however long the answer was.
        let again = prefix + prompt(240, seed: 20)
        #expect(try await answer(engine, again, 110).cached >= again.count - 32)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }

    /// A sequence that waits for its reader holds its windows and nothing behind them; ended, it leaves no more than is
    /// foretold.
    @Test(arguments: [[nil, 40], [40], [64, nil, 200]] as [[Int?]])
    func onlyTheWindowStays(windows: [Int?]) async throws {
        let decoder = MockDecoder(windows: windows, context: 40_000)
        let engine = engine(decoder) { $0.prefillRows = 64 }
        let layout = decoder.shape.layout(.f32)
        let tokens = prompt(6000, seed: 8)
        let events = try engine.generate(GenerationRequest(prompt: tokens, sampling: .greedy, maximumTokens: 400))
        var reader = events.makeAsyncIterator()
        while let event = try await reader.next() {
            if case .token = event { break }
        }
        let running = await engine.usedCacheByteCount(emptying: true)
        #expect(running > 0 && running <= layout.byteCount(running: 6400, rows: 64))
        while try await reader.next() != nil {}
        let left = await engine.usedCacheByteCount()
        #expect(left > running && left <= layout.byteCount(conversation: 6400, rows: 64))
        let all = KeyValueLayout(
            kind: .f32, windows: windows.map { _ in nil }, heads: 1, headWidth: 16)
        #expect(left < all.byteCount(running: 6400, rows: 64) * 9 / 10)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }

    /// Room for one context, many prompts that share beginnings, some given up halfway.
    @Test(arguments: windows)
    func nothingLeaksWhenMemoryIsShort(windows: [Int?]) async throws {
        let decoder = MockDecoder(windows: windows)
        let engine = engine(decoder) {
            $0.context = 1800
            $0.cacheByteCount = 1
            $0.prefillRows = 48
        }
        let trunk = prompt(1300, seed: 30)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                let tokens = trunk.prefix(index * 31) + prompt(10 + index * 7, seed: UInt64(31 + index))
                let request = GenerationRequest(prompt: Array(tokens), sampling: .greedy, maximumTokens: 60 + index)
                let events = try engine.generate(request)
                group.addTask {
                    if index % 3 == 0 {
                        for try await event in events { if case .token = event { break } }
                    } else {
                        let answer = try await read(events)
                        #expect(answer.tokens == decoder.answer(to: Array(tokens), count: 60 + index))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await engine.usedCacheByteCount() <= engine.cacheByteCount)
        // An abandoned stream may tell the engine a moment later.
        for _ in 0..<100 where await engine.usedCacheByteCount(emptying: true) > 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
    }
}
