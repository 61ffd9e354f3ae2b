import TestSupport
import Testing
import TuttiGeneration
import TuttiTensors

@Suite struct PairIndexTests {
    /// By trying every earlier place: the longest run that equals the last tokens, of equal ones the latest.
    private func longestMatch(_ tokens: [Token]) -> (place: Int, length: Int)? {
        var best: (place: Int, length: Int)?
        for place in stride(from: tokens.count - 1, through: 2, by: -1) {
            let most = min(place, PairIndex.longestLength)
            let length = (0..<most).prefix { tokens[place - 1 - $0] == tokens[tokens.count - 1 - $0] }.count
            if length >= 2, length > best?.length ?? 0 { best = (place, length) }
        }
        return best
    }

    @Test func findsWhatASearchOfEveryPlaceFinds() throws {
        var found = 0
        for seed in 0..<300 {
            var random = Random(seed: UInt64(seed))
            // So many different tokens that no pair stands at more places than a search looks at.
            let tokens = (0..<80).map { _ in Token.random(in: 0..<12, using: &random) }
            var index = PairIndex()
            for count in stride(from: 1, through: tokens.count, by: 1 + seed % 3) {
                let known = tokens[..<count]
                index.extend(known)
                let match = index.longestMatch(known), expected = longestMatch(Array(known))
                #expect(match?.place == expected?.place && match?.length == expected?.length)
                found += match == nil ? 0 : 1
            }
        }
        #expect(found > 1000)
    }

    @Test func shortTextsHaveNoMatch() {
        for tokens: [Token] in [[], [1], [1, 2], [1, 1], [1, 2, 3]] {
            var index = PairIndex()
            index.extend(tokens[...])
            #expect(index.longestMatch(tokens[...]) == nil)
        }
        var index = PairIndex()
        let repeated: [Token] = [7, 7, 7]
        index.extend(repeated[...])
        #expect(index.longestMatch(repeated[...]).map { [$0.place, $0.length] } == [2, 2])
    }

    @Test func aLongQuotationEndsTheSearch() {
        let quoted = (0..<100).map { Token($0) }, tokens = quoted + [-1] + quoted.prefix(60)
        var index = PairIndex()
        index.extend(tokens[...])
        #expect(index.longestMatch(tokens[...]).map { [$0.place, $0.length] } == [60, PairIndex.longestLength])
    }
}
