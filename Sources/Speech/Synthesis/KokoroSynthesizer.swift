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

/// One text being said: the first clause by itself, for it is there first; after it sentences, or as much of one as is
/// worth an utterance.
private actor KokoroSpeaking {
    private let voice: KokoroVoice
    private let phonemizer: any Phonemizer
    private let thread: ComputeThread
    private let options: SpeechOptions
    private let urgency: Urgency
    private var source: (any ClauseSource)?
    /// A clause that did not fit in the utterance before, and its tokens.
    private var waiting: (clause: Clause, tokens: [Int])?
    private var isFirst = true

    /// Tokens after which an utterance ends before its sentence does: less than the model takes, because it is the
    /// slower to begin the more it is given.
    private static let longEnough = 150

    init(
        voice: KokoroVoice, phonemizer: any Phonemizer, thread: ComputeThread, options: SpeechOptions, urgency: Urgency,
        source: any ClauseSource
    ) {
        (self.voice, self.phonemizer, self.thread) = (voice, phonemizer, thread)
        (self.options, self.urgency, self.source) = (options, urgency, source)
    }

    /// The next sound; nil when all is said.
    func next() async throws -> SpokenPiece? {
        var text = "", tokens: [Int] = []
        while let (clause, more) = try await clause() {
            guard tokens.isEmpty || tokens.count + more.count < Kokoro.mostTokens else {
                waiting = (clause, more)
                break
            }
            text += clause.source
            // Clauses stand apart as words do.
            if !tokens.isEmpty && !more.isEmpty { tokens += voice.tokens(of: " ") }
            tokens += more
            if !tokens.isEmpty, clause.endsSentence || isFirst || tokens.count >= KokoroSpeaking.longEnough { break }
        }
        guard !tokens.isEmpty else { return text.isEmpty ? nil : SpokenPiece(text: text, samples: []) }
        isFirst = false
        let spoken = Array(tokens.prefix(Kokoro.mostTokens)), speed = Float(min(max(options.speed, 0.25), 4))
        let style = try voice.style(of: options.voice, tokens: spoken.count)
        let samples = try await thread.run(urgency) { [voice] step, isCancelled in
            try voice.model.samples(tokens: spoken, style: style, speed: speed, step, isCancelled: isCancelled)
        }
        return SpokenPiece(text: text, samples: samples)
    }

    private func clause() async throws -> (Clause, [Int])? {
        if let waiting {
            self.waiting = nil
            return waiting
        }
        try Task.checkCancellation()
        guard var source, let clause = try await source.next() else {
            self.source = nil
            return nil
        }
        self.source = source
        guard !clause.text.isEmpty else { return (clause, []) }
        let phonemes = KokoroPhonemes.signs(for: try await phonemizer.phonemes(of: clause))
        return (clause, phonemes.isEmpty ? [] : voice.tokens(of: phonemes + String(clause.mark)))
    }
}
