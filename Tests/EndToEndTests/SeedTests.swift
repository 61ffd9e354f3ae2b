import TestSupport
import Testing

/// The same seed gives the same answer, each time and on any number of threads.
@Suite struct SeedTests {
    private func answer(threads: Int, seed: Int) async throws -> String {
        let outcome = try await Tutti.run(
            "run", "-m", Tutti.model, "--threads", "\(threads)", "--seed", "\(seed)", "--temperature", "1.2",
            "--max-tokens", "40", "Write two sentences about the sea.")
        #expect(outcome.status == 0)
        return outcome.output
    }

    @Test func aSeedGivesTheSameAnswerOnAnyNumberOfThreads() async throws {
        let one = try await answer(threads: 1, seed: 7)
        #expect(!one.isEmpty)
        #expect(try await answer(threads: 1, seed: 7) == one)
        #expect(try await answer(threads: 2, seed: 7) == one)
        #expect(try await answer(threads: 3, seed: 7) == one)
        #expect(try await answer(threads: 2, seed: 8) != one)
    }
}
