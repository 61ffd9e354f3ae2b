import TestSupport
import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Few pages for many sequences: some are put back and go on later, and nobody's answer shows it.
@Suite struct PreemptionTests {
    static let windows: [[Int?]] = [[nil], [nil, 40], [64, nil, 200]]

    private func engine(
        _ decoder: MockDecoder = MockDecoder(), context: Int = 512, bytes: Int = 1,
        _ change: (inout EngineOptions) -> Void = { _ in }
    ) -> Engine {
        var options = EngineOptions()
        options.keyValueKind = .f32
        options.context = context
        // Too little: an engine takes what one context needs.
        options.cacheByteCount = bytes
        options.prefillRows = 64
        change(&options)
        return Engine(decoder: decoder, pool: ComputePool(threads: 2), options: options)
    }

    private func request(
        _ prompt: [Token], _ count: Int?, _ priority: GenerationRequest.Priority = .interactive
    ) -> GenerationRequest {
        GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: count, priority: priority)
    }

    @Test(arguments: windows)
    func answersAreTheSameWhenPagesRunOut(windows: [Int?]) async throws {
        let decoder = MockDecoder(windows: windows), engine = engine(decoder)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<24 {
                let prompt = prompt(20 + index * 7, seed: UInt64(index)), count = 200 - index * 3
                let events = try engine.generate(request(prompt, count, index % 3 == 0 ? .batch : .interactive))
                group.addTask {
                    let answer = try await read(events)
                    #expect(answer.tokens == decoder.answer(to: prompt, count: count))
                    #expect(answer.statistics.promptTokens == prompt.count)
                    #expect(answer.statistics.generatedTokens == count)
                    return answer.statistics.preemptionCount
                }
            }
            var preemptions = 0
            for try await count in group { preemptions += count }
            // They began together, and grew out of the room that there is.
            #expect(preemptions > 5)
        }
        #expect(await engine.usedCacheByteCount(emptying: true) == 0)
        let statistics = try await settled(engine)
        #expect(statistics.preemptionCount > 5 && statistics.heldPages == 0 && statistics.keptPages == 0)
    }

    @Test func moreRunAtOnceThanTheirWholeLengthsWouldAllow() async throws {
        // Room for one context of 512, and four that ask for all of it; unread, they stop after 64 events, of which the
        // first is no token.
        let engine = engine()
        let streams = try (0..<4).map { try engine.generate(request(prompt(30, seed: $0), nil)) }
        for _ in 0..<30_000 where engine.statistics.generatedTokens < 4 * 63 {
            try await Task.sleep(for: .milliseconds(1))
        }
        let statistics = engine.statistics
        #expect(statistics.running == 4 && statistics.waiting == 0 && statistics.preemptionCount == 0)
        withExtendedLifetime(streams) {}
    }

    @Test func anInteractiveRequestTakesPagesOfABatch() async throws {
        let gate = Gate(), engine = engine(MockDecoder(gate: gate))
        // Two that together nearly fill the cache.
        let prompts = [prompt(200, seed: 0), prompt(200, seed: 1), prompt(300, seed: 9)]
        var streams = try prompts.prefix(2).map { try engine.generate(request($0, 300, .batch)) }
        // As many steps as it takes: beside the first, the second's prompt is computed in pieces.
        for _ in 0..<5000 where engine.statistics.prefilledTokens < 400 {
            gate.open(steps: 1)
            try await Task.sleep(for: .milliseconds(1))
        }
        streams.append(try engine.generate(request(prompts[2], 10)))
        gate.open()
        var preemptions: [Int] = []
        for (stream, prompt) in zip(streams, prompts) {
            let answer = try await read(stream)
            #expect(answer.tokens == MockDecoder.answer(to: prompt, count: answer.statistics.generatedTokens))
            #expect(answer.statistics.generatedTokens == (prompt.count == 300 ? 10 : 300))
            preemptions.append(answer.statistics.preemptionCount)
        }
        #expect(preemptions[0] + preemptions[1] >= 1 && preemptions[2] == 0)
    }

    @Test func aSlowReaderHoldsNobodyUp() async throws {
        let engine = engine { $0.maximumSequences = 1 }
        let long = prompt(100, seed: 1)
        var reader = try engine.generate(request(long, 400)).makeAsyncIterator()
        var tokens: [Token] = []
        while tokens.isEmpty {
            if case .token(let choice) = try await reader.next() { tokens.append(choice.token) }
        }
        // It does not read on; others get its place and its pages.
        for round in 0..<3 {
            let other = prompt(400, seed: UInt64(50 + round))
            let answer = try await read(try engine.generate(request(other, 100)))
            #expect(answer.tokens == MockDecoder.answer(to: other, count: 100))
        }
        while let event = try await reader.next() {
            if case .token(let choice) = event { tokens.append(choice.token) }
            if case .finished(_, let statistics) = event { #expect(statistics.preemptionCount >= 1) }
        }
        #expect(tokens == MockDecoder.answer(to: long, count: 400))
    }

    @Test func scoresThatWerePutBackAreGivenOnce() async throws {
        let gate = Gate()
        let engine = engine(MockDecoder(gate: gate)) {
            $0.maximumSequences = 1
            $0.prefillRows = 2
        }
        let beginning = prompt(300, seed: 3), tokens = beginning + MockDecoder.answer(to: beginning, count: 200)
        let scores = try engine.score(tokens, priority: .batch), other = prompt(20, seed: 70)
        // Some of it is there when another request comes.
        gate.open(steps: 60)
        for _ in 0..<5000 where engine.statistics.prefilledTokens < 100 {
            try await Task.sleep(for: .milliseconds(1))
        }
        let answers = try engine.generate(request(other, 5))
        gate.open()
        #expect(try await read(answers).tokens == MockDecoder.answer(to: other, count: 5))
        var choices: [Choice] = []
        for try await choice in scores { choices.append(choice) }
        #expect(choices.map(\.token) == Array(tokens.dropFirst()))
        // One logit of 10 among 97: e^10 / (e^10 + 96).
        #expect(choices.suffix(200).allSatisfy { abs(($0.logProbability ?? 0) - -0.0043489) < 1e-5 })
        #expect(try await settled(engine).preemptionCount == 1)
    }
}

/// An engine's statistics when nothing waits or runs.
func settled(_ engine: Engine) async throws -> EngineStatistics {
    for _ in 0..<1000 {
        // The thread answers between two steps: it has reported what came before.
        _ = await engine.usedCacheByteCount()
        let statistics = engine.statistics
        if statistics.waiting == 0 && statistics.running == 0 { return statistics }
        try await Task.sleep(for: .milliseconds(5))
    }
    return engine.statistics
}
