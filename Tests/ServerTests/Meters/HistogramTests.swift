import Testing
import TuttiServer

@Suite struct HistogramTests {
    @Test func countsBySize() {
        var histogram = Histogram(bounds: [1, 2, 5])
        for value in [0.5, 1, 1.5, 4, 100] { histogram.observe(value) }
        #expect(histogram.cumulative.map(\.count) == [2, 3, 4])
        #expect(histogram.count == 5 && histogram.sum == 107)
    }
}
