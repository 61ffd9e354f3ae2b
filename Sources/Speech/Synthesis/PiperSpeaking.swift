import TuttiModels
import TuttiTensors

/// One text being said: clauses are taken, and pieces of sound made, as they are asked for.
///
/// The first clause is spoken by itself, for it is there first; those after it are spoken a sentence at a time, or as
/// much of one as a hundred characters say, because a voice knows how to say a sentence only when it sees it. So how
/// words are grouped depends on the text alone, and the same text sounds the same.
actor PiperSpeaking {
    private let voice: PiperVoice
    private let phonemizer: any Phonemizer
    private let thread: ComputeThread
    private let options: SpeechOptions
    private let urgency: Urgency
    private var source: (any ClauseSource)?
    private var utterance: Utterance?
    /// How many utterances were begun.
    private var count = 0
    /// The mark that ended the last one.
    private var mark: Character?
    /// What was written but says nothing, and waits for the next sound.
    private var silent = ""

    private struct Utterance {
        var model: VITSUtterance
        var text: String
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
        (self.voice, self.phonemizer, self.thread) = (voice, phonemizer, thread)
        (self.options, self.urgency, self.source) = (options, urgency, source)
    }

    /// The next sound; nil when all is said.
    func next() async throws -> SpokenPiece? {
        while utterance == nil {
            try Task.checkCancellation()
            let clauses = try await group()
            if clauses.isEmpty {
                defer { silent = "" }
                return silent.isEmpty ? nil : SpokenPiece(text: silent, samples: [])
            }
            try await begin(clauses)
        }
        return try await piece()
    }

    /// Clauses that are spoken in one; none after the last.
    private func group() async throws -> [Clause] {
        var clauses: [Clause] = [], length = 0
        while var source, let clause = try await source.next() {
            self.source = source
            clauses.append(clause)
            length += clause.text.count
            if clause.endsSentence || count == 0 || length >= PiperSpeaking.longEnough { return clauses }
        }
        source = nil
        return clauses
    }

    private func begin(_ clauses: [Clause]) async throws {
        silent += clauses.map(\.source).joined()
        var parts: [String] = []
        for clause in clauses where !clause.text.isEmpty {
            let phonemes = try await phonemizer.phonemes(of: clause)
            if !phonemes.isEmpty { parts.append(phonemes + String(clause.mark)) }
        }
        guard !parts.isEmpty, let last = clauses.last(where: { !$0.text.isEmpty }) else { return }
        let ids = voice.ids(of: parts.joined(separator: " "))
        let manner = try voice.manner(options, utterance: count)
        let model = try await thread.run(urgency) { [voice] step, _ in voice.model.utterance(ids, manner, step) }
        let seconds = mark.map { PiperVoice.pause(after: $0) } ?? 0
        utterance = Utterance(
            model: model, text: silent, pieceFrames: count == 0 ? PiperSpeaking.firstFrames : PiperSpeaking.nextFrames,
            pause: Int(seconds * Double(voice.sampleRate) / min(max(options.speed, 0.25), 4)))
        (silent, mark) = ("", last.mark)
        count += 1
    }

    private func piece() async throws -> SpokenPiece? {
        guard var utterance else { return nil }
        let first = utterance.spoken, total = utterance.model.frameCount
        // A rest that is hardly worth a piece goes with this one.
        let end = total - first <= utterance.pieceFrames * 5 / 4 ? total : first + utterance.pieceFrames
        let model = utterance.model
        let (made, known) = try await thread.run(urgency) { [voice] step, _ in
            var model = model
            let samples = voice.model.samples(&model, frames: first..<end, step)
            return (samples, model)
        }
        var samples = made
        utterance.model = known
        utterance.spoken = end
        utterance.pieceFrames = min(2 * utterance.pieceFrames, PiperSpeaking.mostFrames)
        fade(&samples, isFirst: first == 0, isLast: end == total)
        if first == 0 { samples.insert(contentsOf: repeatElement(0, count: utterance.pause), at: 0) }
        self.utterance = end == total ? nil : utterance
        return SpokenPiece(text: first == 0 ? utterance.text : "", samples: samples)
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
