import Foundation
import TestSupport
import Testing
import TuttiAudio
import TuttiModels
import TuttiSpeech
import TuttiTensors

@Suite struct MoonshineRecognizerTests {
    static let recognizer = Result {
        MoonshineRecognizer(
            try MoonshineTests.model.get(),
            try MoonshineVocabulary(path: SpeechWeights.path("moonshine-tiny", "tokenizer.bin")),
            voice: try SileroVAD(
                path: SpeechWeights.path("silero-vad", "silero_vad.onnx"), sampleRate: 16_000,
                pool: MoonshineTests.pool), thread: ComputeThread(name: "tutti speech", pool: MoonshineTests.pool))
    }
    let recognizer: MoonshineRecognizer

    init() throws { recognizer = try MoonshineRecognizerTests.recognizer.get() }

    /// What is read in two_cities.wav.
    static let cities = """
        It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was \
        the epoch of belief, it was the epoch of incredulity, it was the season of light, it was the season of darkness, it \
        was the spring of hope, it was the winter of despair, we had everything before us, we had nothing before us, we were \
        all going direct to heaven, we were all going direct the other way. In short, the period was so far like the present \
        period, that some of its noisiest authorities insisted on its being received, for good or for evil, in the \
        superlative degree of comparison only.
        """

    static func words(_ text: String) -> [String] {
        text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "'") }.map(String.init)
    }

    /// Words that are wrong, missing or too many, in parts of those that were said.
    static func errorRate(_ heard: String, _ said: String) -> Double {
        let heard = words(heard), said = words(said)
        var row = Array(0...heard.count)
        for (i, word) in said.enumerated() {
            var corner = row[0]
            row[0] = i + 1
            for (j, other) in heard.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, corner + (word == other ? 0 : 1))
                (corner, row[j + 1]) = (row[j + 1], next)
            }
        }
        return Double(row[heard.count]) / Double(said.count)
    }

    private func sound(_ file: String) throws -> PCM { try PCM(path: SpeechWeights.path("moonshine-tiny", file)) }

    @Test func aRecordingIsCutAtPausesAndHeardWhole() async throws {
        var options = TranscriptionOptions()
        options.wantsLogProbabilities = true
        let transcript = try await recognizer.transcript(of: sound("two_cities.wav"), options)
        // One to four of the 119 words are wrong, when the recording is moved by some samples: see MoonshineTests.
        #expect(MoonshineRecognizerTests.errorRate(transcript.text, MoonshineRecognizerTests.cities) < 0.045)
        #expect(transcript.segments.count >= 8)
        for segment in transcript.segments {
            #expect(segment.start < segment.end && segment.tokens.count == segment.logProbabilities.count)
            #expect(segment.meanLogProbability < 0 && segment.compressionRatio > 0.9)
        }
        for (a, b) in zip(transcript.segments, transcript.segments.dropFirst()) { #expect(a.end <= b.start) }
        #expect(try #require(transcript.segments.first).start > 0.8)
        #expect(try #require(transcript.segments.last).end < transcript.seconds)
        #expect(abs(transcript.seconds - 44.374) < 0.001)
    }

    /// Three readings without a pause between them: nothing is lost and nothing doubled where they are cut.
    @Test func nothingIsLostOrDoubledAtTheCuts() async throws {
        let one = try sound("two_cities.wav")
        let speech = one.samples[48_000..<42 * 48_000]
        let transcript = try await recognizer.transcript(
            of: PCM(samples: Array(speech + speech + speech), sampleRate: one.sampleRate))
        let said = Array(repeating: MoonshineRecognizerTests.cities, count: 3).joined(separator: " ")
        #expect(MoonshineRecognizerTests.errorRate(transcript.text, said) < 0.04)
    }

    @Test func channelsAndRatesDoNotMatter() async throws {
        let one = try sound("beckett.wav")
        let twice = PCM(
            samples: one.samples.flatMap { [$0, $0] }, channelCount: 2, sampleRate: one.sampleRate
        )
        for other in [twice, try one.resampled(to: 48_000), try one.resampled(to: 22_050)] {
            let text = try await recognizer.transcript(of: other).text
            let said = "Ever tried, ever failed, no matter. Try again, fail again, fail better."
            #expect(MoonshineRecognizerTests.errorRate(text, said) < 0.1, "\(text)")
        }
    }

    enum Nothing: String, CaseIterable {
        case silence, noise, loudNoise, tone, hum, music, clicks, empty

        /// An hour of it, but for nothing at all.
        func samples() -> [Float] {
            let count = 3600 * 16_000
            var state: UInt64 = 9
            func random() -> Float {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
            }
            // A second of a wave of whole periods, so that an hour is quickly made.
            func periodic(_ hertz: [Float], _ loudness: Float) -> [Float] {
                let second = (0..<16_000).map { i in
                    hertz.reduce(Float(0)) { $0 + loudness * sin(2 * .pi * $1 * Float(i) / 16_000) }
                }
                return Array((0..<3600).map { _ in second }.joined())
            }
            switch self {
            case .silence: return [Float](repeating: 0, count: count)
            case .noise: return (0..<count).map { _ in 0.01 * random() }
            case .loudNoise: return (0..<count).map { _ in 0.3 * random() }
            case .tone: return periodic([440], 0.3)
            case .hum: return periodic([50, 100, 150, 250], 0.1)
            case .music:
                // A chord each half second, with overtones that die away, and a beat of noise.
                let chords: [[Float]] = [[262, 330, 392], [294, 349, 440], [247, 294, 392], [220, 262, 330]]
                let bars = chords.flatMap { chord in
                    (0..<8000).map { i -> Float in
                        let time = Float(i) / 16_000, fade = exp(-3 * time)
                        let tones = chord.reduce(Float(0)) { sum, hertz in
                            (1...4).reduce(sum) { $0 + sin(2 * .pi * hertz * Float($1) * time) / Float($1 * $1) }
                        }
                        return 0.1 * fade * tones + (i < 800 ? 0.1 * random() : 0)
                    }
                }
                return Array((0..<1800).map { _ in bars }.joined())
            case .clicks: return (0..<count).map { $0 % 9000 < 20 ? 0.8 * random() : 0 }
            case .empty: return []
            }
        }
    }

    @Test(.serialized, arguments: Nothing.allCases) func anHourOfNoSpeechGivesNoWords(nothing: Nothing) async throws {
        let transcript = try await recognizer.transcript(
            of: PCM(samples: nothing.samples(), sampleRate: 16_000), urgency: .batch)
        #expect(transcript.text == "" && transcript.segments.isEmpty, "\(transcript.text.prefix(200))")
    }

    @Test func whatItCannotDoItSays() async throws {
        var options = TranscriptionOptions()
        options.task = .translate
        let sound = PCM(samples: [0], sampleRate: 16_000)
        await #expect(throws: RecognitionError.noTranslation(recognizer: "Moonshine")) {
            try await recognizer.transcript(of: sound, options)
        }
        options.task = .transcribe
        options.language = "de"
        await #expect(throws: RecognitionError.unknownLanguage("de", known: ["en"])) {
            try await recognizer.transcript(of: sound, options)
        }
    }

    @Test func endingTheIterationStopsTheWork() async throws {
        let one = try sound("two_cities.wav")
        let long = PCM(samples: Array((0..<10).map { _ in one.samples }.joined()), sampleRate: one.sampleRate)
        var first: Transcript.Segment?
        for try await event in recognizer.transcribe(long, TranscriptionOptions(), urgency: .batch) {
            if case .segment(let segment) = event {
                first = segment
                break
            }
        }
        #expect(first?.text.hasPrefix("It was the best of times") == true)
        // The thread is free soon: what comes now is heard.
        #expect(try await recognizer.transcript(of: sound("beckett.wav")).text.contains("fail better"))
    }
}
