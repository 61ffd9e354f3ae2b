import Foundation
import TestSupport
import Testing
import TuttiAudio

/// Sound through files and back.
@Suite struct CodecTests {
    /// Two tones, a second and a bit long.
    private func tones(sampleRate: Int, channelCount: Int = 1) -> PCM {
        let samples = (0..<sampleRate + 123).flatMap { frame in
            let time = Float(frame) / Float(sampleRate)
            let sample = 0.4 * sin(2 * .pi * 440 * time) + 0.2 * sin(2 * .pi * 1100 * time)
            return (0..<channelCount).map { sample / Float($0 + 1) }
        }
        return PCM(samples: samples, channelCount: channelCount, sampleRate: sampleRate)
    }

    private func distance(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test(arguments: [AudioFormat.wav, .flac], [1, 2, 6])
    func whatLosesNothingComesBack(format: AudioFormat, channels: Int) throws {
        let sound = tones(sampleRate: 22_050, channelCount: channels)
        let again = try PCM(bytes: try sound.encoded(as: format))
        #expect(again.sampleRate == 22_050 && again.channelCount == channels && again.frameCount == sound.frameCount)
        #expect(distance(again.samples, sound.samples) < 1 / 32_000)
    }

    @Test(arguments: [AudioFormat.mp3, .opus], [8_000, 22_050, 24_000, 44_100])
    func whatLosesALittleSoundsAlike(format: AudioFormat, rate: Int) throws {
        let sound = tones(sampleRate: rate)
        let again = try PCM(bytes: try sound.encoded(as: format), sampleRate: rate)
        // Encoders pad; what counts is that nothing is missing and that both tones are as loud as they were.
        #expect(
            again.frameCount >= sound.frameCount
                && again.seconds < sound.seconds + 0.05 + 1800 / Double(sound.sampleRate))
        for frequency in [440.0, 1100] {
            let was = loudness(sound, frequency), became = loudness(again, frequency)
            #expect(abs(was - became) < 0.1 * was, "\(frequency) Hz: \(was) became \(became)")
        }
    }

    /// A tone's amplitude in the middle of the sound.
    private func loudness(_ sound: PCM, _ frequency: Double) -> Double {
        let rate = Double(sound.sampleRate), middle = sound.sampleRate / 4..<3 * sound.sampleRate / 4
        var real = 0.0, imaginary = 0.0
        for place in middle {
            let angle = 2 * Double.pi * frequency * Double(place) / rate
            real += Double(sound.samples[place]) * cos(angle)
            imaginary += Double(sound.samples[place]) * sin(angle)
        }
        return 2 * (real * real + imaginary * imaginary).squareRoot() / Double(middle.count)
    }

    /// The bytes of a stream are those of a file, but for heads that tell a length.
    @Test(arguments: [AudioFormat.wav, .flac, .mp3, .opus, .pcm])
    func soundLeavesAsItIsMade(format: AudioFormat) throws {
        let sound = tones(sampleRate: 24_000)
        var encoder = try AudioEncoder(format, sampleRate: 24_000), stream: [UInt8] = [], whenFirst: Int?
        for start in stride(from: 0, to: sound.frameCount, by: 1200) {
            stream += try encoder.append(Array(sound.samples[start..<min(start + 1200, sound.frameCount)]))
            if whenFirst == nil, stream.count > 100 { whenFirst = start }
        }
        #expect(try #require(whenFirst) < 18_000, "most of it was held back")
        stream += try encoder.finish()
        guard format != .pcm else {
            #expect(stream.count == 2 * sound.frameCount)
            return
        }
        let again = try PCM(bytes: stream, sampleRate: 24_000)
        #expect(
            again.frameCount >= sound.frameCount
                && again.seconds < sound.seconds + 0.05 + 1800 / Double(sound.sampleRate))
    }

    @Test func aStreamOfWavTellsNoLength() throws {
        var encoder = try AudioEncoder(.wav, sampleRate: 16_000)
        let head = try encoder.append([0.5]) + encoder.finish()
        #expect(Array(head[4..<8]) == [255, 255, 255, 255] && Array(head[40..<44]) == [255, 255, 255, 255])
        #expect(Array(head[44...]) == [0, 64])
    }

    @Test func soundOfManyChannelsIsMixed() throws {
        let sound = PCM(samples: [1, 0, 0.5, 0.5, -1, 0], channelCount: 2, sampleRate: 8_000)
        #expect(sound.mono().samples == [0.5, 0.5, -0.5])
        let again = try PCM(bytes: sound.encoded(as: .wav), sampleRate: 8_000)
        #expect(again.channelCount == 1 && distance(again.samples, [0.5, 0.5, -0.5]) < 1 / 16_000)
    }

    @Test func piecesAreTheWhole() throws {
        let bytes = try tones(sampleRate: 44_100, channelCount: 2).encoded(as: .flac)
        let whole = try PCM(bytes: bytes, sampleRate: 16_000)
        let reader = try AudioReader(bytes: bytes, sampleRate: 16_000)
        var pieces: [Float] = []
        while case let piece = try reader.read(frames: 777), !piece.isEmpty { pieces += piece }
        #expect(pieces == whole.samples)
    }

    // MARK: What is wrong is said

    @Test func badFilesAreRefused() throws {
        #expect(throws: AudioError.damaged(file: "x", "it has no bytes")) { try PCM(bytes: [], name: "x") }
        #expect(throws: AudioError.self) { try PCM(path: "/no/such/file.wav") }
        #expect(throws: AudioError.self) { try PCM(bytes: Array("These are words, not sounds.".utf8), name: "x") }
        // A playlist names other files; ffmpeg would go and read them.
        let playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
        #expect(throws: AudioError.self) { try PCM(bytes: Array(playlist.utf8), name: "x") }
        var random = Random(seed: 5)
        for _ in 0..<20 {
            let noise = (0..<2000).map { _ in UInt8(random.next() & 255) }
            #expect(throws: AudioError.self) { try PCM(bytes: Array("RIFF".utf8) + noise, name: "x") }
        }
    }

    @Test func limitsHold() throws {
        let bytes = try tones(sampleRate: 8_000, channelCount: 2).encoded(as: .wav)
        func refusal(_ change: (inout AudioLimits) -> Void) -> AudioError? {
            var limits = AudioLimits()
            change(&limits)
            do {
                _ = try PCM(bytes: bytes, name: "x", limits: limits)
                return nil
            } catch { return error as? AudioError }
        }
        #expect(refusal { _ in } == nil)
        #expect(
            refusal { $0.seconds = 1 } == .tooLarge(file: "x", "it lasts more than 1 s, which is the most that is read")
        )
        #expect(
            refusal { $0.byteCount = 100 } == .tooLarge(file: "x", "it has \(bytes.count) bytes, and 100 are the most"))
        #expect(refusal { $0.channelCount = 1 } == .tooLarge(file: "x", "it has 2 channels, and 1 to 1 are read"))
        #expect(refusal { $0.sampleRates = 16_000...48_000 } != nil)
    }

    @Test func numbersThatAreNoneBecomeSilence() throws {
        var sound = tones(sampleRate: 8_000)
        sound.samples[10] = .nan
        sound.samples[11] = .infinity
        let again = try PCM(bytes: floatWave(sound))
        #expect(again.samples.allSatisfy(\.isFinite) && again.samples[10] == 0)
        #expect(distance(Array(again.samples[12...]), Array(sound.samples[12...])) < 1e-6)
    }

    /// A wav file of 32-bit floating-point numbers, as they are.
    private func floatWave(_ sound: PCM) -> [UInt8] {
        func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        let data = sound.samples.flatMap { bytes($0.bitPattern) }, rate = UInt32(sound.sampleRate)
        let format =
            bytes(UInt16(3)) + bytes(UInt16(1)) + bytes(rate) + bytes(4 * rate) + bytes(UInt16(4)) + bytes(UInt16(32))
        let chunks =
            Array("WAVEfmt ".utf8) + bytes(UInt32(format.count)) + format + Array("data".utf8)
            + bytes(UInt32(data.count)) + data
        return Array("RIFF".utf8) + bytes(UInt32(chunks.count)) + chunks
    }
}
