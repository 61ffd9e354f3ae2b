/// When speech begins and ends, out of how likely somebody speaks in each frame.
///
/// Speech begins with a frame that is likely, ends after enough frames that are unlikely, and what lies between the two
/// thresholds changes nothing. The rules and their defaults are those of silero's own package.
public struct VoiceSegments: Sendable {
    /// The rules.
    public struct Options: Sendable, Hashable {
        /// From where a frame is likely.
        public var threshold: Float = 0.5
        /// Below which a frame is unlikely; no greater than `threshold`.
        public var silenceThreshold: Float = 0.35
        /// Shorter speech is none.
        public var minimumSpeechSeconds = 0.25
        /// Shorter pauses are part of the speech.
        public var minimumSilenceSeconds = 0.1
        /// How much of what is before and behind is taken as speech too; a pause that is too short for both is halved.
        public var paddingSeconds = 0.03

        public init() {}
    }

    /// What becomes known with a frame.
    public enum Event: Sendable, Hashable {
        /// Somebody began to speak, at this sample.
        case began(Int)
        /// A frame is unlikely while somebody speaks: if it stays so, speech ended at this sample.
        case paused(Int)
        /// The pause was none.
        case resumed
        /// Somebody spoke, from the first of these samples to the last; without padding.
        case ended(Range<Int>)
        /// What began was too short to be speech.
        case dismissed
    }

    public let options: Options
    public let frameSamples: Int
    private let minimumSpeech: Int
    private let minimumSilence: Int
    private let padding: Int
    /// Where the next frame begins.
    public private(set) var position = 0
    /// Where the speech began that is going on.
    public private(set) var start: Int?
    private var pause: Int?

    public init(_ options: Options = Options(), frameSamples: Int, sampleRate: Int) {
        (self.options, self.frameSamples) = (options, frameSamples)
        minimumSpeech = Int(options.minimumSpeechSeconds * Double(sampleRate))
        minimumSilence = Int(options.minimumSilenceSeconds * Double(sampleRate))
        padding = Int(options.paddingSeconds * Double(sampleRate))
    }

    /// Takes the next frame.
    public mutating func append(_ probability: Float) -> Event? {
        let now = position
        position += frameSamples
        if probability >= options.threshold {
            guard start != nil else {
                start = now
                return .began(now)
            }
            guard pause != nil else { return nil }
            pause = nil
            return .resumed
        }
        guard let start, probability < options.silenceThreshold else { return nil }
        let end = pause ?? now
        guard now - end >= minimumSilence else {
            defer { pause = end }
            return pause == nil ? .paused(now) : nil
        }
        (self.start, pause) = (nil, nil)
        return end - start > minimumSpeech ? .ended(start..<end) : .dismissed
    }

    /// Nothing follows: speech that is going on ends with the sound.
    /// - Parameter samples: How many there were.
    public mutating func finish(samples: Int) -> Event? {
        guard let start else { return nil }
        (self.start, pause) = (nil, nil)
        return samples - start > minimumSpeech ? .ended(start..<samples) : .dismissed
    }

    /// What was spoken in a whole recording, with padding.
    /// - Parameters:
    ///   - probabilities: Of all its frames.
    ///   - samples: How many it has.
    public static func segments(
        _ probabilities: [Float], samples: Int, _ options: Options = Options(), frameSamples: Int, sampleRate: Int
    ) -> [Range<Int>] {
        var one = VoiceSegments(options, frameSamples: frameSamples, sampleRate: sampleRate)
        var events = probabilities.map { one.append($0) }
        events.append(one.finish(samples: samples))
        let speech = events.compactMap { event -> Range<Int>? in
            if case .ended(let range)? = event { range } else { nil }
        }
        return padded(speech, by: one.padding, within: samples)
    }

    /// Ranges with so much before and behind them; a pause that is too short for both is halved between its neighbours.
    public static func padded(_ speech: [Range<Int>], by padding: Int, within samples: Int) -> [Range<Int>] {
        speech.enumerated().map { index, range in
            let before = index == 0 ? 2 * padding : range.lowerBound - speech[index - 1].upperBound
            let behind = index + 1 == speech.count ? 2 * padding : speech[index + 1].lowerBound - range.upperBound
            let start = range.lowerBound - (before < 2 * padding ? before / 2 : padding)
            let end = range.upperBound + (behind < 2 * padding ? behind / 2 : padding)
            return max(0, start)..<min(samples, end)
        }
    }
}
