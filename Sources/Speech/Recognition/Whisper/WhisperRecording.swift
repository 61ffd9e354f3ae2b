import TuttiAudio
import TuttiModels
import TuttiTensors

/// A recording as Whisper hears it: its features, and where somebody speaks as far as that is known.
struct WhisperRecording: Sendable {
    let bands: Int
    /// Frames of 10 ms.
    let frameCount: Int
    private let samples: [Float]
    private var voice: VoiceActivity?
    /// Where somebody speaks, in frames; nil where nobody looks.
    private var speech: [Range<Int>]?
    private var logarithms: [Float] = []
    private var loudest = -Float.infinity

    /// - Parameter samples: One channel at 16 kHz.
    init(samples: [Float], voice: SileroVAD?, bands: Int) {
        self.samples = samples
        self.bands = bands
        frameCount = samples.count / LogMel.hop
        self.voice = voice.map { VoiceActivity($0) }
        speech = voice.map { _ in [] }
    }

    /// Frames whose features are there: one more than the recording has, for what lies behind it.
    var knownFrames: Int { logarithms.count / bands }

    var isComplete: Bool { knownFrames >= LogMel.frameCount(samples.count) }

    /// Makes the features of some frames more, and looks whether somebody speaks in them.
    mutating func extend(by count: Int, _ mel: LogMel, _ step: Step) {
        let frames = knownFrames..<min(knownFrames + count, LogMel.frameCount(samples.count))
        let more = mel.logarithms(samples, frames: frames)
        loudest = max(loudest, more.max() ?? loudest)
        logarithms += more
        guard var voice else { return }
        let first = min(frames.lowerBound * LogMel.hop, samples.count)
        let last = isComplete ? samples.count : frames.upperBound * LogMel.hop
        var events = voice.append(Array(samples[first..<last]), step)
        if isComplete, let event = voice.finish() { events.append(event) }
        for case .ended(let range) in events {
            speech?.append(range.lowerBound / LogMel.hop..<(range.upperBound + LogMel.hop - 1) / LogMel.hop)
        }
        self.voice = voice
    }

    /// - Returns: `bands` numbers.
    func features(_ frame: Int) -> [Float] {
        logarithms[frame * bands..<(frame + 1) * bands].map { LogMel.feature($0, loudest: loudest) }
    }

    // MARK: Windows

    /// Silence that is heard before and behind speech.
    private static let margin = 30
    /// A window ends at a pause as long as this; one that has to end anyway does so at the last one as long as `pause`.
    private static let longPause = 300
    private static let pause = 20

    /// The next frames to hear; nil where nothing more is said.
    func window(from seek: Int) -> Range<Int>? {
        guard let speech else {
            return seek < frameCount ? seek..<min(seek + WhisperHearing.windowFrames, frameCount) : nil
        }
        let ahead = speech.drop { $0.upperBound <= seek }
        guard let first = ahead.first, seek < frameCount else { return nil }
        let start = max(seek, first.lowerBound - Self.margin), limit = start + WhisperHearing.windowFrames
        var end = start
        var lastPause: Int?
        for (place, range) in ahead.enumerated() {
            if place > 0 {
                let gap = range.lowerBound - end
                if gap >= Self.longPause { break }
                if gap >= Self.pause { lastPause = end + gap / 2 }
            }
            if range.upperBound + Self.margin > limit {
                // Too long for one window.
                return start..<min(lastPause ?? limit, frameCount)
            }
            end = range.upperBound
        }
        return start..<min(end + Self.margin, frameCount)
    }

    /// Whether somebody speaks in a segment, as far as that is known.
    func isSpoken(_ segment: Transcript.Segment) -> Bool {
        guard let speech else { return true }
        let range = Int(segment.start * 100)..<max(Int(segment.start * 100), Int(segment.end * 100)) + 1
        return speech.contains { $0.overlaps(range) }
    }
}
