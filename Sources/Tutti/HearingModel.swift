public import TuttiAudio
import Foundation
public import TuttiCheckpoints
public import TuttiSpeech
public import TuttiTensors

/// A model that hears what is said.
///
///     let ear = try await HearingModel.load("whisper-base")
///     let transcript = try await ear.transcript(of: PCM(path: "talk.mp3"))
///     for segment in transcript.segments { print(segment.start, segment.text) }
public final class HearingModel: Sendable {
    /// What it was asked for by.
    public let name: String
    public let recognizer: any SpeechRecognizer

    public var traits: RecognizerTraits { recognizer.traits }

    init(name: String, recognizer: any SpeechRecognizer) { (self.name, self.recognizer) = (name, recognizer) }

    /// The name of the model that tells speech from everything else, which every recogniser needs.
    public static let voiceActivityName = "silero-vad"

    /// Loads the recogniser that `model` stands for.
    /// - Parameters:
    ///   - model: A name of the catalog, or a path: see ``SpeechModelForm``.
    ///   - threads: Threads to compute on; nil for every processor that this process may use.
    ///   - store: Where models lie; nil for the user's own.
    /// - Throws: `StoreError` when there is no such model, ``SpeechModelError`` for one that does not hear, and what is
    ///   wrong with its files.
    public static func load(
        _ model: String = "moonshine-tiny", threads: Int? = nil, store: ModelStore? = nil
    ) async throws -> HearingModel {
        let store = try store ?? ModelStore()
        let location = try store.resolve(model)
        guard let form = SpeechModelForm(at: location), form.hears else { throw SpeechModelError.doesNotHear(model) }
        let activity = try store.resolve(voiceActivityName)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let pool = ComputePool(threads: threads ?? ComputePool.defaultThreadCount)
                continuation.resume(
                    with: Result {
                        HearingModel(
                            name: model,
                            recognizer: try form.recognizer(at: location, voiceActivity: activity, pool: pool))
                    })
            }
        }
    }

    /// Hears a whole recording; segments come as soon as they are certain, the transcript is last.
    public func transcribe(
        _ sound: PCM, _ options: TranscriptionOptions = TranscriptionOptions(), urgency: Urgency = .live
    ) -> AsyncThrowingStream<TranscriptionEvent, any Error> {
        recognizer.transcribe(sound, options, urgency: urgency)
    }

    /// Follows somebody who speaks: words come while they are said.
    /// - Parameter sampleRate: Of what will be appended; one channel.
    /// - Throws: ``SpeechModelError/cannotFollow(_:)`` for a model that hears whole recordings only, as a Whisper does.
    public func follow(sampleRate: Int, _ options: LiveOptions = LiveOptions()) throws -> LiveTranscription {
        guard let recognizer = recognizer as? MoonshineRecognizer else { throw SpeechModelError.cannotFollow(name) }
        return LiveTranscription(recognizer, sampleRate: sampleRate, options)
    }

    /// Hears a whole recording and gives all of it at its end.
    public func transcript(
        of sound: PCM, _ options: TranscriptionOptions = TranscriptionOptions(), urgency: Urgency = .live
    ) async throws -> Transcript {
        try await recognizer.transcript(of: sound, options, urgency: urgency)
    }
}
