public import TuttiAudio
import Foundation
public import TuttiCheckpoints
public import TuttiSpeech
public import TuttiTensors

/// A model that speaks.
///
///     let voice = try await SpeakingModel.load("piper-joe")
///     let sound = try await voice.sound(of: "Good morning.")
///     try Data(sound.encoded(as: .wav)).write(to: URL(filePath: "morning.wav"))
public final class SpeakingModel: Sendable {
    /// What it was asked for by.
    public let name: String
    public let synthesizer: any SpeechSynthesizer

    /// The names of its speakers, the one that speaks by default first.
    public var voices: [String] { synthesizer.voices }
    /// Frames in a second of what it says.
    public var sampleRate: Int { synthesizer.sampleRate }

    init(name: String, synthesizer: any SpeechSynthesizer) { (self.name, self.synthesizer) = (name, synthesizer) }

    /// Loads the voice that `model` stands for.
    /// - Parameters:
    ///   - model: A name of the catalog, or a path: see ``SpeechModelForm``.
    ///   - threads: Threads to compute on; nil for every processor that this process may use.
    ///   - store: Where models lie; nil for the user's own.
    /// - Throws: `StoreError` when there is no such model, ``SpeechModelError`` for one that does not speak, and what is
    ///   wrong with its files.
    public static func load(
        _ model: String = "piper-joe", threads: Int? = nil, store: ModelStore? = nil
    ) async throws -> SpeakingModel {
        let location = try (store ?? ModelStore()).resolve(model)
        guard let form = SpeechModelForm(at: location), !form.hears else { throw SpeechModelError.doesNotSpeak(model) }
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let pool = ComputePool(threads: threads ?? ComputePool.defaultThreadCount)
                continuation.resume(
                    with: Result {
                        SpeakingModel(name: model, synthesizer: try form.synthesizer(at: location, pool: pool))
                    })
            }
        }
    }

    /// Says a text while it is being written; sound comes as it is made.
    public func speak(
        _ text: AsyncStream<String>, _ options: SpeechOptions = SpeechOptions(), urgency: Urgency = .live
    ) -> AsyncThrowingStream<SpokenPiece, any Error> {
        synthesizer.speak(text, options, urgency: urgency)
    }

    /// Says a text; sound comes as it is made.
    public func speak(
        _ text: String, _ options: SpeechOptions = SpeechOptions(), urgency: Urgency = .live
    ) -> AsyncThrowingStream<SpokenPiece, any Error> {
        synthesizer.speak(text, options, urgency: urgency)
    }

    /// All of the sound of a text.
    public func sound(
        of text: String, _ options: SpeechOptions = SpeechOptions(), urgency: Urgency = .live
    ) async throws -> PCM {
        var samples: [Float] = []
        for try await piece in speak(text, options, urgency: urgency) { samples += piece.samples }
        return PCM(samples: samples, sampleRate: sampleRate)
    }
}
