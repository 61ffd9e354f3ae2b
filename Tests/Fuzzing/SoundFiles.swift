import Foundation
import TuttiAudio

extension FuzzTarget {
    /// Files of sound of every format that is read without another program, to their last sample.
    static func sound() throws -> FuzzTarget {
        let second = (0..<8000).map { index -> Float in
            let low = sin(Float(index) * 0.07), high = sin(Float(index) * 0.31)
            return low * 0.5 + high * 0.2
        }
        let mono = PCM(samples: second, sampleRate: 8000)
        let wide = PCM(samples: second, channelCount: 2, sampleRate: 48_000)
        var seeds: [[UInt8]] = []
        for format in [AudioFormat.wav, .flac, .mp3, .opus] {
            seeds += [try mono.encoded(as: format), try wide.encoded(as: format)]
        }
        let words = [
            "RIFF", "WAVE", "fmt ", "data", "LIST", "fact", "fLaC", "OggS", "OpusHead", "OpusTags", "ID3", "FORM",
            "AIFF",
            "COMM", "SSND", ".snd", "caff", "RF64", "ds64", "\u{1}vorbis",
        ]
        var limits = AudioLimits()
        limits.seconds = 60
        // What libsndfile does not know would start ffmpeg for each input.
        limits.usesPrograms = false
        let limit = limits
        return FuzzTarget(name: "sound", mutator: Mutator(seeds: seeds, words: words)) { input, origin, _ in
            guard let sound = try? PCM(bytes: input, sampleRate: origin % 2 == 0 ? 16_000 : nil, limits: limit) else {
                return false
            }
            return sound.samples.allSatisfy { $0.isFinite }
        }
    }
}
