import AsyncAlgorithms

/// Several answers to each of some prompts, read together as they come.
///
/// A prompt's other answers begin when the prompt is computed for the first, so that they find it in the cache. Prompts
/// begin one after the other, a few at a time, so that a long list of them leaves room for other requests.
package struct ParallelAnswers<Stream: AsyncSequence & Sendable>: Sendable where Stream.Element: Sendable {
    /// How many prompts are worked on at once.
    private static var width: Int { 8 }

    package let promptCount: Int
    /// Answers to each prompt.
    package let choiceCount: Int
    private let first: Stream
    private let begin: @Sendable (_ prompt: Int, _ choice: Int) throws -> Stream
    private let isComputed: @Sendable (Stream.Element) -> Bool

    /// Begins the first answer.
    /// - Parameters:
    ///   - begin: Begins an answer: called once for each, in no order but that a prompt's first comes first.
    ///   - isComputed: Whether an element of a stream tells that its prompt is computed.
    /// - Throws: What `begin` throws for the first answer; what it throws later, reading throws.
    package init(
        promptCount: Int = 1, choiceCount: Int,
        begin: @escaping @Sendable (_ prompt: Int, _ choice: Int) throws -> Stream,
        isComputed: @escaping @Sendable (Stream.Element) -> Bool
    ) throws {
        self.promptCount = promptCount
        self.choiceCount = choiceCount
        self.begin = begin
        self.isComputed = isComputed
        first = try begin(0, 0)
    }

    /// Reads all answers to their ends, as fast as `body` takes what they say.
    /// - Parameter body: Is told the number of the answer, `prompt · choiceCount + choice`, and what it says next.
    /// - Throws: What a stream or `body` throws first; all answers are given up then.
    package func read(_ body: (_ answer: Int, Stream.Element) async throws -> Void) async throws {
        guard promptCount > 1 || choiceCount > 1 else {
            for try await element in first { try await body(0, element) }
            return
        }
        typealias Channel = AsyncThrowingChannel<(answer: Int, element: Stream.Element), any Error>
        let channel = Channel()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await readPrompts { await channel.send((answer: $0, element: $1)) }
                    channel.finish()
                } catch {
                    channel.fail(error)
                }
            }
            for try await (answer, element) in channel { try await body(answer, element) }
        }
    }

    private func readPrompts(_ tell: @escaping @Sendable (Int, Stream.Element) async -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { prompts in
            for prompt in 0..<promptCount {
                if prompt >= Self.width { try await prompts.next() }
                let leader = prompt == 0 ? first : try begin(prompt, 0)
                prompts.addTask { try await readChoices(prompt, leader, tell) }
            }
            try await prompts.waitForAll()
        }
    }

    private func readChoices(
        _ prompt: Int, _ leader: Stream, _ tell: @escaping @Sendable (Int, Stream.Element) async -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { choices in
            var isWaiting = choiceCount > 1
            for try await element in leader {
                await tell(prompt * choiceCount, element)
                guard isWaiting, isComputed(element) else { continue }
                isWaiting = false
                for choice in 1..<choiceCount {
                    let stream = try begin(prompt, choice)
                    choices.addTask {
                        for try await element in stream { await tell(prompt * choiceCount + choice, element) }
                    }
                }
            }
            try await choices.waitForAll()
        }
    }
}
