public import TuttiTensors

/// Speaks with a voice of Piper, clause by clause, while the text is still being written.
///
/// Sound leaves in pieces: the first of them some 0.3 s long, made as soon as the phonemes of the first clause are known.
/// Levels are the voice's own: nothing is normalised, because the loudest sample of a sentence is known only at its end.
public struct PiperSynthesizer: SpeechSynthesizer {
    public let voice: PiperVoice
    private let phonemizer: any Phonemizer
    private let thread: ComputeThread

    public var voices: [String] { voice.speakers }
    public var sampleRate: Int { voice.sampleRate }

    /// - Parameters:
    ///   - path: The voice's `.onnx` file.
    ///   - phonemizer: Makes phonemes for ``PiperVoice/espeakVoice``; nil for espeak-ng, kept running.
    ///   - pool: The threads to compute on.
    /// - Throws: What `PiperVoice` throws.
    public init(path: String, phonemizer: (any Phonemizer)? = nil, pool: ComputePool) throws {
        voice = try PiperVoice(path: path, pool: pool)
        self.phonemizer = phonemizer ?? EspeakPhonemizer(voice: voice.espeakVoice)
        thread = ComputeThread(name: "tutti speech", pool: pool)
    }

    public func speak(
        _ text: AsyncStream<String>, _ options: SpeechOptions, urgency: Urgency
    ) -> AsyncThrowingStream<SpokenPiece, any Error> {
        pieces(of: WrittenText(text, language: voice.language), options, urgency)
    }

    /// Says clauses that somebody else has cut.
    public func speak(
        clauses: [Clause], _ options: SpeechOptions = SpeechOptions(), urgency: Urgency = .live
    ) -> AsyncThrowingStream<SpokenPiece, any Error> {
        pieces(of: GivenClauses(clauses: clauses[...]), options, urgency)
    }

    private func pieces(
        of source: any ClauseSource, _ options: SpeechOptions, _ urgency: Urgency
    ) -> AsyncThrowingStream<SpokenPiece, any Error> {
        let speaking = PiperSpeaking(
            voice: voice, phonemizer: phonemizer, thread: thread, options: options, urgency: urgency, source: source)
        // Made when asked for: whoever stops asking stops the work, and nothing piles up before a slow listener.
        return AsyncThrowingStream { try await speaking.next() }
    }
}
