import TestSupport
import Testing
import TuttiGeneration
import TuttiTensors

/// Two thousand short conversations that share beginnings, half of them given up at random moments, in a cache that is
/// too small for those that run: afterwards every page is back.
@Suite struct SoakTests {
    @Test(arguments: [[nil], [nil, 40]] as [[Int?]])
    func noPageLeaksInTwoThousandConversations(windows: [Int?]) async throws {
        let decoder = MockDecoder(windows: windows)
        var options = EngineOptions()
        options.keyValueKind = .f32
        options.context = 400
        options.cacheByteCount = 1
        options.maximumSequences = 12
        options.maximumWaiting = 2000
        options.prefillRows = 64
        let engine = Engine(decoder: decoder, pool: ComputePool(threads: 2), options: options)
        let trunk = prompt(250, seed: 1)
        let ends = try await withThrowingTaskGroup(of: Bool.self) { group in
            var started = 0, answered = 0
            for index in 0..<2000 {
                // Forty at a time.
                if started >= 40 { answered += try await group.next() == true ? 1 : 0 }
                started += 1
                group.addTask {
                    var random = Random(seed: UInt64(index))
                    let tokens =
                        trunk.prefix(.random(in: 0...250, using: &random))
                        + prompt(.random(in: 1...60, using: &random), seed: UInt64(index))
                    let count = Int.random(in: 1...40, using: &random)
                    let delay = Bool.random(using: &random) ? Int.random(in: 0...20_000, using: &random) : nil
                    let request = GenerationRequest(
                        prompt: Array(tokens), sampling: .greedy, maximumTokens: count,
                        priority: index % 3 == 0 ? .batch : .interactive)
                    let reading = Task { try await read(try engine.generate(request)) }
                    if let delay {
                        try await Task.sleep(for: .microseconds(delay))
                        reading.cancel()
                    }
                    do {
                        let answer = try await reading.value
                        #expect(answer.tokens == decoder.answer(to: Array(tokens), count: count))
                        return true
                    } catch is CancellationError { return false }
                }
            }
            for try await isAnswered in group { answered += isAnswered ? 1 : 0 }
            return answered
        }
        // All whose readers stayed; of the others, those that were faster than the end.
        #expect(ends >= 900 && ends < 2000)
        let statistics = try await settled(engine)
        #expect(statistics.heldPages == 0 && statistics.heldByteCount == 0)
        #expect(statistics.keptByteCount <= engine.cacheByteCount)
        #expect(statistics.preemptionCount > 0)
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
        #expect(try await settled(engine).keptPages == 0)
    }
}
