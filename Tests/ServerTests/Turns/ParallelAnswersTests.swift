import Synchronization
import Testing
import TuttiServer

/// Several answers read together, on streams that tests can look into.
@Suite struct ParallelAnswersTests {
    /// Says its numbers one after the other, and notes that it was begun and let go.
    struct Numbers: AsyncSequence, Sendable {
        let numbers: [Int]
        var failure: Failed?

        struct Failed: Error {}

        struct Iterator: AsyncIteratorProtocol {
            var rest: ArraySlice<Int>
            let failure: Failed?

            mutating func next() async throws -> Int? {
                await Task.yield()
                try Task.checkCancellation()
                if rest.isEmpty, let failure { throw failure }
                return rest.popFirst()
            }
        }

        func makeAsyncIterator() -> Iterator { Iterator(rest: numbers[...], failure: failure) }
    }

    private func told(_ answers: ParallelAnswers<Numbers>) async throws -> [Int: [Int]] {
        var told: [Int: [Int]] = [:]
        try await answers.read { answer, number in told[answer, default: []].append(number) }
        return told
    }

    @Test(arguments: [(1, 1), (1, 4), (3, 1), (30, 2)])
    func everyAnswerIsReadToItsEnd(prompts: Int, choices: Int) async throws {
        let answers = try ParallelAnswers(promptCount: prompts, choiceCount: choices) { prompt, choice in
            Numbers(numbers: [prompt, choice, 7])
        } isComputed: { _ in
            true
        }
        let told = try await told(answers)
        #expect(told.count == prompts * choices)
        for (answer, numbers) in told { #expect(numbers == [answer / choices, answer % choices, 7]) }
    }

    /// Otherwise each of them would compute the prompt again.
    @Test func othersBeginWhenThePromptIsComputed() async throws {
        let begun = Mutex(0)
        let answers = try ParallelAnswers(choiceCount: 3) { _, choice in
            begun.withLock { $0 += 1 }
            return Numbers(numbers: [0, 0, 1, 2])
        } isComputed: {
            $0 == 1
        }
        var zeros = 0
        try await answers.read { answer, number in
            if answer == 0, number == 0 {
                zeros += 1
                #expect(begun.withLock { $0 } == 1)
            }
        }
        #expect(zeros == 2 && begun.withLock { $0 } == 3)
    }

    @Test func anAnswersErrorEndsAll() async throws {
        let answers = try ParallelAnswers(choiceCount: 3) { _, choice in
            Numbers(numbers: Array(0..<1000), failure: choice == 2 ? Numbers.Failed() : nil)
        } isComputed: { _ in
            true
        }
        await #expect(throws: Numbers.Failed.self) { _ = try await told(answers) }
    }

    @Test func aReaderThatLeavesEndsAll() async throws {
        struct Gone: Error {}
        let answers = try ParallelAnswers(promptCount: 9, choiceCount: 2) { _, _ in
            Numbers(numbers: Array(0..<100_000))
        } isComputed: { _ in
            true
        }
        await #expect(throws: Gone.self) {
            try await answers.read { _, number in if number == 5 { throw Gone() } }
        }
    }

    @Test func whatTheFirstAnswerRefusesIsThrownAtOnce() {
        #expect(throws: Numbers.Failed.self) {
            try ParallelAnswers<Numbers>(choiceCount: 2) { _, _ in
                throw Numbers.Failed()
            } isComputed: { _ in
                true
            }
        }
    }
}
