import Foundation
import TuttiAudio
import TuttiModels
import TuttiTensors
import TuttiText

/// One recording being heard: window after window, each in pieces of work.
struct WhisperHearing: Sendable {
    let recognizer: WhisperRecognizer
    let options: TranscriptionOptions
    let urgency: Urgency

    /// Frames of 10 ms in a full window.
    static let windowFrames = 3000

    init(_ recognizer: WhisperRecognizer, _ options: TranscriptionOptions, _ urgency: Urgency) {
        (self.recognizer, self.options, self.urgency) = (recognizer, options, urgency)
    }

    private var vocabulary: WhisperVocabulary { recognizer.vocabulary }
    private var limits: WhisperLimits { recognizer.limits }

    func hear(_ sound: PCM, _ tell: (Transcript.Segment) -> Void) async throws -> Transcript {
        let recording = try await listen(to: sound)
        var language = vocabulary.isMultilingual ? options.language : "en"
        var segments: [Transcript.Segment] = []
        var seek = 0, spokenTo = 0.0
        while let window = recording.window(from: seek) {
            try Task.checkCancellation()
            let (found, text) = try await decode(recording, window, language: language)
            language = language ?? found
            seek = window.upperBound
            if text.noSpeech > limits.noSpeech, text.mean <= limits.meanLogProbability { continue }

            let cut = WhisperSegments(text.tokens, vocabulary, frames: window.count)
            if cut.heard > 0 { seek = window.lowerBound + cut.heard }
            var heard = self.segments(cut, text, offset: Double(window.lowerBound) / 100)
            if options.wantsWords {
                let offset = Double(window.lowerBound) / 100
                try await addWords(
                    to: &heard, text, language: language, frames: window.count, offset: offset, spokenTo: &spokenTo)
                // Words tell better than times where the next window begins.
                if !cut.endsInSilence, let last = heard.last?.words.last, last.end > offset {
                    seek = Int((last.end * 100).rounded())
                }
            }
            for segment in heard where segment.end > segment.start && recording.isSpoken(segment) {
                guard segment.text.contains(where: { !$0.isWhitespace }) else { continue }
                segments.append(segment)
                tell(segment)
            }
        }
        return Transcript(
            text: segments.map(\.text).joined().trimmingCharacters(in: .whitespaces), segments: segments,
            language: language, seconds: sound.seconds)
    }

    func languages(of sound: PCM) async throws -> [(code: String, probability: Float)] {
        guard vocabulary.isMultilingual else { return [] }
        let recording = try await listen(to: sound)
        let window = 0..<min(Self.windowFrames, recording.knownFrames)
        guard !window.isEmpty else { return [] }
        let recognizer = recognizer
        return try await recognizer.thread.run(urgency) { step, _ in
            let heard = recognizer.hear(recording, window, frames: recognizer.frames(of: window), step)
            return recognizer.languages(heard.sound, step)
        }
    }

    // MARK: Listening

    /// The recording's features, made half a minute at a time.
    private func listen(to sound: PCM) async throws -> WhisperRecording {
        let recognizer = recognizer
        var recording = try await recognizer.thread.run(urgency) { _, _ in
            let samples = try sound.mono().resampled(to: LogMel.sampleRate).samples
            return WhisperRecording(samples: samples, voice: recognizer.voice, bands: recognizer.mel.bandCount)
        }
        while !recording.isComplete {
            try Task.checkCancellation()
            let known = recording
            recording = try await recognizer.thread.run(urgency) { step, _ in
                var more = known
                more.extend(by: Self.windowFrames, recognizer.mel, step)
                return more
            }
        }
        return recording
    }

    // MARK: Writing

    /// What was written of a window.
    private struct Text: Sendable {
        var tokens: [Token] = []
        var logProbabilities: [Float] = []
        var mean: Float = 0
        var noSpeech: Float = 0
        var compressionRatio: Float = 1
        var temperature: Float = 0
        var window: Window
    }

    /// What the decoder and the alignment look at.
    private struct Window: Sendable {
        var sound: HeardSound
        /// `[frames, hidden]`, where words were asked for.
        var states: [Float]
    }

    /// Hears a window until its text is believed: with little silence behind it, with all that belongs there, then with
    /// more and more chance.
    private func decode(
        _ recording: WhisperRecording, _ window: Range<Int>, language: String?
    ) async throws -> (language: String?, text: Text) {
        let known = language
        var language = language
        let temperatures = options.temperature > 0 ? [options.temperature] : limits.temperatures
        let frames = recognizer.frames(of: window)
        if frames < Self.windowFrames {
            let heard = try await self.window(recording, window, frames: frames, &language)
            let text = try await write(heard, language: language, temperature: temperatures[0])
            // Words behind the end of the sound are no words.
            let last = text.tokens.last(where: vocabulary.isTime).map(vocabulary.seconds) ?? 0
            if isBelieved(text), text.mean >= limits.shortMeanLogProbability, last <= Double(window.count) / 100 + 0.2 {
                return (language, text)
            }
            language = known
        }
        let heard = try await self.window(recording, window, frames: Self.windowFrames, &language)
        var attempts: [Text] = []
        for temperature in temperatures {
            let text = try await write(heard, language: language, temperature: temperature)
            if isBelieved(text) { return (language, text) }
            attempts.append(text)
        }
        let calm = attempts.filter { $0.compressionRatio <= limits.compressionRatio }
        return (language, (calm.isEmpty ? attempts : calm).max { $0.mean < $1.mean } ?? Text(window: heard))
    }

    private func isBelieved(_ text: Text) -> Bool {
        // Where nobody speaks, nothing likelier is to be found.
        if text.noSpeech > limits.noSpeech, text.mean < limits.meanLogProbability { return true }
        return text.compressionRatio <= limits.compressionRatio && text.mean >= limits.meanLogProbability
    }

    /// The window as the decoder looks at it, and its language where that was not known.
    private func window(
        _ recording: WhisperRecording, _ window: Range<Int>, frames: Int, _ language: inout String?
    ) async throws -> Window {
        let recognizer = recognizer, wantsWords = options.wantsWords, known = language
        let (heard, found) = try await recognizer.thread.run(urgency) { step, _ in
            let (states, sound) = recognizer.hear(recording, window, frames: frames, step)
            let language = known ?? recognizer.languages(sound, step).first?.code
            let kept = wantsWords ? (0..<states.rows).flatMap { states.values(row: $0) } : []
            return (Window(sound: sound, states: kept), language)
        }
        language = found
        return heard
    }

    /// Tokens that are written between looks at what else is to be done.
    private static let steps = 8

    private func write(_ window: Window, language: String?, temperature: Float) async throws -> Text {
        let recognizer = recognizer, sound = window.sound
        let prompt = prompt(language: language)
        let limit = recognizer.whisper.shape.text.positions / 2
        let rules = WhisperRules(vocabulary, recognizer.settings, writesTimes: limits.writesTimes)
        let way: WhisperSearch.Way =
            temperature > 0
            ? .sample(temperature: temperature, count: limits.samples, seed: options.seed)
            : .beam(width: max(1, options.beamWidth))
        var search = try await recognizer.thread.run(urgency) { step, isCancelled in
            var search = WhisperSearch(way, rules, limit: limit)
            search.begin(prompt.tokens, start: prompt.start, recognizer.whisper, sound, step)
            search.advance(steps: Self.steps, recognizer.whisper, sound, step, isCancelled: isCancelled)
            return search
        }
        while !search.isFinished {
            try Task.checkCancellation()
            let known = search
            search = try await recognizer.thread.run(urgency) { step, isCancelled in
                var search = known
                search.advance(steps: Self.steps, recognizer.whisper, sound, step, isCancelled: isCancelled)
                return search
            }
        }
        let best = search.best
        return Text(
            tokens: best.tokens, logProbabilities: best.logProbabilities, mean: best.mean, noSpeech: search.noSpeech,
            compressionRatio: CompressionRatio.of(vocabulary.text(best.tokens)), temperature: temperature,
            window: window)
    }

    /// What the decoder goes on from: what may have been said before, then the language and the task.
    private func prompt(language: String?) -> (tokens: [Token], start: Int) {
        var tokens: [Token] = []
        if let before = options.prompt?.trimmingCharacters(in: .whitespacesAndNewlines), !before.isEmpty {
            let most = recognizer.whisper.shape.text.positions / 2 - 1
            tokens = [vocabulary.startOfPrevious] + vocabulary.tokenizer.encode(" " + before).suffix(most)
        }
        let start = tokens.count
        tokens += vocabulary.opening(language: language, task: options.task)
        if !limits.writesTimes { tokens.append(vocabulary.noTimestamps) }
        return (tokens, start)
    }

    // MARK: Segments

    private func segments(_ cut: WhisperSegments, _ text: Text, offset: Double) -> [Transcript.Segment] {
        cut.pieces.map { piece in
            let tokens = Array(text.tokens[piece.tokens])
            return Transcript.Segment(
                start: offset + piece.start, end: offset + piece.end, text: vocabulary.text(tokens), tokens: tokens,
                logProbabilities: options.wantsLogProbabilities ? Array(text.logProbabilities[piece.tokens]) : [],
                temperature: text.temperature, meanLogProbability: text.mean, compressionRatio: text.compressionRatio,
                noSpeechProbability: text.noSpeech)
        }
    }

    private func addWords(
        to segments: inout [Transcript.Segment], _ text: Text, language: String?, frames: Int, offset: Double,
        spokenTo: inout Double
    ) async throws {
        let recognizer = recognizer, window = text.window
        let tokens = segments.map { $0.tokens.filter(vocabulary.isText) }
        let all = tokens.flatMap { $0 }
        guard !all.isEmpty else { return }
        let opening = vocabulary.opening(language: language, task: options.task)
        let alignment = try await recognizer.thread.run(urgency) { step, _ in
            let width = recognizer.whisper.shape.audio.hidden
            let count = min(window.states.count / width, max(1, frames / 2))
            let states = step.scratch(count, width)
            states.fill(from: Array(window.states.prefix(count * width)))
            return WhisperAlignment(
                all, opening: opening, recognizer.whisper, recognizer.vocabulary, heads: recognizer.alignmentHeads,
                states: states, sound: window.sound, step)
        }
        WhisperWords(all, alignment, vocabulary, language: language)
            .place(in: &segments, counts: tokens.map(\.count), offset: offset, spokenTo: &spokenTo)
    }
}
