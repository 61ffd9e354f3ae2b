import TestSupport
import Testing
import TuttiGeneration
import TuttiTensors

@Suite struct EngineTests {
    private func engine(_ change: (inout EngineOptions) -> Void = { _ in }) -> Engine {
        var options = EngineOptions()
        options.keyValueKind = .f32
        change(&options)
        return Engine(decoder: MockDecoder(), pool: ComputePool(threads: 2), options: options)
    }

    private func request(_ prompt: [Token], _ count: Int?, stop: Set<Token> = []) -> GenerationRequest {
        GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: count, stopTokens: stop)
    }

    @Test(arguments: [1, 31, 32, 33, 300, 1000])
    func answersDependOnTheWholePrompt(length: Int) async throws {
        let prompt = prompt(length, seed: UInt64(length))
        let answer = try await read(try engine().generate(request(prompt, 40)))
        #expect(answer.tokens == MockDecoder.answer(to: prompt, count: 40))
        #expect(answer.reason == .length)
        #expect(answer.statistics.promptTokens == length && answer.statistics.generatedTokens == 40)
    }

    @Test func manySequencesAtOnceDoNotDisturbEachOther() async throws {
        let engine = engine { $0.maximumSequences = 5 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<24 {
                let prompt = prompt(1 + index * 13, seed: UInt64(index))
                group.addTask {
                    let answer = try await read(try engine.generate(self.request(prompt, 30 + index)))
                    #expect(answer.tokens == MockDecoder.answer(to: prompt, count: 30 + index))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func aSharedBeginningIsComputedOnce() async throws {
        let engine = engine()
        let beginning = prompt(200, seed: 1)
        let first = try await read(try engine.generate(request(beginning, 10)))
        #expect(first.statistics.cachedTokens == 0)
        // The next turn: everything so far and a new question. All but the last of the answer's tokens were computed.
        let second = beginning + first.tokens + prompt(20, seed: 2)
        let answer = try await read(try engine.generate(request(second, 10)))
        #expect(answer.tokens == MockDecoder.answer(to: second, count: 10))
        #expect(answer.statistics.cachedTokens == 209)
        // Another branch shares whole pages and a part of one, and does not write to them.
        let branch = Array(beginning.prefix(150)) + prompt(60, seed: 3)
        let other = try await read(try engine.generate(request(branch, 10)))
        #expect(other.tokens == MockDecoder.answer(to: branch, count: 10))
        #expect(other.statistics.cachedTokens >= 150)
        // The first prompt again: one token is left to compute.
        let again = try await read(try engine.generate(request(beginning, 10)))
        #expect(again.tokens == first.tokens && again.statistics.cachedTokens == 199)
    }

    @Test func oldPagesLeaveWhenTheCacheIsFull() async throws {
        // Room for one context: every further prompt pushes older ones out.
        let engine = engine {
            $0.context = 512
            $0.cacheByteCount = 1
        }
        for round in 0..<12 {
            let prompt = prompt(400, seed: UInt64(100 + round))
            let answer = try await read(try engine.generate(request(prompt, 50)))
            #expect(answer.tokens == MockDecoder.answer(to: prompt, count: 50))
        }
    }

    @Test func aStopTokenEndsTheAnswer() async throws {
        let prompt: [Token] = [5, 6], expected = MockDecoder.answer(to: prompt, count: 20)
        let stop = expected[7]
        let answer = try await read(try engine().generate(request(prompt, 20, stop: [stop])))
        #expect(answer.tokens == Array(expected.prefix(through: expected.firstIndex(of: stop)!)))
        #expect(answer.reason == .stop)
    }

    @Test func theContextEndsTheAnswer() async throws {
        let prompt = prompt(100, seed: 9)
        let answer = try await read(try engine { $0.context = 128 }.generate(request(prompt, nil)))
        #expect(answer.tokens == MockDecoder.answer(to: prompt, count: answer.tokens.count))
        #expect(answer.reason == .length && answer.tokens.count == 28)
    }

    @Test func whatCannotBeContinuedIsRefused() throws {
        let engine = engine { $0.context = 64 }
        #expect(throws: EngineError.emptyPrompt) { try engine.generate(request([], 1)) }
        #expect(throws: EngineError.promptTooLong(tokens: 64, context: 64, limit: 2048)) {
            try engine.generate(request([Token](repeating: 1, count: 64), 1))
        }
        #expect(throws: EngineError.unknownToken(97, vocabulary: 97)) { try engine.generate(request([1, 97], 1)) }
        #expect(throws: EngineError.unknownToken(-1, vocabulary: 97)) { try engine.score([-1]) }
        var wrong = request([1], 1)
        wrong.sampling.temperature = -1
        #expect(throws: SamplingError.self) { try engine.generate(wrong) }
    }

    @Test func leavingTheLoopStopsTheComputation() async throws {
        let engine = engine { $0.maximumSequences = 1 }
        // With room for one sequence, each next one starts only because the one before was given up.
        for round in 0..<5 {
            let prompt = prompt(10, seed: UInt64(round))
            for try await event in try engine.generate(request(prompt, nil)) {
                if case .token = event { break }
            }
        }
        let prompt = prompt(10, seed: 50)
        let answer = try await read(try engine.generate(request(prompt, 5)))
        #expect(answer.tokens == MockDecoder.answer(to: prompt, count: 5))
    }

    @Test func cancellingTheTaskEndsItsStream() async throws {
        let engine = engine { $0.maximumSequences = 1 }
        // Many times and at all moments: while the reader waits, reads, or is about to do either.
        for round in 0..<300 {
            let events = try engine.generate(request([Token(1 + round % 50), 2, 3], nil))
            let reader = Task { () -> Bool in
                do {
                    for try await _ in events { if round % 3 == 0 { await Task.yield() } }
                    return false
                } catch is CancellationError { return true }
            }
            if round % 4 > 0 { try await Task.sleep(for: .microseconds(50 * (round % 40))) }
            reader.cancel()
            #expect(try await reader.value)
        }
        let answer = try await read(try engine.generate(request([4], 3)))
        #expect(answer.tokens == MockDecoder.answer(to: [4], count: 3))
    }

    @Test func aSlowReaderLosesNothing() async throws {
        let prompt: [Token] = [3]
        var tokens: [Token] = []
        for try await event in try engine().generate(request(prompt, 500)) {
            if case .token(let choice) = event {
                if tokens.count % 100 == 0 { try await Task.sleep(for: .milliseconds(5)) }
                tokens.append(choice.token)
            }
        }
        #expect(tokens == MockDecoder.answer(to: prompt, count: 500))
    }

    @Test func scoresEveryTokenButTheFirst() async throws {
        let prompt = prompt(150, seed: 4), tokens = prompt + MockDecoder.answer(to: prompt, count: 1)
        var choices: [Choice] = []
        for try await choice in try engine().score(tokens, top: 2) { choices.append(choice) }
        #expect(choices.map(\.token) == Array(tokens.dropFirst()))
        let last = try #require(choices.last)
        #expect(last.top.first?.token == tokens.last)
        // One logit of 10 among 97: e^10 / (e^10 + 96).
        #expect(abs((last.logProbability ?? 0) - -0.0043489) < 1e-5)
    }

    @Test func whatWasScoredIsNotComputedAgain() async throws {
        let engine = engine(), prompt = prompt(150, seed: 4)
        func scores() async throws -> [Double?] {
            var scores: [Double?] = []
            for try await choice in try engine.score(prompt) { scores.append(choice.logProbability) }
            return scores
        }
        let first = try await scores()
        let answer = try await read(try engine.generate(request(prompt, 10)))
        #expect(answer.statistics.cachedTokens == 149)
        #expect(answer.tokens == MockDecoder.answer(to: prompt, count: 10))
        // Scores are wanted of every token, whatever was computed before.
        #expect(try await scores() == first && first.count == 149)
    }
}
