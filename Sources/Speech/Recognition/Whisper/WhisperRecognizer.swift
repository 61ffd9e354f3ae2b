import Foundation
import Synchronization
public import TuttiAudio
public import TuttiCheckpoints
public import TuttiModels
import TuttiText
public import TuttiTensors

/// Whisper as a recogniser: a hundred languages, translation into English, and when each word was said.
///
/// A recording is heard in windows of up to 30 seconds. With ``WhisperLimits/silence`` the encoder hears only what is there
/// of a shorter one; the silence that belongs behind it was heard once for all. Where the text then looks doubtful, the
/// window is heard again in full length.
public final class WhisperRecognizer: SpeechRecognizer {
    public let traits: RecognizerTraits
    let whisper: Whisper
    let vocabulary: WhisperVocabulary
    let settings: WhisperSettings
    let thread: ComputeThread
    let mel: LogMel
    let voice: SileroVAD?
    let limits: WhisperLimits
    /// Made when it is first needed.
    let silence = Mutex<HeardSilence?>(nil)

    /// What matrices are turned into unless something else is asked for: eight bits where that saves time. A text with two
    /// readings that are nearly as likely can turn out otherwise with them.
    public static var usualQuantization: QuantizationType? { Processor.multipliesBytes ? .q8_0 : nil }

    /// - Parameters:
    ///   - path: A folder of Hugging Face's or CTranslate2's, or a file of whisper.cpp's.
    ///   - pool: What packs the weights.
    ///   - quantization: What matrices are turned into; nil leaves them as they are stored.
    ///   - thread: Where it computes, beside other ears and voices.
    ///   - limits: When a text is believed.
    ///   - voice: At 16 kHz: tells where somebody speaks, so that silence, music and noise are passed over, and windows end
    ///     at pauses. Without it Whisper's own sense of silence is all that there is.
    /// - Throws: `CheckpointError`, `ModelError`, or what is wrong with the tokenizer.
    public init(
        path: String, pool: ComputePool, quantization: QuantizationType? = WhisperRecognizer.usualQuantization,
        thread: ComputeThread, limits: WhisperLimits = WhisperLimits(), voice: SileroVAD? = nil
    ) throws {
        precondition(voice?.sampleRate ?? LogMel.sampleRate == LogMel.sampleRate, "voice activity at another rate")
        let files = try WhisperFiles(path: path)
        vocabulary = try WhisperVocabulary(files)
        whisper = try Whisper(files.checkpoint, pool: pool, quantization: quantization)
        settings = files.settings
        mel = LogMel(bandCount: whisper.shape.bands)
        (self.thread, self.limits, self.voice) = (thread, limits, voice)
        traits = RecognizerTraits(
            languages: vocabulary.languages, translates: vocabulary.isMultilingual, hasWordTimes: true)
    }

    public func transcribe(
        _ sound: PCM, _ options: TranscriptionOptions, urgency: Urgency
    ) -> AsyncThrowingStream<TranscriptionEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    let transcript = try await WhisperHearing(self, options, urgency).hear(sound) {
                        continuation.yield(.segment($0))
                    }
                    continuation.yield(.finished(transcript))
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    public func bytes(of token: Token) -> [UInt8] {
        vocabulary.isText(token) ? vocabulary.tokenizer.bytes(of: token) : []
    }

    /// How likely a recording's first half minute is in each language, the likeliest first; nothing where the model knows one
    /// language alone.
    public func languages(of sound: PCM, urgency: Urgency = .live) async throws -> [(code: String, probability: Float)]
    {
        try await WhisperHearing(self, TranscriptionOptions(), urgency).languages(of: sound)
    }
}

/// When a text is believed, and how much is heard at a time.
///
/// - SeeAlso: Radford et al. 2022, arXiv:2212.04356, section 4.5, which found most of them.
public struct WhisperLimits: Sendable {
    /// Texts that compress better than this go in circles.
    public var compressionRatio: Float = 2.4
    /// Texts whose tokens are less likely than this, as the mean of their probabilities' natural logarithms, are guesses.
    public var meanLogProbability: Float = -1
    /// Above it nobody speaks, where the text is a guess too.
    public var noSpeech: Float = 0.6
    /// Temperatures at which a window is heard until its text is believed.
    public var temperatures: [Float] = [0, 0.2, 0.4, 0.6, 0.8, 1]
    /// Texts that are drawn at a temperature above 0; the likeliest is kept.
    public var samples = 5
    /// Silence behind a window's sound that is heard with it, in seconds; what follows was heard once for all. With 30 every
    /// window is heard in full length, which no text depends on less; 0.5 hears short recordings several times faster, and
    /// may end them in words that were said before.
    public var silence: Double = 30
    /// Texts of windows that were not heard in full length are guesses below this already.
    public var shortMeanLogProbability: Float = -0.5
    /// Whether the model writes when segments begin and end, from which long recordings are heard best.
    public var writesTimes = true

    public init() {}
}
