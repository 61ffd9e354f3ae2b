import Foundation
import Testing
import TuttiAudio

@Suite struct ResamplingTests {
    private func tone(_ frequency: Double, at rate: Int, count: Int) -> [Float] {
        (0..<count).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) / Double(rate))) }
    }

    @Test(arguments: [(48_000, 16_000), (44_100, 16_000), (8_000, 16_000), (22_050, 24_000), (16_000, 8_000)])
    func aToneStaysWhereItIs(from: Int, to: Int) throws {
        let sound = PCM(samples: tone(1000, at: from, count: from), sampleRate: from)
        let result = try sound.resampled(to: to)
        #expect(abs(result.frameCount - to) <= 1)
        let wanted = tone(1000, at: to, count: to)
        // The ends ring: beyond them there is nothing.
        for place in to / 10..<9 * to / 10 { #expect(abs(result.samples[place] - wanted[place]) < 1e-4) }
    }

    @Test func whatCannotBeHeardAtTheNewRateIsGone() throws {
        let sound = PCM(samples: tone(10_000, at: 48_000, count: 48_000), sampleRate: 48_000)
        #expect(try sound.resampled(to: 16_000).samples[1600..<14_400].allSatisfy { abs($0) < 1e-3 })
    }

    @Test(arguments: [1, 160, 4_095])
    func piecesAreTheWhole(size: Int) throws {
        let samples = tone(700, at: 44_100, count: 20_000)
        let whole = try PCM(samples: samples, sampleRate: 44_100).resampled(to: 16_000).samples
        var resampler = try Resampler(from: 44_100, to: 16_000), pieces: [Float] = []
        for start in stride(from: 0, to: samples.count, by: size) {
            pieces += try resampler.append(Array(samples[start..<min(start + size, samples.count)]))
        }
        pieces += try resampler.finish()
        #expect(pieces.count == whole.count)
        #expect(zip(pieces, whole).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}
