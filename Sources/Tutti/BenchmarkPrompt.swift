package import TuttiTensors

/// Prompts for measuring: tokens that look random, of which the first is another one each time, so that no prompt finds
/// the beginning of an earlier one in the cache.
package enum BenchmarkPrompt {
    /// The prompt of a number, always the same: `Benchmarks/versus-llama` makes these prompts too.
    package static func tokens(_ number: Int, count: Int, vocabulary: Int) -> [Token] {
        let vocabulary = UInt64(vocabulary)
        var state = UInt64(number)
        return (0..<count).map { place in
            if place == 0 { return Token(UInt64(number) % vocabulary) }
            // A linear congruential generator with the constants of Knuth's MMIX.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Token((state >> 33) % vocabulary)
        }
    }
}
