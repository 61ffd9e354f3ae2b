import Testing
import TuttiCheckpoints
import TuttiTensors
import TuttiText

@Suite struct BytePairMergingTests {
    /// Words of all lengths, so that each way to find the next pair is taken, against the definition itself.
    @Test(arguments: [1, 2, 3]) func mergesAsTheDefinitionSays(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        // Letters, then tokens made of two random tokens before them, so that most words merge a lot.
        var tokens = ["a", "b", "c"], merges: [(String, String)] = []
        while tokens.count < 60 {
            let left = tokens.randomElement(using: &random) ?? "", right = tokens.randomElement(using: &random) ?? ""
            if left.count + right.count > 40 || tokens.contains(left + right) { continue }
            tokens.append(left + right)
            merges.append((left, right))
        }
        // Not in the order in which they were made: a merge may come before the ones that its parts need.
        merges.shuffle(using: &random)
        let tokenizer = try Tokenizer(
            Metadata([
                "tokenizer.ggml.model": .string("gpt2"), "tokenizer.ggml.pre": .string("gpt-2"),
                "tokenizer.ggml.tokens": .strings(StringTable(tokens)),
                "tokenizer.ggml.merges": .strings(StringTable(merges.map { $0 + " " + $1 })),
            ]))
        for length in [2, 5, 24, 25, 100, 1023, 1024, 1500, 3000] {
            for alphabet in ["a", "ab", "abc"] {
                let text = String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "a" })
                let expected = merged(text, merges)
                #expect(
                    tokenizer.encode(text).map(tokenizer.vocabulary.text(of:)) == expected, "\(length) of \(alphabet)")
            }
        }
    }

    /// The definition: over and over, join the leftmost pair of the lowest rank.
    private func merged(_ text: String, _ merges: [(String, String)]) -> [String] {
        var ranks: [String: Int] = [:]
        for (rank, merge) in merges.enumerated() { ranks[merge.0 + " " + merge.1] = rank }
        var parts = text.map(String.init)
        var pairs = zip(parts, parts.dropFirst()).map { ranks[$0 + " " + $1] ?? .max }
        while let best = pairs.min(), best != .max, let place = pairs.firstIndex(of: best) {
            parts[place] += parts.remove(at: place + 1)
            pairs.remove(at: place)
            if place < pairs.count { pairs[place] = ranks[parts[place] + " " + parts[place + 1]] ?? .max }
            if place > 0 { pairs[place - 1] = ranks[parts[place - 1] + " " + parts[place]] ?? .max }
        }
        return parts
    }
}
