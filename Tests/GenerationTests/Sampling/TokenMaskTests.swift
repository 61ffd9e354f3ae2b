import Testing
import TuttiGeneration
import TuttiTensors

@Suite struct TokenMaskTests {
    @Test(arguments: [0, 1, 63, 64, 65, 200])
    func countsAndSets(count: Int) {
        var mask = TokenMask(count: count, allowed: true)
        #expect(mask.allowedCount == count)
        guard count > 0 else { return }
        mask[Token(count - 1)] = false
        #expect(mask.allowedCount == count - 1 && !mask[Token(count - 1)])
        var other = TokenMask(count: count)
        #expect(other.allowedCount == 0)
        (other[0], other[Token(count - 1)]) = (true, true)
        mask.formIntersection(other)
        #expect(mask.allowedCount == (count > 1 ? 1 : 0) && mask[0] == (count > 1))
    }
}
