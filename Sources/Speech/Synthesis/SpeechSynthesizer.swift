public import TuttiTensors

/// Speaks.
public protocol SpeechSynthesizer: Sendable {
    /// The names of its speakers, the one that speaks by default first.
    var voices: [String] { get }
    /// Frames in a second of what it says; one channel.
    var sampleRate: Int { get }

    /// Says a text while it is still being written: clause by clause, the first of them cut short, so that sound leaves
    /// early. Samples come as they are made. Ending the iteration, or cancelling the task, stops the work.
    /// - Parameter text: Pieces of any size, cut anywhere; what cannot be spoken (markdown, tables, emoji) is made
    ///   speakable or left out.
    func speak(
        _ text: AsyncStream<String>, _ options: SpeechOptions, urgency: Urgency
    ) -> AsyncThrowingStream<SpokenPiece, any Error>
}

/// How something is said.
public struct SpeechOptions: Sendable, Hashable {
    /// One of the synthesizer's ``SpeechSynthesizer/voices``; nil for the first.
    public var voice: String?
    /// 0.25 to 4 times the speaker's own speed.
    public var speed = 1.0
    /// What chance begins with: the same text, options and seed give the same sound.
    public var seed: UInt64 = 0
    /// How much one saying differs from another: a factor on the voice's own noise; 0 for none.
    public var noise: Float = 1

    public init() {}
}

/// Some sound, and the text whose sound begins with it.
public struct SpokenPiece: Sendable, Equatable {
    /// Empty where the sound of an earlier text goes on.
    public var text: String
    /// Full scale from -1 to 1, at the synthesizer's rate.
    public var samples: [Float]

    public init(text: String = "", samples: [Float]) {
        self.text = text
        self.samples = samples
    }
}

extension SpeechSynthesizer {
    /// Says all of a text at once.
    public func speak(
        _ text: String, _ options: SpeechOptions = SpeechOptions(), urgency: Urgency = .live
    ) -> AsyncThrowingStream<SpokenPiece, any Error> {
        let (stream, writer) = AsyncStream.makeStream(of: String.self)
        writer.yield(text)
        writer.finish()
        return speak(stream, options, urgency: urgency)
    }
}
