import Foundation
import TestSupport
import Testing
import TuttiAudio

@Suite struct LogMelTests {
    /// Against the plain sum, for lengths with small factors and without.
    @Test(arguments: [1, 2, 7, 12, 30, 97, 400])
    func theTransformIsTheSum(count: Int) {
        var random = Random(seed: UInt64(count))
        let input = (0..<count).map { _ in SIMD2(Float(random.next() % 1000) / 1000, Float(random.next() % 1000) / 1000)
        }
        var values = input, scratch = input
        FourierTransform(count: count)(&values, scratch: &scratch)
        for k in 0..<count {
            var real = 0.0, imaginary = 0.0
            for (n, value) in input.enumerated() {
                let angle = -2 * Double.pi * Double(k * n % count) / Double(count)
                real += Double(value.x) * cos(angle) - Double(value.y) * sin(angle)
                imaginary += Double(value.x) * sin(angle) + Double(value.y) * cos(angle)
            }
            #expect(abs(Double(values[k].x) - real) < 1e-3 && abs(Double(values[k].y) - imaginary) < 1e-3)
        }
    }

    /// faster-whisper's features of a spoken sentence: scripts/goldens/make_log_mel.py.
    @Test func featuresAreFasterWhispers() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
        let sound = try PCM(path: folder.appending(path: "e1.wav").path, sampleRate: LogMel.sampleRate)
        let golden = try SafetensorsGolden(folder.appending(path: "log-mel.safetensors"))
        // As base has it, and as large-v3.
        for (bands, name) in [(80, "e1.log_mel"), (128, "e1.log_mel_128")] {
            let wanted = try #require(golden.floats(name))
            let features = LogMel(bandCount: bands)(sound.samples)
            #expect(features.count == 450 * bands)
            var distance: Float = 0
            for band in 0..<bands {
                for frame in 0..<300 {
                    distance = max(distance, abs(features[frame * bands + band] - wanted[band * 300 + frame]))
                }
            }
            #expect(distance < 1e-4, "\(bands) bands")
        }
    }

    @Test func silenceAndAlmostNothing() {
        #expect(LogMel()([], appending: 0).isEmpty)
        let silence = LogMel()([Float](repeating: 0, count: 16_000))
        #expect(silence.count == 101 * 80 && silence.allSatisfy { $0 == silence[0] })
        #expect(LogMel(bandCount: 128)([0.1, -0.1, 0.2]).count == 128)
    }
}
