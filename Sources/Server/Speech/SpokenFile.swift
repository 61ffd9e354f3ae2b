import Tutti
import TuttiOpenAI

/// What is said, as the bytes of a file that grows.
///
///     let file = try SpokenFile(.mp3, sampleRate: voice.sampleRate, param: "response_format")
///     for try await piece in voice.speak(text) { send(try file.append(piece.samples)) }
///     send(try file.finish())
final class SpokenFile {
    private var encoder: AudioEncoder
    private var resampler: Resampler?
    private let sampleRate: Int
    private var frameCount = 0

    /// Raw samples have no head that says their rate: OpenAI's clients take them for this many a second.
    private static let rawSampleRate = 24_000

    /// - Throws: `APIError` 400 where the format is written by a program that is not there.
    init(_ format: SoundFormat, sampleRate: Int, param: String) throws {
        self.sampleRate = sampleRate
        do {
            let isRaw = format == .pcm && sampleRate != Self.rawSampleRate
            resampler = isRaw ? try Resampler(from: sampleRate, to: Self.rawSampleRate) : nil
            encoder = try AudioEncoder(AudioFormat(format), sampleRate: isRaw ? Self.rawSampleRate : sampleRate)
        } catch let error as AudioError {
            throw APIError.invalid("Invalid '\(param)': \(error)", param: param, code: "unsupported_format")
        }
    }

    /// How long what was appended lasts.
    var seconds: Double { Double(frameCount) / Double(sampleRate) }

    /// - Returns: The bytes that are certain by then, which may be none.
    func append(_ samples: [Float]) throws -> [UInt8] {
        frameCount += samples.count
        return try encoder.append(resampler?.append(samples) ?? samples)
    }

    func finish() throws -> [UInt8] {
        let rest = try resampler?.finish() ?? []
        return try encoder.append(rest) + encoder.finish()
    }
}

extension AudioFormat {
    init(_ format: SoundFormat) {
        switch format {
        case .mp3: self = .mp3
        case .opus: self = .opus
        case .aac: self = .aac
        case .flac: self = .flac
        case .wav: self = .wav
        case .pcm: self = .pcm
        }
    }
}
