import Foundation
import TestSupport
import Testing
import TuttiAudio
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// Whisper base as it is used, with voice activity.
@Suite(.serialized) struct WhisperRecognizerTests {
    static let recognizer = Result {
        let pool = WhisperGoldenTests.pool
        return try WhisperRecognizer(
            path: try SpeechWeights.path("whisper-base", "model.bin"), pool: pool, thread: WhisperGoldenTests.thread,
            voice: try SileroVAD(
                path: try SpeechWeights.path("silero-vad", "silero_vad.onnx"), sampleRate: 16_000, pool: pool))
    }

    private func clip(_ name: String) throws -> PCM {
        try #require(WhisperGolden.all.first { $0.file.hasPrefix(name) }).sound().mono().resampled(to: 16_000)
    }

    private func plain(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && $0 != "'" }.map(String.init)
    }

    @Test(arguments: ["silence", "noise", "hum"])
    func whereNobodySpeaksThereAreNoWords(kind: String) async throws {
        var state: UInt64 = 1
        let samples = (0..<45 * 16_000).map { place -> Float in
            switch kind {
            case "silence": return 0
            case "hum":
                return (1...5).map { 0.05 * sin(Float(place) * Float($0) * 2 * .pi * 110 / 16_000) }.reduce(0, +)
            default:
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (Float(state >> 40) / Float(1 << 24) - 0.5) * 0.2
            }
        }
        let transcript = try await Self.recognizer.get().transcript(of: PCM(samples: samples, sampleRate: 16_000))
        #expect(transcript.segments.isEmpty && transcript.text.isEmpty)
    }

    @Test func languagesAreFoundOut() async throws {
        let transcript = try await Self.recognizer.get().transcript(of: try clip("d1"))
        #expect(transcript.language == "de" && transcript.text.hasPrefix("Guten Morgen"))
    }

    /// Two minutes of one reading again and again: nothing is lost and nothing doubled where windows end.
    @Test func longRecordingsAreHeardWhole() async throws {
        let one = try clip("two_cities"), recognizer = try Self.recognizer.get()
        var options = TranscriptionOptions()
        options.language = "en"
        let once = plain(try await recognizer.transcript(of: one, options).text)
        let thrice = try await recognizer.transcript(
            of: PCM(samples: one.samples + one.samples + one.samples, sampleRate: 16_000), options)
        let difference = plain(thrice.text).difference(from: once + once + once)
        #expect(once.count > 110 && difference.count <= 6)
        for (a, b) in zip(thrice.segments, thrice.segments.dropFirst()) { #expect(a.end <= b.start + 0.5) }
    }

    @Test func nothingIsHeardInNothing() async throws {
        for count in [0, 1, 100, 1600] {
            let sound = PCM(samples: [Float](repeating: 0, count: count), sampleRate: 16_000)
            #expect(try await Self.recognizer.get().transcript(of: sound).text.isEmpty)
        }
    }

    @Test func theSameSeedDrawsTheSame() async throws {
        var options = TranscriptionOptions()
        (options.language, options.temperature, options.seed) = ("en", 0.8, 7)
        let sound = try clip("e1"), recognizer = try Self.recognizer.get()
        let first = try await recognizer.transcript(of: sound, options)
        #expect(try await recognizer.transcript(of: sound, options) == first)
        #expect(first.segments.allSatisfy { $0.temperature == 0.8 })
    }

    @Test func whoStopsListeningStopsTheWork() async throws {
        let sound = try clip("two_cities"), recognizer = try Self.recognizer.get()
        let task = Task { try await recognizer.transcript(of: sound) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // The thread is free again.
        #expect(try await recognizer.transcript(of: try clip("e1")).text.hasPrefix("The museum"))
    }
}
