public import Foundation
import TuttiModels
public import TuttiTensors

/// Speaks English with Kokoro, while the text is still being written.
///
/// A clause is made as a whole, so the first sound takes as long as the first clause does. There is nothing random in
/// the model: seed and noise change nothing. The speakers that the catalog's Kokoro has are Japanese, and sound so in
/// English.
public struct KokoroSynthesizer: SpeechSynthesizer {
    public let voice: KokoroVoice
    private let phonemizer: any Phonemizer
    private let thread: ComputeThread

    public var voices: [String] { voice.speakers }
    public var sampleRate: Int { Kokoro.sampleRate }

    /// - Parameters:
    ///   - folder: The folder with the weights, styles and vocabulary.
    ///   - phonemizer: Writes as espeak-ng's voice `en-us` does; nil for espeak-ng, kept running.
    ///   - pool: The threads to compute on.
    /// - Throws: What ``KokoroVoice`` throws.
    public init(folder: URL, phonemizer: (any Phonemizer)? = nil, pool: ComputePool) throws {
        voice = try KokoroVoice(folder: folder, pool: pool)
        self.phonemizer = phonemizer ?? EspeakPhonemizer(voice: "en-us")
        thread = ComputeThread(name: "tutti speech", pool: pool)
    }

    public func speak(
        _ text: AsyncStream<String>, _ options: SpeechOptions, urgency: Urgency
    ) -> AsyncThrowingStream<SpokenPiece, any Error> {
        let speaking = KokoroSpeaking(
            voice: voice, phonemizer: phonemizer, thread: thread, options: options, urgency: urgency,
            source: WrittenText(text, language: "en-us"))
        // Made when asked for: whoever stops asking stops the work.
        return AsyncThrowingStream { try await speaking.next() }
    }
}

/// One text being said, a group of clauses after the other.
private actor KokoroSpeaking {
    private let voice: KokoroVoice
    private let thread: ComputeThread
    private let options: SpeechOptions
    private let urgency: Urgency
    private var groups: ClauseGroups

    /// Tokens after which an utterance ends before its sentence does: less than the model takes, because it is the
    /// slower to begin the more it is given.
    private static let longEnough = 150

    init(
        voice: KokoroVoice, phonemizer: any Phonemizer, thread: ComputeThread, options: SpeechOptions, urgency: Urgency,
        source: any ClauseSource
    ) {
        (self.voice, self.thread, self.options, self.urgency) = (voice, thread, options, urgency)
        groups = ClauseGroups(
            source, KokoroPhonemizer(english: phonemizer),
            ClauseGroups.Limits(
                // A token more for the space between clauses.
                enough: KokoroSpeaking.longEnough, most: Kokoro.mostTokens, measure: { voice.tokens(of: $1).count + 1 })
        )
    }

    /// The next sound; nil when all is said.
    func next() async throws -> SpokenPiece? {
        // Nobody asks for the next before this one is there.
        var groups = groups
        guard let group = try await groups.next() else { return nil }
        self.groups = groups
        let tokens = Array(voice.tokens(of: group.phonemes).prefix(Kokoro.mostTokens))
        guard !tokens.isEmpty else { return SpokenPiece(text: group.text, samples: []) }
        let style = try voice.style(of: options.voice, tokens: tokens.count)
        let speed = Float(min(max(options.speed, 0.25), 4))
        let samples = try await thread.run(urgency) { [voice] step, isCancelled in
            try voice.model.samples(tokens: tokens, style: style, speed: speed, step, isCancelled: isCancelled)
        }
        return SpokenPiece(text: group.text, samples: samples)
    }
}

/// English sounds in Kokoro's notation.
private struct KokoroPhonemizer: Phonemizer {
    /// Writes as espeak-ng's voice `en-us` does.
    let english: any Phonemizer

    func phonemes(of clause: Clause) async throws -> String {
        KokoroPhonemes.signs(for: try await english.phonemes(of: clause))
    }
}
