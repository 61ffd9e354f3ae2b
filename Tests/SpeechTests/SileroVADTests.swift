import Foundation
import TestSupport
import Testing
import TuttiAudio
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// What silero's own package says on ONNX Runtime.
struct SileroGolden: Decodable {
    struct Clip: Decodable {
        let file: String
        let rate: Int
        let samples: Int
        let probabilities: [Float]
        let segments: [[Int]]
    }
    let clips: [Clip]

    static let folder = goldens("SpeechTests").appending(path: "silero")
    static func read() throws -> SileroGolden {
        try JSONDecoder().decode(
            SileroGolden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
    }

    /// The samples of a clip.
    static func samples(_ clip: Clip) throws -> [Float] {
        // What is not put together for this test comes with the recogniser.
        let beside = folder.appending(path: clip.file).path
        let path =
            FileManager.default.fileExists(atPath: beside)
            ? beside : try SpeechWeights.path("moonshine-tiny", clip.file)
        return Array(try PCM(path: path, sampleRate: clip.rate).samples.prefix(clip.samples))
    }
}

@Suite struct SileroVADTests {
    let step = Step(pool: ComputePool(threads: 1))

    @Test(arguments: try SileroGolden.read().clips)
    func everyFrameIsAsLikelyAsForTheReference(clip: SileroGolden.Clip) throws {
        let model = try SileroVAD(
            path: SpeechWeights.path("silero-vad", "silero_vad.onnx"), sampleRate: clip.rate, pool: step.pool)
        var samples = try SileroGolden.samples(clip)
        samples += Array(
            repeating: 0, count: (model.frameSamples - samples.count % model.frameSamples) % model.frameSamples)
        var state = SileroVAD.State()
        let whole = model(samples, &state, step)
        #expect(whole.count == clip.probabilities.count)
        let far = zip(whole, clip.probabilities).map { abs($0 - $1) }.max() ?? 1
        #expect(far < 1e-4, "\(clip.file) at \(clip.rate): \(far)")
        // A frame at a time.
        state = SileroVAD.State()
        let single = stride(from: 0, to: samples.count, by: model.frameSamples).flatMap {
            model(Array(samples[$0..<$0 + model.frameSamples]), &state, step)
        }
        #expect(zip(whole, single).allSatisfy { abs($0 - $1) < 1e-6 })
    }
}

extension SileroVADTests {
    /// What came at 8 kHz is heard at 16 kHz as the reference hears it at 8 kHz, but for the filter between the two and the
    /// first frames, in which it is not yet known to be narrow.
    @Test func aNarrowSoundIsHeardAsSuch() throws {
        let clip = try #require(SileroGolden.read().clips.first { $0.rate == 8000 })
        let model = try SileroVAD(
            path: SpeechWeights.path("silero-vad", "silero_vad.onnx"), sampleRate: 16_000, pool: step.pool)
        let sound = PCM(samples: try SileroGolden.samples(clip), sampleRate: 8000)
        let wide = try sound.resampled(to: 16_000).samples
        var state = SileroVAD.State()
        let found = model(Array(wide.prefix(wide.count / 512 * 512)), &state, step)
        let far = zip(found, clip.probabilities).dropFirst(8).map { abs($0 - $1) }.sorted()
        #expect(far.count > 400)
        #expect(far[far.count * 95 / 100] < 0.05)
        #expect((far.last ?? 1) < 0.5)
    }
}

@Suite struct VoiceSegmentsTests {
    @Test(arguments: try SileroGolden.read().clips)
    func segmentsAreThoseOfThePackage(clip: SileroGolden.Clip) throws {
        let found = VoiceSegments.segments(
            clip.probabilities, samples: clip.samples, frameSamples: clip.rate / 1000 * 32, sampleRate: clip.rate)
        #expect(found.map { [$0.lowerBound, $0.upperBound] } == clip.segments)
    }

    @Test(arguments: [1, 100, 512, 5000]) func aStreamFindsWhatTheWholeDoes(size: Int) throws {
        let step = Step(pool: ComputePool(threads: 1))
        let clip = try #require(SileroGolden.read().clips.first { $0.file == "mixed.wav" })
        let model = try SileroVAD(
            path: SpeechWeights.path("silero-vad", "silero_vad.onnx"), sampleRate: 16_000, pool: step.pool)
        let samples = try SileroGolden.samples(clip)
        var voice = VoiceActivity(model), events: [VoiceSegments.Event] = []
        for first in stride(from: 0, to: samples.count, by: size) {
            events += voice.append(Array(samples[first..<min(first + size, samples.count)]), step)
        }
        if let last = voice.finish() { events.append(last) }
        let speech = events.compactMap { if case .ended(let range) = $0 { range } else { nil } }
        let padded = VoiceSegments.padded(speech, by: 480, within: samples.count)
        #expect(padded.map { [$0.lowerBound, $0.upperBound] } == clip.segments)
        // Every end has its beginning.
        #expect(events.count { if case .began = $0 { true } else { false } } >= speech.count)
    }

    @Test func whatLiesBetweenTheThresholdsChangesNothing() {
        var segments = VoiceSegments(frameSamples: 512, sampleRate: 16_000)
        let likely = [Float](repeating: 0.9, count: 20), unsure = [Float](repeating: 0.4, count: 50)
        let events = (unsure + likely + unsure).map { segments.append($0) }
        #expect(events.compactMap { $0 } == [.began(50 * 512)])
        // A pause of three frames is none; of four it is.
        #expect([0.1, 0.1, 0.1, 0.9].map { segments.append($0) } == [.paused(120 * 512), nil, nil, .resumed])
        #expect([0.1, 0.1, 0.4, 0.1, 0.1].map { segments.append($0) }.last == .ended(50 * 512..<124 * 512))
    }

    @Test func aClickIsNoSpeech() {
        var segments = VoiceSegments(frameSamples: 512, sampleRate: 16_000)
        let events = ([Float](repeating: 0.9, count: 5) + [Float](repeating: 0.01, count: 9)).map {
            segments.append($0)
        }
        #expect(events.compactMap { $0 } == [.began(0), .paused(5 * 512), .dismissed])
    }
}
