import Foundation
import TestSupport
import Testing
import TuttiAudio
import TuttiCheckpoints
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// Whisper base against CTranslate2 in float32 on the same weights (scripts/goldens/make_whisper.py), every window heard in
/// full length, as it does.
@Suite(.serialized) struct WhisperGoldenTests {
    static let pool = ComputePool(threads: 2)
    static let thread = ComputeThread(name: "tutti speech", pool: pool)

    static func recognizer(
        _ quantization: QuantizationType?, _ change: (inout WhisperLimits) -> Void = { _ in }
    ) throws -> WhisperRecognizer {
        var limits = WhisperLimits()
        change(&limits)
        return try WhisperRecognizer(
            path: try SpeechWeights.path("whisper-base", "model.bin"), pool: pool, quantization: quantization,
            thread: thread, limits: limits)
    }

    static let asStored = Result {
        try recognizer(nil) { ($0.silence, $0.temperatures) = (30, [0]) }
    }

    static func options(_ golden: WhisperGolden) -> TranscriptionOptions {
        var options = TranscriptionOptions()
        options.language = golden.language
        return options
    }

    @Test func theGoldensAreThere() { #expect(WhisperGolden.all.count == 8) }

    @Test(arguments: ["beckett", "e1"])
    func featuresAndFramesAgree(name: String) throws {
        let golden = try SafetensorsGolden(WhisperGolden.folder.appending(path: "features.safetensors"))
        let clip = try #require(WhisperGolden.all.first { $0.file.hasPrefix(name) })
        let files = try WhisperFiles(path: try SpeechWeights.path("whisper-base", "model.bin"))
        let whisper = try Whisper(files.checkpoint, pool: Self.pool), step = Step(pool: Self.pool)
        let mel = LogMel()(try clip.sound().mono().resampled(to: LogMel.sampleRate).samples), bands = 80
        let wanted = try #require(golden.floats("\(name).log_mel")), count = wanted.count / bands
        var worst: Float = 0
        for frame in 0..<count {
            for band in 0..<bands {
                worst = max(worst, abs(mel[frame * bands + band] - wanted[band * count + frame]))
            }
        }
        #expect(worst < 1e-4)

        let window = step.zeros(3000, bands)
        for frame in 0..<min(3000, mel.count / bands) {
            window[row: frame].fill(from: Array(mel[frame * bands..<(frame + 1) * bands]))
        }
        let states = whisper.encode(window, step)
        let rows = try #require(golden.floats("\(name).encoder")), width = whisper.shape.audio.hidden
        for (place, row) in [0, 1, 100, 500, 1499].enumerated() {
            let ours = states.values(row: row), theirs = rows[place * width..<(place + 1) * width]
            let difference = zip(ours, theirs).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
            #expect(difference < 1e-3 * theirs.map { $0 * $0 }.reduce(0, +).squareRoot())
        }
    }

    @Test(arguments: WhisperGolden.all)
    func greedyTokensWordsAndLanguages(golden: WhisperGolden) async throws {
        let recognizer = try Self.asStored.get()
        var options = Self.options(golden)
        options.wantsWords = true
        options.wantsLogProbabilities = true
        let sound = try golden.sound(), transcript = try await recognizer.transcript(of: sound, options)
        #expect(transcript.segments.map(\.tokens) == golden.greedy.map(\.tokens))
        #expect(transcript.segments.map(\.text) == golden.greedy.map(\.text))
        for (ours, theirs) in zip(transcript.segments, golden.greedy) {
            #expect(abs(Double(ours.meanLogProbability) - theirs.mean) < 2e-3)
            #expect(abs(Double(ours.noSpeechProbability) - theirs.noSpeech) < 2e-3)
            #expect(abs(ours.start - theirs.start) < 0.041 && abs(ours.end - theirs.end) < 0.041)
            #expect(ours.logProbabilities.count == ours.tokens.count && ours.logProbabilities.allSatisfy { $0 <= 0 })
            #expect(ours.words.map(\.text) == theirs.words.map(\.text))
            for (word, wanted) in zip(ours.words, theirs.words) {
                #expect(abs(word.start - wanted.start) < 0.041 && abs(word.end - wanted.end) < 0.041)
            }
        }
        let languages = try await recognizer.languages(of: sound)
        for ((code, probability), wanted) in zip(languages, golden.languages) {
            #expect(code == wanted.code && abs(Double(probability) - wanted.probability) < 2e-3)
        }
    }

    @Test(arguments: WhisperGolden.all)
    func otherTasks(golden: WhisperGolden) async throws {
        let recognizer = try Self.asStored.get(), sound = try golden.sound()
        var options = Self.options(golden)
        options.beamWidth = 5
        #expect(try await recognizer.transcript(of: sound, options).segments.map(\.text).joined() == golden.beam)
        guard !golden.translation.isEmpty else { return }
        options.beamWidth = 1
        options.task = .translate
        let translation = try await recognizer.transcript(of: sound, options)
        #expect(translation.segments.map(\.tokens) == golden.translation.map(\.tokens))
    }

    @Test(arguments: WhisperGolden.all)
    func textsWithoutTimes(golden: WhisperGolden) async throws {
        let recognizer = try Self.recognizer(nil) {
            ($0.silence, $0.temperatures, $0.writesTimes) = (30, [0], false)
        }
        let transcript = try await recognizer.transcript(of: try golden.sound(), Self.options(golden))
        #expect(transcript.segments.map(\.tokens) == golden.withoutTimes.map(\.tokens))
    }

    /// What is used: matrices of eight bits where the processor multiplies them faster. Words are asked for as the golden
    /// did: they tell where windows begin.
    @Test(arguments: WhisperGolden.all)
    func textsAreTheSameAsIsUsed(golden: WhisperGolden) async throws {
        var options = Self.options(golden)
        options.wantsWords = true
        let transcript = try await Self.recognizer(WhisperRecognizer.usualQuantization).transcript(
            of: try golden.sound(), options)
        #expect(transcript.segments.map(\.text).joined() == golden.greedy.map(\.text).joined())
    }
}
