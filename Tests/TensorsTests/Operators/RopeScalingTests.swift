import Foundation
import Testing
import TuttiTensors

/// Frequencies as `transformers` 5.23 computes them (`modeling_rope_utils`), base 10,000, 64 numbers of a head, unless said
/// otherwise.
@Suite struct RopeScalingTests {
    private func rotary(_ scaling: RopeScaling) -> RotaryEmbedding {
        RotaryEmbedding(base: 10_000, rotated: 64, pairs: .halves, scaling: scaling)
    }

    private func plain(_ pair: Int) -> Double { pow(10_000, -Double(2 * pair) / 64) }

    @Test func linearDividesEveryFrequency() {
        for (pair, frequency) in rotary(.linear(factor: 4)).frequencies.enumerated() {
            #expect(abs(Double(frequency) * 4 / plain(pair) - 1) < 1e-5)
        }
    }

    /// Wavelengths beyond the original context are stretched, short ones kept (arXiv:2407.21783).
    @Test func llama3KeepsFastPairsAndStretchesSlowOnes() {
        let scaled = rotary(
            .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192)
        ).frequencies
        for (pair, frequency) in scaled.enumerated() {
            let ratio = Double(frequency) / plain(pair), turns = 8192 * plain(pair) / (2 * .pi)
            let smooth = min(1, max(0, (turns - 1) / 3))
            #expect(abs(ratio - ((1 - smooth) / 8 + smooth)) < 1e-5)
        }
        #expect(abs(Double(scaled[0]) - 1) < 1e-6 && abs(Double(scaled[31]) * 8 / plain(31) - 1) < 1e-5)
    }

    /// The ramp of arXiv:2309.00071 between the pairs that turn 32 times and once in the original context.
    @Test func yarnBlendsByTurns() {
        let rotary = rotary(.yarn(factor: 4, originalContext: 4096))
        #expect(abs(rotary.magnitude - Float(0.1 * log(4) + 1)) < 1e-6)
        let first = (64 * log(4096 / (32 * 2 * Double.pi)) / (2 * log(10_000))).rounded(.down)
        let last = (64 * log(4096 / (2 * Double.pi)) / (2 * log(10_000))).rounded(.up)
        for (pair, frequency) in rotary.frequencies.enumerated() {
            let stretched = min(1, max(0, (Double(pair) - first) / (last - first)))
            #expect(abs(Double(frequency) / plain(pair) - (stretched / 4 + 1 - stretched)) < 1e-5)
        }
    }
}
