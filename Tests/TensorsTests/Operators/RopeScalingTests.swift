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

    /// GPT-OSS: the ramp begins and ends between pairs. Base 150,000, 16 numbers of a head.
    @Test func yarnCanLeaveItsRampUnrounded() {
        let rotary = RotaryEmbedding(
            base: 150_000, rotated: 16, pairs: .halves,
            scaling: .yarn(factor: 4, originalContext: 64, truncates: false))
        let expected: [Float] = [1, 1.1690e-1, 1.2703e-2, 2.8636e-3, 6.4550e-4, 1.4551e-4, 3.2800e-5, 7.3937e-6]
        for (ours, theirs) in zip(rotary.frequencies, expected) { #expect(abs(ours / theirs - 1) < 1e-3) }
        #expect(abs(rotary.magnitude - 1.138629436111989) < 1e-6)
    }

    /// Factor 4 over 64 tokens, 16 numbers of a head, for sequences of 64, 65 and 100 tokens.
    @Test func dynamicGrowsWithTheSequence() {
        let scaling = RopeScaling.dynamic(factor: 4, originalContext: 64)
        let rotary = RotaryEmbedding(base: 10_000, rotated: 16, pairs: .halves, scaling: scaling)
        for (length, second, last) in [
            (64, 0.3162277638912201, 0.0003162277862429619), (65, 0.31350085139274597, 0.00029762613121420145),
            (100, 0.2672230005264282, 9.730085002956912e-05),
        ] {
            let frequencies = rotary.frequencies(length: length)
            #expect(abs(Double(frequencies[1]) / second - 1) < 1e-5 && abs(Double(frequencies[7]) / last - 1) < 1e-5)
        }
        #expect([1, 64, 65, 100].map(scaling.lengthDependence.regime) == [0, 0, 65, 100])
    }

    @Test func longropeHasTwoSets() {
        let short = (0..<32).map { 1 + Float($0) / 10 }, long = (0..<32).map { 2 + Float($0) }
        let scaling = RopeScaling.longrope(short: short, long: long, originalContext: 100, attentionFactor: 1.25)
        let rotary = rotary(scaling)
        #expect(rotary.magnitude == 1.25)
        for pair in 0..<32 {
            #expect(abs(Double(rotary.frequencies(length: 100)[pair]) * Double(short[pair]) / plain(pair) - 1) < 1e-5)
            #expect(abs(Double(rotary.frequencies(length: 101)[pair]) * Double(long[pair]) / plain(pair) - 1) < 1e-5)
        }
        #expect([1, 100, 101, 5000].map(scaling.lengthDependence.regime) == [0, 0, 1, 1])
    }
}
