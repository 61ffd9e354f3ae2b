import TestSupport
import Testing
import TuttiGeneration
import TuttiTensors

/// Who waits, who is refused, and who leaves before the turn comes.
@Suite struct QueueTests {
    private func engine(
        gate: Gate? = nil, _ change: (inout EngineOptions) -> Void = { _ in }
    ) -> Engine {
        var options = EngineOptions()
        options.keyValueKind = .f32
        change(&options)
        return Engine(decoder: MockDecoder(gate: gate), pool: ComputePool(threads: 2), options: options)
    }

    private func request(
        _ seed: UInt64, length: Int = 10, _ count: Int?, _ priority: GenerationRequest.Priority = .interactive
    ) -> GenerationRequest {
        GenerationRequest(
            prompt: prompt(length, seed: seed), sampling: .greedy, maximumTokens: count, priority: priority)
    }

    /// Waits until the engine's statistics are so.
    private func wait(_ engine: Engine, until condition: (EngineStatistics) -> Bool) async throws -> Bool {
        for _ in 0..<30_000 {
            if condition(engine.statistics) { return true }
            try await Task.sleep(for: .milliseconds(1))
        }
        return false
    }

    @Test func whatComesWhenTooManyWaitIsRefused() async throws {
        let gate = Gate()
        let engine = engine(gate: gate) {
            $0.maximumSequences = 2
            $0.maximumWaiting = 3
        }
        // Five have room: two places, three that wait. None ends before the gate opens.
        let answers = try (1...5).map { try engine.generate(request($0, 500)) }
        #expect(throws: EngineError.queueFull(waiting: 3, limit: 3)) { try engine.generate(request(6, 5)) }
        #expect(throws: EngineError.queueFull(waiting: 3, limit: 3)) { try engine.score([1, 2, 3]) }
        #expect("\(EngineError.queueFull(waiting: 3, limit: 3))".contains("3 requests wait"))
        #expect(engine.statistics.refusalCount == 2)
        gate.open()
        // What was accepted is answered, and then there is room again.
        for (answer, seed) in zip(answers, UInt64(1)...5) {
            #expect(try await read(answer).tokens == MockDecoder.answer(to: prompt(10, seed: seed), count: 500))
        }
        _ = try await settled(engine)
        #expect(try await read(try engine.generate(request(6, 5))).tokens.count == 5)
    }

    @Test func aBurstThatFitsIsNotRefused() async throws {
        // The places count, though the thread has not admitted anybody yet.
        let engine = engine {
            $0.maximumSequences = 8
            $0.maximumWaiting = 1
        }
        let answers = try (1...9).map { try engine.generate(request($0, 20)) }
        for answer in answers { #expect(try await read(answer).tokens.count == 20) }
    }

    @Test func interactiveRequestsOvertakeWaitingOnes() async throws {
        let gate = Gate()
        let engine = engine(gate: gate) { $0.maximumSequences = 1 }
        let first = try engine.generate(request(1, length: 1000, 1))
        let batch = try engine.generate(request(2, 3, .batch)), interactive = try engine.generate(request(3, 3))
        gate.open()
        let ends = try await withThrowingTaskGroup(of: (Int, Double).self) { group in
            for (index, events) in [first, batch, interactive].enumerated() {
                group.addTask { (index, try await read(events).statistics.queueSeconds) }
            }
            var seconds = [0.0, 0, 0]
            for try await (index, waited) in group { seconds[index] = waited }
            return seconds
        }
        #expect(ends[1] > ends[2])
    }

    @Test func statisticsTellWhatWaitsAndRuns() async throws {
        let gate = Gate()
        let engine = engine(gate: gate) { $0.maximumSequences = 2 }
        let long = try (1...2).map { try engine.generate(request($0, length: 40, 1500)) }
        // How many steps it takes depends on when each came, and on what the steps before took.
        let isRunning = try await wait(engine) { statistics in
            if statistics.running == 2 && statistics.heldPages >= 4 { return true }
            gate.open(steps: 1)
            return false
        }
        #expect(isRunning)
        gate.open()
        let first = try await read(long[0]), second = try await read(long[1])
        for statistics in [first.statistics, second.statistics] {
            #expect(statistics.queueSeconds >= 0 && statistics.firstTokenSeconds > statistics.queueSeconds)
            #expect(statistics.firstTokenSeconds < statistics.prefillSeconds + statistics.decodeSeconds + 1)
        }
        let after = try await settled(engine)
        #expect(after.heldPages == 0 && after.keptPages > 0 && after.keptByteCount > 0 && after.heldByteCount == 0)
        #expect(after.prefilledTokens == 80 && after.generatedTokens == 3000)
        #expect(after.cacheByteCount == engine.cacheByteCount)
    }

    /// One that waits, one whose prompt is computed, one that answers, one that was put back: each leaves at once, and
    /// what it held is free.
    @Test func cancelsInEveryState() async throws {
        let gate = Gate()
        let engine = engine(gate: gate) {
            $0.maximumSequences = 1
            $0.prefillRows = 2
        }
        for round in 0..<5 as Range<UInt64> {
            gate.close()
            let generated = engine.statistics.generatedTokens, preempted = engine.statistics.preemptionCount
            // Answering: some of its tokens are there. It is put back for the next one.
            let answering = Task { try await read(try engine.generate(request(100 + round, nil, .batch))) }
            gate.open(steps: 12)
            let isAnswering = try await wait(engine) { $0.generatedTokens > generated }
            #expect(isAnswering)
            // A long prompt, of which a step computes two tokens.
            let prefilling = Task { try await read(try engine.generate(request(200 + round, length: 2000, nil))) }
            let hasCome = try await wait(engine) { $0.waiting == 1 }
            gate.open(steps: 8)
            let isPutBack = try await wait(engine) { $0.preemptionCount > preempted }
            #expect(hasCome && isPutBack)
            let waiting = Task { try await read(try engine.generate(request(300 + round, nil, .batch))) }
            let isWaiting = try await wait(engine) { $0.waiting == 2 }
            #expect(isWaiting)
            for cancel in [waiting.cancel, answering.cancel, prefilling.cancel].shuffled() { cancel() }
            await #expect(throws: CancellationError.self) { try await waiting.value }
            await #expect(throws: CancellationError.self) { try await prefilling.value }
            await #expect(throws: CancellationError.self) { try await answering.value }
            gate.open()
            #expect(try await settled(engine).heldPages == 0)
        }
        let answer = try await read(try engine.generate(request(4, 30)))
        #expect(answer.tokens == MockDecoder.answer(to: prompt(10, seed: 4), count: 30))
    }
}
