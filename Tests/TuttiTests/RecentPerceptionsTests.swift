import Testing
import Tutti

@Suite struct RecentPerceptionsTests {
    private func key(_ number: UInt8) -> ContentKey { ContentKey(digest: Array(repeating: number, count: 16)) }

    private func perception(_ width: Int) -> Perception {
        Perception(width: width, height: 1, layout: PageLayout([]), labels: [])
    }

    @Test func whatWasUsedTheLongestAgoIsForgotten() {
        let recent = RecentPerceptions(capacity: 2)
        recent[key(1)] = perception(1)
        recent[key(2)] = perception(2)
        #expect(recent[key(1)]?.width == 1)
        recent[key(3)] = perception(3)
        #expect(recent[key(2)] == nil && recent[key(1)]?.width == 1 && recent[key(3)]?.width == 3)
    }
}
