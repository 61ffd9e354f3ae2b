public import TuttiAudio
public import TuttiTensors

/// Hears what is said.
public protocol SpeechRecognizer: Sendable {
    var traits: RecognizerTraits { get }

    /// Hears a whole recording of any length: pieces of work one after the other, between which other work may come first.
    ///
    /// Segments come as soon as they are certain and never change; the transcript is last. Ending the iteration, or
    /// cancelling the task, stops the work within a few decoding steps.
    /// - Parameter sound: Any rate, any number of channels.
    func transcribe(
        _ sound: PCM, _ options: TranscriptionOptions, urgency: Urgency
    ) -> AsyncThrowingStream<TranscriptionEvent, any Error>

    /// The bytes of a token of ``Transcript/Segment/tokens``, which may be a part of a character only.
    func bytes(of token: Token) -> [UInt8]
}

/// What comes while a recording is heard.
public enum TranscriptionEvent: Sendable, Equatable {
    case segment(Transcript.Segment)
    /// All of it; the last.
    case finished(Transcript)
}

/// What a recogniser can do.
public struct RecognizerTraits: Sendable, Equatable {
    /// ISO 639-1 codes.
    public var languages: [String]
    /// Whether it can tell what was said in English words.
    public var translates: Bool
    /// Whether words have times.
    public var hasWordTimes: Bool

    public init(languages: [String], translates: Bool, hasWordTimes: Bool) {
        self.languages = languages
        self.translates = translates
        self.hasWordTimes = hasWordTimes
    }
}

extension SpeechRecognizer {
    /// Hears a whole recording and gives all of it at its end.
    public func transcript(
        of sound: PCM, _ options: TranscriptionOptions = TranscriptionOptions(), urgency: Urgency = .live
    ) async throws -> Transcript {
        for try await event in transcribe(sound, options, urgency: urgency) {
            if case .finished(let transcript) = event { return transcript }
        }
        throw CancellationError()
    }
}
