public import TuttiAudio
public import TuttiModels
import Foundation
import Synchronization
public import TuttiTensors

/// Hears English with a Moonshine: recordings of any length, cut at pauses, and speech while it is spoken.
public final class MoonshineRecognizer: SpeechRecognizer {
    let thread: ComputeThread
    let vocabulary: MoonshineVocabulary
    let voice: SileroVAD
    private let cutting: Cutting
    /// Touched on the thread alone; the lock is never waited for.
    private let listener: Mutex<MoonshineListener>

    public var traits: RecognizerTraits {
        RecognizerTraits(languages: ["en"], translates: false, hasWordTimes: false)
    }

    /// Whether what was written is words that somebody said.
    struct Trust {
        /// Texts whose tokens are less likely in the mean are none.
        static let meanLogProbability: Float = -1.3
        /// Texts that repeat themselves more are none.
        static let compressionRatio: Float = 2.4
    }

    /// - Parameter voice: At 16 kHz.
    public init(
        _ model: any MoonshineModel, _ vocabulary: MoonshineVocabulary, voice: SileroVAD, thread: ComputeThread,
        cutting: Cutting = Cutting()
    ) {
        precondition(voice.sampleRate == Moonshine.Config.sampleRate, "voice activity at \(voice.sampleRate) Hz")
        (self.vocabulary, self.voice, self.thread) = (vocabulary, voice, thread)
        self.cutting = cutting
        listener = Mutex(MoonshineListener(model))
    }

    public func bytes(of token: Token) -> [UInt8] { vocabulary.bytes(token) }

    public func transcribe(
        _ sound: PCM, _ options: TranscriptionOptions, urgency: Urgency
    ) -> AsyncThrowingStream<TranscriptionEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    let transcript = try await hear(sound, options, urgency) { continuation.yield(.segment($0)) }
                    continuation.yield(.finished(transcript))
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Clips that are written down side by side: each pass over the weights serves all of them.
    private static let clipsAtOnce = 4
    /// Seconds of a recording whose pauses are looked for at once.
    private static let secondsAtOnce = 60

    private func hear(
        _ sound: PCM, _ options: TranscriptionOptions, _ urgency: Urgency,
        _ report: (Transcript.Segment) -> Void
    ) async throws -> Transcript {
        guard options.task == .transcribe else { throw RecognitionError.noTranslation(recognizer: "Moonshine") }
        if let language = options.language, language != "en" {
            throw RecognitionError.unknownLanguage(language, known: ["en"])
        }
        let rate = Moonshine.Config.sampleRate
        let samples = try await thread.run(urgency) { _, _ in
            try sound.mono().resampled(to: rate).samples.map { $0.isFinite ? max(-1, min(1, $0)) : 0 }
        }
        let speech = try await speech(in: samples, urgency)
        let pieces = cutting.pieces(speech, of: samples, sampleRate: rate)
        var transcript = Transcript(language: "en", seconds: sound.seconds)
        for first in stride(from: 0, to: pieces.count, by: MoonshineRecognizer.clipsAtOnce) {
            let some = Array(pieces[first..<min(first + MoonshineRecognizer.clipsAtOnce, pieces.count)])
            let found = try await thread.run(urgency) { step, isCancelled in
                try self.listen(to: some.map { Array(samples[$0.samples]) }, step, isCancelled)
            }
            for (piece, hypothesis) in zip(some, found) {
                for segment in segments(hypothesis, piece.speech, options) {
                    transcript.segments.append(segment)
                    report(segment)
                }
            }
        }
        transcript.text = transcript.segments.map(\.text).joined(separator: " ")
        return transcript
    }

    /// Where somebody speaks, in samples.
    private func speech(in samples: [Float], _ urgency: Urgency) async throws -> [Range<Int>] {
        let size = MoonshineRecognizer.secondsAtOnce * voice.sampleRate / voice.frameSamples * voice.frameSamples
        var options = VoiceSegments.Options(), state = SileroVAD.State(), probabilities: [Float] = []
        // What surrounds speech belongs to pieces, not to speech; and "yes" may be short.
        options.paddingSeconds = 0
        options.minimumSpeechSeconds = 0.1
        for first in stride(from: 0, to: samples.count, by: size) {
            let before = state
            let found = try await thread.run(urgency) { [voice] step, _ in
                var state = before
                let end = min(first + size, samples.count)
                return (VoiceActivity.probabilities(samples[first..<end], voice, &state, step), state)
            }
            probabilities += found.0
            state = found.1
        }
        return VoiceSegments.segments(
            probabilities, samples: samples.count, options, frameSamples: voice.frameSamples,
            sampleRate: voice.sampleRate)
    }

    /// Hears clips, on the thread.
    func listen(
        to clips: [[Float]], drafts: [[Token]] = [], prefixes: [[Token]] = [], _ step: Step, _ isCancelled: () -> Bool
    ) throws -> [MoonshineListener.Hypothesis] {
        try listener.withLock {
            try $0.hear(clips, drafts: drafts, prefixes: prefixes, step, isCancelled: isCancelled)
        }
    }

    /// The sentences of a clip, unless they are not to be trusted.
    /// - Parameters:
    ///   - speech: Where somebody speaks, in samples of the recording.
    ///   - isTrusted: Whether it is words whatever it looks like.
    func segments(
        _ hypothesis: MoonshineListener.Hypothesis, _ speech: [Range<Int>], _ options: TranscriptionOptions,
        isTrusted: Bool = false
    ) -> [Transcript.Segment] {
        let text = vocabulary.text(hypothesis.tokens), ratio = CompressionRatio.of(text)
        let mean = hypothesis.meanLogProbability
        guard isTrusted || mean > Trust.meanLogProbability && ratio < Trust.compressionRatio else { return [] }
        let rate = Double(Moonshine.Config.sampleRate)
        let seconds = speech.map { Double($0.lowerBound) / rate..<Double($0.upperBound) / rate }
        return Sentences.of(hypothesis.tokens.map(vocabulary.bytes), speech: seconds).map { sentence in
            Transcript.Segment(
                start: sentence.start, end: sentence.end, text: sentence.text,
                tokens: Array(hypothesis.tokens[sentence.tokens]),
                logProbabilities: options.wantsLogProbabilities
                    ? Array(hypothesis.logProbabilities[sentence.tokens]) : [],
                meanLogProbability: mean, compressionRatio: ratio)
        }
    }
}

/// What a recogniser is asked for and cannot do.
public enum RecognitionError: Error, Equatable, CustomStringConvertible {
    case noTranslation(recognizer: String)
    case unknownLanguage(String, known: [String])

    public var description: String {
        switch self {
        case .noTranslation(let recognizer):
            "\(recognizer) writes down what is said and does not translate it. Use Whisper."
        case .unknownLanguage(let language, let known):
            "The recogniser does not hear the language \"\(language)\"; it hears \(known.joined(separator: ", ")). "
                + "Use Whisper for others."
        }
    }
}
