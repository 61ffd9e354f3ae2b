public import TuttiModels
public import TuttiTensors

/// Writes down clips of sound with a Moonshine of either kind: the likeliest token after the likeliest token, several clips side by side.
///
/// It keeps the memory that clips need, and belongs to the thread that computes.
public struct MoonshineListener: Sendable {
    public let model: any MoonshineModel
    private var encoderMemory: KeyValueMemory
    /// For each clip at a time the pages of its frames and of its tokens.
    private var heard: [KeyValueMemory] = []
    private var written: [KeyValueMemory] = []

    /// What was heard in a clip.
    public struct Hypothesis: Sendable, Equatable {
        /// Without start and end.
        public var tokens: [Token] = []
        /// Natural logarithms of their probabilities.
        public var logProbabilities: [Float] = []
        /// Of the end, where it came by itself.
        public var endLogProbability: Float?
        /// Whether it had to be stopped, because it went in circles or was longer than anybody speaks.
        public var wasStopped = false

        public init() {}

        /// The mean of all, the end's included.
        public var meanLogProbability: Float {
            let all = logProbabilities + (endLogProbability.map { [$0] } ?? [])
            return all.isEmpty ? 0 : all.reduce(0, +) / Float(all.count)
        }
    }

    /// More tokens in a second than anybody speaks: people say three or four.
    static let tokensPerSecond = 6.5
    /// The most tokens of a clip.
    static let tokenLimit = 448

    public init(_ model: any MoonshineModel) {
        self.model = model
        encoderMemory = model.makeEncoderMemory()
    }

    /// What the pages take in memory.
    public var byteCount: Int {
        encoderMemory.byteCount + (heard + written).reduce(0) { $0 + $1.byteCount }
    }

    /// Hears clips.
    /// - Parameters:
    ///   - clips: At 16 kHz.
    ///   - drafts: For each clip what it probably says, or nothing: as much of it as is right costs one pass. The result is
    ///     the same.
    ///   - prefixes: For each clip what its text begins with, likely or not, or nothing.
    /// - Throws: `CancellationError`.
    public mutating func hear(
        _ clips: [[Float]], drafts: [[Token]] = [], prefixes: [[Token]] = [], _ step: Step,
        isCancelled: () -> Bool = { false }
    ) throws -> [Hypothesis] {
        while heard.count < clips.count {
            heard.append(KeyValueMemory(model.decoder.layout))
            written.append(KeyValueMemory(model.decoder.layout))
        }
        var texts: [Writing] = []
        for (index, clip) in clips.enumerated() {
            if isCancelled() { throw CancellationError() }
            let missing = max(0, model.leastSamples - clip.count)
            let samples = missing > 0 ? clip + Array(repeating: 0, count: missing) : clip
            step.frame {
                let states = model.states(of: samples, &encoderMemory, step)
                model.decoder.hear(states, into: &heard[index], step)
            }
            let seconds = Double(clip.count) / Double(Moonshine.Config.sampleRate)
            let limit = min(MoonshineListener.tokenLimit, Int(seconds * MoonshineListener.tokensPerSecond) + 1)
            texts.append(
                Writing(
                    frames: model.frames(samples: samples.count), limit: limit,
                    prefix: index < prefixes.count ? prefixes[index] : [],
                    draft: index < drafts.count ? drafts[index] : []))
        }
        while texts.contains(where: { !$0.isDone }) {
            if isCancelled() { throw CancellationError() }
            step.frame { write(&texts, step) }
        }
        return texts.map(\.hypothesis)
    }

    /// One pass over all texts that are not done.
    private mutating func write(_ texts: inout [Writing], _ step: Step) {
        var tokens: [Token] = [], own: [SequenceRows] = [], looking: [SequenceRows] = [], places: [Int] = []
        for index in texts.indices where !texts[index].isDone {
            let text = texts[index], known = text.hypothesis.tokens.count
            let new = [text.hypothesis.tokens.last ?? model.start] + text.proposal
            let rows = tokens.count..<tokens.count + new.count
            tokens += new
            own.append(
                SequenceRows(rows: rows, start: known, pages: [written[index].pages(tokens: known + new.count)]))
            looking.append(
                SequenceRows(rows, lookingAt: text.frames, in: heard[index].pages(tokens: text.frames)))
            places.append(index)
        }
        let batch = Batch(sequences: own, outputs: [], layout: model.decoder.layout)
        let logits = model.decoder.logits(model.decoder(tokens, batch, heard: looking, step), step)
        for (sequence, index) in zip(own, places) {
            texts[index].take(logits, rows: sequence.rows, end: model.end)
        }
    }
}

/// A text under way.
private struct Writing {
    let frames: Int
    let limit: Int
    /// How many tokens at the beginning are given.
    let given: Int
    let draft: [Token]
    /// What may come next, to be looked at in the same pass.
    var proposal: [Token]
    var hypothesis = MoonshineListener.Hypothesis()
    var isDone = false

    init(frames: Int, limit: Int, prefix: [Token], draft: [Token]) {
        (self.frames, self.draft) = (frames, draft)
        (given, self.limit) = (prefix.count, max(limit, prefix.count + 1))
        let goesOn = draft.starts(with: prefix) ? draft.dropFirst(prefix.count) : []
        proposal = prefix + goesOn.prefix(self.limit - prefix.count)
    }

    /// Takes the likeliest tokens as long as they are those that were proposed, and the first that is not.
    mutating func take(_ logits: Tensor, rows: Range<Int>, end: Token) {
        for (place, row) in rows.enumerated() {
            let scores = unsafe Span(_unsafeStart: logits.row(row), count: logits.width)
            // Scores that are none say nothing: the text ends.
            let likeliest = scores.indexOfGreatest.map { Token($0) } ?? end
            let next = hypothesis.tokens.count < given ? proposal[place] : likeliest
            let logProbability = scores[Int(next)] - scores.logSumExp
            if next == end {
                hypothesis.endLogProbability = logProbability
                isDone = true
                return
            }
            hypothesis.tokens.append(next)
            hypothesis.logProbabilities.append(logProbability)
            if let kept = Repetition.circle(hypothesis.tokens) {
                hypothesis.tokens.removeSubrange(kept...)
                hypothesis.logProbabilities.removeSubrange(kept...)
                hypothesis.wasStopped = true
                isDone = true
                return
            }
            if hypothesis.tokens.count >= limit {
                hypothesis.wasStopped = true
                isDone = true
                return
            }
            if place >= proposal.count || proposal[place] != next { break }
        }
        proposal = continuation()
    }

    /// What the draft goes on with where it says what was written last.
    private func continuation() -> [Token] {
        let tokens = hypothesis.tokens
        guard tokens.count >= 2, draft.count > 2 else { return [] }
        let last = tokens.suffix(2)
        // The place nearest to where the text is now.
        let place = (1..<draft.count - 1).filter { draft[$0] == last.last && draft[$0 - 1] == last.first }
            .min { abs($0 - tokens.count) < abs($1 - tokens.count) }
        return place.map { Array(draft[($0 + 1)...].prefix(limit - tokens.count)) } ?? []
    }
}
