import Testing
import Tutti

/// What benchmarks ask, and how they sum up what they saw.
@Suite struct BenchmarkTests {
    /// `prompt` in Benchmarks/versus-llama/server.py gives these too, so that both sides are asked the same.
    @Test func promptsAreThoseOfTheComparison() {
        #expect(BenchmarkPrompt.tokens(7, count: 6, vocabulary: 49_152) == [7, 37982, 19775, 44337, 23441, 14569])
        #expect(BenchmarkPrompt.tokens(0, count: 3, vocabulary: 151_936) == [0, 62527, 64392])
    }

    @Test(arguments: [
        (0.5, [1.0, 2, 3, 4], 2.0), (0.95, [1, 2, 3, 4], 4), (0.5, [5], 5), (1, [1, 2], 2), (0, [1, 2], 1),
        (0.5, [], 0),
    ])
    func percentilesAreByNearestRank(share: Double, sorted: [Double], expected: Double) {
        #expect(LoadResult.percentile(share, of: sorted) == expected)
    }
}
