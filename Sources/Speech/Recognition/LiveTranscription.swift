import TuttiAudio
import TuttiModels
import TuttiTensors

/// What becomes known while somebody speaks.
public enum LiveEvent: Sendable, Equatable {
    /// Somebody began to speak, so many seconds after the beginning.
    case began(seconds: Double)
    /// What was said so far: `stable` never changes but grows, and the final text begins with it; `tentative` follows it,
    /// and may change. After a pause, however short, both are all that was said, as the final text will have it unless
    /// somebody goes on: whoever answers may begin to think.
    case partial(stable: String, tentative: String, isPause: Bool)
    /// Somebody stopped: all of what was said since ``began(seconds:)``, in sentences.
    case finished(Transcript)
    /// What began was no speech.
    case dismissed
}

/// How speech is followed.
public struct LiveOptions: Sendable, Hashable {
    /// When speech begins and ends: after 0.3 s of silence. Fewer `minimumSilenceSeconds` answer sooner, and cut people
    /// short who think.
    public var voice = VoiceSegments.Options()
    /// How often what was said so far is written down anew.
    public var intervalSeconds = 0.5
    /// Whoever speaks longer without a pause is cut: from so many seconds on at any short pause …
    public var longSeconds = 15.0
    /// … and at so many where it is quietest.
    public var longestSeconds = 25.0
    /// Whether tokens get logarithms of their probabilities.
    public var wantsLogProbabilities = false

    public init() {
        voice.minimumSpeechSeconds = 0.1
        voice.minimumSilenceSeconds = 0.3
    }
}

/// Writes down speech while it is spoken.
///
///     let live = LiveTranscription(recognizer, sampleRate: 48_000)
///     Task { for await samples in microphone { live.append(samples) }; live.finish() }
///     for await event in live.events { … }
///
/// What was said so far is written down every half second. The words on which two passes agree are stable, and later
/// passes begin with them. With the first silent frame a last pass begins: when the pause has become long enough to be
/// the end, the text is there.
public final class LiveTranscription: Sendable {
    /// Ends after ``finish()``, when everything is written down. Ending the iteration stops the work.
    public let events: AsyncStream<LiveEvent>
    private let messages: AsyncStream<Message>.Continuation

    fileprivate enum Message: Sendable {
        case samples([Float])
        /// What a pass has heard; nil where it was stopped.
        case heard(pass: Int, MoonshineListener.Hypothesis?)
        case finish
    }

    /// - Parameter sampleRate: Of what is appended; one channel.
    public init(_ recognizer: MoonshineRecognizer, sampleRate: Int, _ options: LiveOptions = LiveOptions()) {
        let (messages, send) = AsyncStream.makeStream(of: Message.self)
        let (events, report) = AsyncStream.makeStream(of: LiveEvent.self)
        (self.events, self.messages) = (events, send)
        let task = Task {
            var follower = LiveFollower(recognizer, sampleRate: sampleRate, options, send: send) { report.yield($0) }
            for await message in messages {
                follower.take(message)
                if follower.isDone || Task.isCancelled { break }
            }
            follower.stop()
            report.finish()
        }
        report.onTermination = { _ in task.cancel() }
    }

    deinit { messages.finish() }

    /// Takes samples as they come, full scale from -1 to 1.
    public func append(_ samples: [Float]) { messages.yield(.samples(samples)) }

    /// Nothing follows: what is being said ends here.
    public func finish() { messages.yield(.finish) }
}

/// Does what the utterances ask for.
private struct LiveFollower {
    let recognizer: MoonshineRecognizer
    let options: LiveOptions
    let send: AsyncStream<LiveTranscription.Message>.Continuation
    let report: (LiveEvent) -> Void
    var utterances: LiveUtterances
    /// Voice activity takes a thousandth of a core: on the speech thread it would wait for passes.
    let step = Step(pool: ComputePool(threads: 1))
    let resampling: LiveResampling?
    var passes: [Int: Task<Void, Never>] = [:]
    private(set) var isDone = false

    init(
        _ recognizer: MoonshineRecognizer, sampleRate: Int, _ options: LiveOptions,
        send: AsyncStream<LiveTranscription.Message>.Continuation, report: @escaping (LiveEvent) -> Void
    ) {
        (self.recognizer, self.options, self.send, self.report) = (recognizer, options, send, report)
        utterances = LiveUtterances(
            VoiceActivity(recognizer.voice, options.voice), recognizer.vocabulary, options)
        let rate = recognizer.voice.sampleRate
        resampling = sampleRate == rate ? nil : LiveResampling(from: sampleRate, to: rate)
    }

    mutating func take(_ message: LiveTranscription.Message) {
        switch message {
        case .samples(let samples): carryOut(utterances.append(resampling?.append(samples) ?? samples, step))
        case .heard(let pass, let hypothesis):
            passes[pass] = nil
            carryOut(utterances.heard(pass, hypothesis))
        case .finish:
            if let rest = resampling?.finish(), !rest.isEmpty { carryOut(utterances.append(rest, step)) }
            carryOut(utterances.finish())
        }
        isDone = utterances.isDone
    }

    func stop() { for pass in passes.values { pass.cancel() } }

    private mutating func carryOut(_ actions: [LiveUtterances.Action]) {
        for action in actions {
            switch action {
            case .report(let event): report(event)
            case .cancel(let pass): passes[pass]?.cancel()
            case .hear(let pass): begin(pass)
            case .write(let hypothesis, let speech, let isTrusted): write(hypothesis, speech, isTrusted)
            }
        }
    }

    private mutating func begin(_ pass: LiveUtterances.Pass) {
        let recognizer = recognizer, send = send
        passes[pass.id] = Task {
            let found = try? await recognizer.thread.run(.live) { step, isCancelled in
                try recognizer.listen(
                    to: [pass.clip], drafts: [pass.draft], prefixes: [pass.prefix], step, isCancelled)
            }
            send.yield(.heard(pass: pass.id, found?.first))
        }
    }

    private func write(_ hypothesis: MoonshineListener.Hypothesis, _ speech: Range<Int>, _ isTrusted: Bool) {
        var wanted = TranscriptionOptions()
        wanted.wantsLogProbabilities = options.wantsLogProbabilities
        let segments = recognizer.segments(hypothesis, [speech], wanted, isTrusted: isTrusted)
        guard !segments.isEmpty else { return report(.dismissed) }
        report(
            .finished(
                Transcript(
                    text: segments.map(\.text).joined(separator: " "), segments: segments, language: "en",
                    seconds: Double(speech.count) / Double(recognizer.voice.sampleRate))))
    }
}

/// A resampler that is shared by reference; only its one follower uses it.
private final class LiveResampling {
    private var resampler: Resampler?

    init(from: Int, to: Int) { resampler = try? Resampler(from: from, to: to) }

    func append(_ samples: [Float]) -> [Float] { (try? resampler?.append(samples)) ?? [] }
    func finish() -> [Float] { (try? resampler?.finish()) ?? [] }
}
