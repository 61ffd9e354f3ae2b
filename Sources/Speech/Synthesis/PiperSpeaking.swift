import TuttiModels
import TuttiTensors

/// One text being said: clauses are taken, and pieces of sound made, as they are asked for.
actor PiperSpeaking {
    private let voice: PiperVoice
    private let thread: ComputeThread
    private let options: SpeechOptions
    private let urgency: Urgency
    private var groups: ClauseGroups
    private var utterance: Utterance?
    /// How many utterances were begun.
    private var count = 0
    /// The mark that ended the last one.
    private var mark: Character?

    private struct Utterance {
        let ids: [Int]
        let manner: VITSManner
        /// Read together with the first piece, so that threads meet once for both.
        var model: VITSUtterance?
        var text: String
        /// Whether something is heard meanwhile, so that nobody waits for its first piece.
        var isFollowing: Bool
        /// Frames whose sound has left, and how many the next piece has.
        var spoken = 0
        var pieceFrames: Int
        /// Samples of silence before it.
        var pause: Int
    }

    /// Frames of the very first piece, of every other utterance's first, and of the longest.
    private static let firstFrames = 24, nextFrames = 64, mostFrames = 128
    /// Characters after which an utterance ends before its sentence does.
    private static let longEnough = 100
    /// Seconds over which an utterance fades in and out: sound and the silence beside it meet at zero.
    private static let fade = 0.004

    init(
        voice: PiperVoice, phonemizer: any Phonemizer, thread: ComputeThread, options: SpeechOptions, urgency: Urgency,
        source: any ClauseSource
    ) {
        (self.voice, self.thread, self.options, self.urgency) = (voice, thread, options, urgency)
        groups = ClauseGroups(
            source, phonemizer,
            ClauseGroups.Limits(enough: PiperSpeaking.longEnough, measure: { clause, _ in clause.text.count }))
    }

    /// The next sound; nil when all is said.
    func next() async throws -> SpokenPiece? {
        if utterance == nil {
            // Nobody asks for the next before this one is there.
            var groups = groups
            guard let group = try await groups.next() else { return nil }
            self.groups = groups
            guard !group.phonemes.isEmpty else { return SpokenPiece(text: group.text, samples: []) }
            try begin(group)
        }
        return try await piece()
    }

    private func begin(_ group: ClauseGroups.Group) throws {
        // Only at the very beginning is nothing to be heard meanwhile.
        let isFirst = count == 0
        let seconds = mark.map { PiperVoice.pause(after: $0) } ?? 0
        utterance = Utterance(
            ids: voice.ids(of: group.phonemes), manner: try voice.manner(options, utterance: count), text: group.text,
            isFollowing: !isFirst, pieceFrames: isFirst ? PiperSpeaking.firstFrames : PiperSpeaking.nextFrames,
            pause: Int(seconds * Double(voice.sampleRate) / min(max(options.speed, 0.25), 4)))
        mark = group.mark
        count += 1
    }

    private func piece() async throws -> SpokenPiece? {
        guard var utterance else { return nil }
        let first = utterance.spoken
        let (model, end, made) = try await thread.run(urgency) { [voice, utterance] step, _ in
            var model = utterance.model ?? Self.read(utterance, voice, step)
            let total = model.frameCount
            // A rest that is hardly worth a piece goes with this one.
            let end = total - first <= utterance.pieceFrames * 5 / 4 ? total : first + utterance.pieceFrames
            let samples = voice.model.samples(&model, frames: first..<end, step)
            return (model, end, samples)
        }
        var samples = made
        let total = model.frameCount
        utterance.model = model
        utterance.spoken = end
        utterance.pieceFrames = min(2 * utterance.pieceFrames, PiperSpeaking.mostFrames)
        fade(&samples, isFirst: first == 0, isLast: end == total)
        if first == 0 { samples.insert(contentsOf: repeatElement(0, count: utterance.pause), at: 0) }
        self.utterance = end == total ? nil : utterance
        return SpokenPiece(text: first == 0 ? utterance.text : "", samples: samples)
    }

    private static func read(_ utterance: Utterance, _ voice: PiperVoice, _ step: Step) -> VITSUtterance {
        var model = voice.model.utterance(utterance.ids, utterance.manner, step)
        if utterance.isFollowing { voice.model.prepare(&model, step) }
        return model
    }

    private func fade(_ samples: inout [Float], isFirst: Bool, isLast: Bool) {
        let count = min(samples.count, Int(PiperSpeaking.fade * Double(voice.sampleRate)))
        for place in 0..<count {
            let factor = Float(place) / Float(count)
            if isFirst { samples[place] *= factor }
            if isLast { samples[samples.count - 1 - place] *= factor }
        }
    }
}
