import TuttiModels
import TuttiTensors

/// What somebody says, utterance after utterance: samples and heard texts go in, what is to be done comes out.
struct LiveUtterances {
    /// To write down a clip.
    struct Pass: Sendable, Equatable {
        var id: Int
        var clip: [Float]
        /// What the text begins with.
        var prefix: [Token]
        /// What it probably says.
        var draft: [Token]
    }

    enum Action: Equatable {
        case hear(Pass)
        case cancel(Int)
        case report(LiveEvent)
        /// A final text, of what was spoken in these samples; trusted where a part of it was stable before.
        case write(MoonshineListener.Hypothesis, Range<Int>, isTrusted: Bool)
    }

    /// An utterance under way, or ended and not yet written down.
    private struct Utterance {
        /// Where its clip and its speech begin.
        var start: Int
        var speechStart: Int
        /// Where it may end, or does.
        var pause: Int?
        var end: Int?
        /// The pass under way, and whether it is for the pause.
        var pass: (id: Int, pause: Int?)?
        /// What was heard up to the pause.
        var final: MoonshineListener.Hypothesis?
        var latest: [Token] = []
        var stable: [Token] = []
        /// How far the latest pass heard.
        var heardUntil: Int
        /// What is to be told of it when those before it are written down.
        var untold: [LiveEvent] = []
    }

    private var voice: VoiceActivity
    private let vocabulary: MoonshineVocabulary
    private let options: LiveOptions
    private let rate: Int
    /// The latest samples, from number `base` on.
    private var recent: [Float] = []
    private var base = 0
    private var current: Utterance?
    /// Those that ended, in order.
    private var ending: [Utterance] = []
    private var nextPass = 0
    private var isOver = false

    /// How much before speech belongs to its clip, and how much silence behind it.
    private static let padding = (before: 0.3, behind: 0.2)

    init(_ voice: VoiceActivity, _ vocabulary: MoonshineVocabulary, _ options: LiveOptions) {
        (self.voice, self.vocabulary, self.options) = (voice, vocabulary, options)
        rate = voice.model.sampleRate
    }

    /// Whether nothing comes any more.
    var isDone: Bool { isOver && current == nil && ending.isEmpty }

    private func count(_ seconds: Double) -> Int { Int(seconds * Double(rate)) }
    private var now: Int { base + recent.count }

    mutating func append(_ samples: [Float], _ step: Step) -> [Action] {
        var actions: [Action] = []
        for first in stride(from: 0, to: samples.count, by: voice.model.frameSamples) {
            let frame = Array(samples[first..<min(first + voice.model.frameSamples, samples.count)])
            recent += frame
            for event in voice.append(frame, step) { actions += take(event) }
            actions += goOn()
        }
        return actions
    }

    mutating func finish() -> [Action] {
        isOver = true
        guard let event = voice.finish() else { return [] }
        return take(event)
    }

    private mutating func take(_ event: VoiceSegments.Event) -> [Action] {
        switch event {
        case .began(let at):
            return begin(start: max(base, at - count(LiveUtterances.padding.before)), speechStart: at)
        case .paused(let at):
            guard var utterance = current else { return [] }
            if at - utterance.start >= count(options.longSeconds) { return cut(at: at) }
            utterance.pause = at
            let actions = hear(&utterance, until: now)
            current = utterance
            return actions
        case .resumed:
            current?.pause = nil
            current?.final = nil
            return []
        case .ended(let range):
            // A cut may have taken the end already.
            guard var utterance = current else { return [] }
            current = nil
            utterance.end = range.upperBound
            return end(&utterance)
        case .dismissed:
            guard var utterance = current else { return [] }
            current = nil
            utterance.end = utterance.pause ?? now
            guard utterance.stable.isEmpty else { return end(&utterance) }
            // No words.
            utterance.final = MoonshineListener.Hypothesis()
            utterance.pause = utterance.end
            return (utterance.pass.map { [.cancel($0.id)] } ?? []) + end(&utterance)
        }
    }

    private mutating func begin(start: Int, speechStart: Int) -> [Action] {
        var utterance = Utterance(start: start, speechStart: speechStart, heardUntil: speechStart)
        defer { current = utterance }
        return tell(.began(seconds: Double(speechStart) / Double(rate)), of: &utterance)
    }

    /// Utterances are told of one after the other.
    private func tell(_ event: LiveEvent, of utterance: inout Utterance) -> [Action] {
        if ending.isEmpty { return [.report(event)] }
        utterance.untold.append(event)
        return []
    }

    /// Ends an utterance within speech: what follows is the next.
    private mutating func cut(at place: Int) -> [Action] {
        guard var utterance = current else { return [] }
        utterance.end = place
        if utterance.pause != place { (utterance.pause, utterance.final) = (place, nil) }
        return end(&utterance) + begin(start: place, speechStart: place)
    }

    private mutating func end(_ utterance: inout Utterance) -> [Action] {
        guard let end = utterance.end else { return [] }
        var actions: [Action] = []
        if utterance.pause != end || utterance.final == nil, utterance.pass == nil || utterance.pass?.pause != end {
            (utterance.pause, utterance.final) = (end, nil)
            actions = hear(&utterance, until: min(now, end + count(LiveUtterances.padding.behind)))
        }
        ending.append(utterance)
        return actions + writeDown()
    }

    /// Writes down what ended and was heard, in order.
    private mutating func writeDown() -> [Action] {
        var actions: [Action] = []
        while let first = ending.first, let text = first.final {
            ending.removeFirst()
            let speech = first.speechStart..<max(first.speechStart, first.end ?? now)
            actions.append(.write(text, speech, isTrusted: !first.stable.isEmpty))
            if ending.isEmpty {
                actions += (current?.untold ?? []).map { .report($0) }
                current?.untold = []
            } else {
                actions += ending[0].untold.map { .report($0) }
                ending[0].untold = []
            }
        }
        return actions
    }

    /// Begins a pass over what was said so far, in place of one that is under way.
    private mutating func hear(_ utterance: inout Utterance, until end: Int) -> [Action] {
        var actions: [Action] = utterance.pass.map { [.cancel($0.id)] } ?? []
        var clip = Array(recent[(utterance.start - base)..<(end - base)])
        if let pause = utterance.pause {
            // Silence that has not come yet.
            let missing = pause + count(LiveUtterances.padding.behind) - end
            clip += Array(repeating: 0, count: max(0, missing))
        }
        actions.append(
            .hear(Pass(id: nextPass, clip: clip, prefix: utterance.stable, draft: utterance.latest)))
        utterance.pass = (nextPass, utterance.pause)
        utterance.heardUntil = end
        nextPass += 1
        return actions
    }

    /// Begins a pass when it is time, cuts what is too long, and lets go of what nobody looks at any more.
    private mutating func goOn() -> [Action] {
        var actions: [Action] = []
        if var utterance = current {
            if now - utterance.start >= count(options.longestSeconds) {
                var cutting = Cutting()
                cutting.paddingSeconds = 0
                let from = utterance.start + count(options.longestSeconds * 0.8)
                actions += cut(
                    at: base
                        + cutting.quietest(from - base..<now - base, recent, sampleRate: rate))
            } else if utterance.pass == nil, utterance.pause == nil,
                now - utterance.heardUntil >= count(options.intervalSeconds)
            {
                actions += hear(&utterance, until: now)
                current = utterance
            }
        }
        let kept = current?.start ?? now - count(LiveUtterances.padding.before)
        if kept - base > rate {
            recent.removeFirst(kept - base)
            base = kept
        }
        return actions
    }

    /// Takes what a pass has heard.
    mutating func heard(_ pass: Int, _ text: MoonshineListener.Hypothesis?) -> [Action] {
        if let place = ending.firstIndex(where: { $0.pass?.id == pass }) {
            ending[place].final = text ?? MoonshineListener.Hypothesis()
            return writeDown()
        }
        guard var utterance = current, let under = utterance.pass, under.id == pass else { return [] }
        utterance.pass = nil
        defer { current = utterance }
        guard let text, !text.wasStopped else { return [] }
        if let pause = under.pause, pause == utterance.pause { utterance.final = text }
        let agreed = zip(text.tokens, utterance.latest).prefix { $0 == $1 }.map(\.0)
        let certain = words(agreed)
        // A final text has to begin with what is stable.
        if certain.count > utterance.stable.count, utterance.final == nil { utterance.stable = certain }
        utterance.latest = text.tokens
        let stable = vocabulary.text(utterance.stable), whole = vocabulary.text(text.tokens)
        let tentative = String(whole.dropFirst(stable.count))
        return tell(.partial(stable: stable, tentative: tentative, isPause: utterance.final != nil), of: &utterance)
    }

    /// All but the last two words: those may go on.
    private func words(_ tokens: [Token]) -> [Token] {
        let starts = tokens.indices.filter { vocabulary.bytes(tokens[$0]).first == UInt8(ascii: " ") || $0 == 0 }
        return starts.count > 2 ? Array(tokens[..<starts[starts.count - 2]]) : []
    }
}
