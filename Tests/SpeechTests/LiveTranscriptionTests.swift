import Foundation
import Testing
import TuttiAudio
import TuttiModels
import TuttiSpeech
import TuttiTensors

@Suite struct LiveTranscriptionTests {
    let recognizer: MoonshineRecognizer

    init() throws { recognizer = try MoonshineRecognizerTests.recognizer.get() }

    /// Speaks a sound in pieces, with time between them to hear, and gives all that became known.
    private func events(
        _ sound: PCM, piece: Double, pause: Duration, _ options: LiveOptions = LiveOptions()
    ) async throws -> [LiveEvent] {
        let live = LiveTranscription(recognizer, sampleRate: sound.sampleRate, options)
        let size = Int(piece * Double(sound.sampleRate))
        async let all = live.events.reduce(into: [LiveEvent]()) { $0.append($1) }
        for first in stride(from: 0, to: sound.samples.count, by: size) {
            live.append(Array(sound.samples[first..<min(first + size, sound.samples.count)]))
            try await Task.sleep(for: pause)
        }
        live.finish()
        return await all
    }

    private func finals(_ events: [LiveEvent]) -> [Transcript] {
        events.compactMap { if case .finished(let transcript) = $0 { transcript } else { nil } }
    }

    private func sound(_ file: String, rate: Int = 16_000) throws -> PCM {
        try PCM(path: SpeechWeights.path("moonshine-tiny", file), sampleRate: rate)
    }

    @Test(arguments: [0.1, 0.8]) func whatIsStableStays(silence: Double) async throws {
        var options = LiveOptions()
        options.voice.minimumSilenceSeconds = silence
        let all = try await events(sound("two_cities.wav"), piece: 0.25, pause: .milliseconds(60), options)
        var stable = "", finals = 0
        for event in all {
            switch event {
            case .began, .dismissed:
                #expect(stable == "", "what is stable is finished")
            case .partial(let next, let tentative, _):
                #expect(next.hasPrefix(stable), "\(stable) became \(next)")
                #expect(next == "" || tentative.hasPrefix(" "))
                stable = next
            case .finished(let transcript):
                #expect(transcript.text.hasPrefix(stable), "\(stable) became \(transcript.text)")
                stable = ""
                finals += 1
            }
        }
        #expect(finals > 1)
        let text = self.finals(all).map(\.text).joined(separator: " ")
        // Short utterances are heard badly: with a pause of 0.1 s ONNX Runtime has 8.4 % too.
        let rate = MoonshineRecognizerTests.errorRate(text, MoonshineRecognizerTests.cities)
        #expect(rate < (silence < 0.5 ? 0.25 : 0.15), "\(rate): \(text)")
    }

    /// What is heard up to a pause is the final text when the pause turns out to be the end: it is there before.
    @Test func thePausesTextIsTheFinalOne() async throws {
        var options = LiveOptions()
        options.voice.minimumSilenceSeconds = 1.5
        let live = LiveTranscription(recognizer, sampleRate: 16_000, options)
        live.append(try sound("beckett.wav").samples.prefix(16_000 * 2) + Array(repeating: 0, count: 8000))
        var events = live.events.makeAsyncIterator(), known = ""
        while known.isEmpty, let event = await events.next() {
            if case .partial(let stable, let tentative, isPause: true) = event { known = stable + tentative }
        }
        #expect(!known.isEmpty)
        // Only now is the end decided.
        live.append(Array(repeating: 0, count: 32_000))
        guard case .finished(let transcript) = await events.next() else { return #expect(Bool(false), "no end") }
        #expect(transcript.text == known)
        live.finish()
        #expect(await events.next() == nil)
    }

    @Test func atOnceOrAtAnotherRateTheWordsAreThere() async throws {
        for (rate, piece) in [(16_000, 60.0), (48_000, 0.02), (8000, 0.3)] {
            let all = try await events(sound("beckett.wav", rate: rate), piece: piece, pause: .zero)
            let text = finals(all).map(\.text).joined(separator: " ")
            let said = "Ever tried, ever failed, no matter. Try again, fail again, fail better."
            // Telephone sound is harder.
            let rateOfErrors = MoonshineRecognizerTests.errorRate(text, said)
            #expect(rateOfErrors < (rate < 16_000 ? 0.7 : 0.4), "\(rate) Hz: \(text)")
        }
    }

    @Test func whoeverSpeaksWithoutAPauseIsCut() async throws {
        let one = try sound("two_cities.wav")
        var options = LiveOptions()
        options.voice.minimumSilenceSeconds = 5
        options.longSeconds = 6
        options.longestSeconds = 8
        let all = try await events(one, piece: 0.5, pause: .milliseconds(20), options)
        let transcripts = finals(all)
        #expect(transcripts.count >= 5 && transcripts.allSatisfy { $0.seconds <= 8.1 })
        let text = transcripts.map(\.text).joined(separator: " ")
        #expect(MoonshineRecognizerTests.errorRate(text, MoonshineRecognizerTests.cities) < 0.25, "\(text)")
        let segments = transcripts.flatMap(\.segments)
        for (a, b) in zip(segments, segments.dropFirst()) { #expect(a.end <= b.start) }
    }

    @Test func aSoundThatEndsInSpeechIsHeardToItsEnd() async throws {
        let one = try sound("beckett.wav")
        let all = try await events(
            PCM(samples: Array(one.samples.prefix(16_000 * 5 / 2)), sampleRate: 16_000), piece: 0.1, pause: .zero)
        #expect(finals(all).count >= 1)
        #expect(finals(all).last?.text.isEmpty == false)
    }

    @Test func noSpeechFinishesNothing() async throws {
        var state: UInt64 = 5
        let noise = (0..<16_000 * 30).map { _ -> Float in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return 0.05 * Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
        }
        #expect(finals(try await events(PCM(samples: noise, sampleRate: 16_000), piece: 1, pause: .zero)).isEmpty)
        #expect(try await events(PCM(samples: [], sampleRate: 16_000), piece: 1, pause: .zero).isEmpty)
    }
}
