import Foundation
import Testing
import TuttiGeneration
import TuttiTensors

@Suite struct DRYTests {
    private static let multiplier = 0.8, base = 1.75

    /// What DRY takes from each token's logit, seen through the log of the odds that a full distribution gives: by
    /// asking, for each token, which bias brings it level with a token that has no penalty.
    private func penalties(
        _ history: [Token], vocabularyCount: Int, _ change: (inout DRYOptions) -> Void = { _ in },
        text: (@Sendable (Token) -> [UInt8])? = nil
    ) throws -> [Token: Double] {
        var found: [Token: Double] = [:]
        for token in 0..<Token(vocabularyCount - 1) {
            // The penalty lies between `low` and `high`; the last token of the vocabulary is never in a history.
            var low = 0.0, high = 1000.0
            while high - low > 1e-4 {
                let middle = (low + high) / 2
                var options = SamplingOptions.greedy
                options.dry.multiplier = Self.multiplier
                options.dry.base = Self.base
                options.dry.sequenceBreakers = []
                change(&options.dry)
                var sampler = try Sampler(options, vocabularyCount: vocabularyCount, tokenBytes: text)
                for token in history { sampler.accept(prompt: token) }
                var logits = [Float](repeating: -.infinity, count: vocabularyCount)
                logits[Int(token)] = Float(middle)
                logits[vocabularyCount - 1] = 0
                if try sampler.sample(logits.span).token == token { high = middle } else { low = middle }
            }
            if low > 1e-3 { found[token] = low }
        }
        return found
    }

    /// The definition, by comparing every pair of places.
    private func plain(_ history: [Token], allowedLength: Int = 2, breakers: Set<Token> = []) -> [Token: Double] {
        var longest: [Token: Int] = [:]
        for end in history.indices.dropLast() where !breakers.contains(history[end + 1]) {
            var length = 0
            while length <= end {
                let token = history[end - length]
                guard token == history[history.count - 1 - length], !breakers.contains(token) else { break }
                length += 1
            }
            if length >= allowedLength { longest[history[end + 1]] = max(longest[history[end + 1]] ?? 0, length) }
        }
        return longest.mapValues { Self.multiplier * pow(Self.base, Double($0 - allowedLength)) }
    }

    private func expectEqual(_ a: [Token: Double], _ b: [Token: Double]) {
        #expect(a.keys.sorted() == b.keys.sorted())
        for (token, penalty) in a { #expect(abs(penalty - (b[token] ?? 0)) < 1e-3 * max(1, penalty)) }
    }

    @Test(
        arguments: [
            [], [1], [1, 2, 3], [1, 2, 3, 1, 2], [1, 2, 3, 4, 1, 2, 3], [1, 1, 1, 1], [1, 2, 1, 2, 1, 2],
            [1, 2, 3, 9, 1, 2, 4, 8, 1, 2], [5, 1, 2, 3, 6, 1, 2, 3, 7, 5, 1, 2, 3],
        ] as [[Token]])
    func equalsTheDefinition(history: [Token]) throws {
        expectEqual(try penalties(history, vocabularyCount: 11), plain(history))
        expectEqual(
            try penalties(history, vocabularyCount: 11) { $0.allowedLength = 3 }, plain(history, allowedLength: 3))
    }

    @Test func equalsTheDefinitionOnRandomHistories() throws {
        for seed in 0..<12 {
            let random = Philox(seed: UInt64(seed))
            let history = (0..<60).map { Token(random.uniform(step: UInt64($0)) * 3) }
            // Token 2 is a breaker in the second comparison; its text alone says so.
            expectEqual(try penalties(history, vocabularyCount: 4), plain(history))
            let broken = try penalties(history, vocabularyCount: 4, { $0.sequenceBreakers = ["\n"] }) {
                $0 == 2 ? Array("x\ny".utf8) : Array("a".utf8)
            }
            expectEqual(broken, plain(history, breakers: [2]))
        }
    }

    @Test func aBreakerMaySpanTokens() throws {
        // 3 then 4 read "Us" and "er:"; without the breaker, 1 2 3 4 would call for 5.
        let history: [Token] = [1, 2, 3, 4, 5, 6, 1, 2, 3, 4]
        let text: @Sendable (Token) -> [UInt8] = { Array(["", "a", "b", "Us", "er:", "c", "d", "e"][Int($0)].utf8) }
        #expect(try penalties(history, vocabularyCount: 8, text: text)[5] != nil)
        #expect(try penalties(history, vocabularyCount: 8, { $0.sequenceBreakers = ["User:"] }, text: text).isEmpty)
    }

    @Test func theWindowBoundsTheSearch() throws {
        let history: [Token] = [1, 2, 3, 7, 7, 7, 6, 1, 2]
        #expect(try penalties(history, vocabularyCount: 9)[3] != nil)
        #expect(try penalties(history, vocabularyCount: 9) { $0.window = 8 }[3] == nil)
    }

    @Test func longRepetitionsStayNumbers() throws {
        var options = SamplingOptions.greedy
        (options.dry.multiplier, options.dry.base, options.dry.sequenceBreakers) = (100, 10, [])
        var sampler = try Sampler(options, vocabularyCount: 3)
        for _ in 0..<5000 { sampler.accept(1) }
        let logits: [Float] = [0, 100, -100]
        #expect(try sampler.sample(logits.span).token == 0)
    }

    @Test func breakersNeedText() {
        var options = SamplingOptions()
        options.dry.multiplier = 0.8
        #expect(throws: SamplingError.breakersNeedText) { try Sampler(options, vocabularyCount: 10) }
    }
}
