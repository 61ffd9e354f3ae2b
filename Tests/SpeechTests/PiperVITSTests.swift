import Foundation
import TestSupport
import Testing
import TuttiModels
import TuttiTensors

/// What ONNX Runtime makes of the same weights (scripts/goldens/make_piper.py).
struct PiperGolden: Decodable {
    struct Sentence: Decodable {
        let text: String
        let phonemes: String
        let ids: [Int]
        let samples: Int
        let rms: Float
        let peak: Float
        let durations: [Int]
    }

    struct Noisy: Decodable {
        let sentence: Int
        let samples: Int
        let durations: [Int]
    }

    let sentences: [Sentence]
    let noisy: Noisy

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/piper")
    static let all = Result {
        try JSONDecoder().decode(PiperGolden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
    }
    static let waves = Result { try SafetensorsGolden(folder.appending(path: "waves.safetensors")) }
}

/// The voice of the catalog, read once.
enum PiperJoe {
    static let pool = ComputePool(threads: 2)
    static let voice = Result {
        try PiperVITS(path: try SpeechWeights.path("piper-joe", "en_US-joe-medium.onnx"), pool: pool)
    }
}

/// The largest difference between numbers and the first of others.
func worstDifference(_ ours: some Sequence<Float>, _ theirs: [Float]) -> Float {
    zip(ours, theirs).map { abs($0 - $1) }.max() ?? .infinity
}

@Suite struct PiperVITSTests {
    private func quiet() -> VITSManner {
        var manner = VITSManner()
        manner.durationNoiseScale = 0
        manner.noiseScale = 0
        return manner
    }

    @Test(arguments: 0..<10)
    func agreesWithONNXRuntimeWithoutNoise(index: Int) throws {
        let voice = try PiperJoe.voice.get(), golden = try PiperGolden.all.get().sentences[index]
        let step = Step(pool: PiperJoe.pool)
        var utterance = voice.utterance(golden.ids, quiet(), step)
        #expect(utterance.durations == golden.durations)
        let samples = voice.samples(&utterance, frames: 0..<utterance.frameCount, step)
        #expect(samples.count == golden.samples)
        let wave = try #require(try PiperGolden.waves.get().floats("sentence\(index)"))
        #expect(worstDifference(samples, wave) < 1e-3)
        // The rest of the sentence, by what is known of it.
        let power = samples.reduce(0) { $0 + $1 * $1 } / Float(samples.count)
        #expect(abs(power.squareRoot() - golden.rms) < 1e-4)
        #expect(abs((samples.map(abs).max() ?? 0) - golden.peak) < 1e-3)
    }

    @Test func agreesWithONNXRuntimeWithTheSameNoise() throws {
        let voice = try PiperJoe.voice.get(), golden = try PiperGolden.all.get(), waves = try PiperGolden.waves.get()
        let step = Step(pool: PiperJoe.pool)
        var manner = VITSManner()
        manner.noise = .given(
            durations: try #require(waves.floats("noisy.durations_noise")),
            prior: try #require(waves.floats("noisy.prior_noise")))
        var utterance = voice.utterance(golden.sentences[golden.noisy.sentence].ids, manner, step)
        #expect(utterance.durations == golden.noisy.durations)
        let samples = voice.samples(&utterance, frames: 0..<utterance.frameCount, step)
        #expect(samples.count == golden.noisy.samples)
        #expect(worstDifference(samples, try #require(waves.floats("noisy.wave"))) < 1e-3)
    }

    /// Pieces of any length, in any order of threads, are the very samples of the whole.
    @Test(arguments: [1, 7, 24, 64], [1, 2])
    func piecesJoinedAreTheWhole(length: Int, threads: Int) throws {
        let voice = try PiperJoe.voice.get(), ids = try PiperGolden.all.get().sentences[1].ids
        let step = Step(pool: PiperJoe.pool), pieceStep = Step(pool: ComputePool(threads: threads))
        var whole = voice.utterance(ids, VITSManner(), step)
        let samples = voice.samples(&whole, frames: 0..<whole.frameCount, step)
        for isPrepared in [false, true] {
            var pieces = voice.utterance(ids, VITSManner(), pieceStep), joined: [Float] = []
            if isPrepared { voice.prepare(&pieces, pieceStep) }
            for first in stride(from: 0, to: whole.frameCount, by: length) {
                pieceStep.reset()
                joined += voice.samples(&pieces, frames: first..<min(first + length, whole.frameCount), pieceStep)
            }
            #expect(joined == samples)
        }
    }

    @Test func seedsAreRepeatedAndDiffer() throws {
        let voice = try PiperJoe.voice.get(), ids = try PiperGolden.all.get().sentences[0].ids
        func spoken(_ seed: UInt64) -> [Float] {
            let step = Step(pool: PiperJoe.pool)
            var manner = VITSManner()
            manner.noise = .seed(seed)
            var utterance = voice.utterance(ids, manner, step)
            return voice.samples(&utterance, frames: 0..<utterance.frameCount, step)
        }
        let first = spoken(1)
        #expect(first == spoken(1))
        #expect(first != spoken(2))
        #expect(first.allSatisfy { abs($0) <= 1 })
    }

    /// Twice the length scale: as many frames as twice the lengths before rounding, of one symbol two at most more or less.
    @Test(arguments: [0.25, 0.5, 2, 4] as [Float])
    func speedScalesEveryDuration(scale: Float) throws {
        let voice = try PiperJoe.voice.get(), golden = try PiperGolden.all.get().sentences[4]
        var manner = quiet()
        manner.lengthScale = scale
        let utterance = voice.utterance(golden.ids, manner, Step(pool: PiperJoe.pool))
        for (ours, theirs) in zip(utterance.durations, golden.durations) {
            #expect(Float(ours) <= (scale * Float(theirs)).rounded(.up))
            #expect(Float(ours) >= (scale * Float(theirs - 1)).rounded(.down))
        }
    }

    @Test func oneSymbolIsSpokenToo() throws {
        let voice = try PiperJoe.voice.get(), step = Step(pool: PiperJoe.pool)
        var utterance = voice.utterance([1], quiet(), step)
        let samples = voice.samples(&utterance, frames: 0..<utterance.frameCount, step)
        #expect(samples.count == utterance.frameCount * voice.samplesPerFrame)
        #expect(samples.allSatisfy { $0.isFinite })
    }
}
