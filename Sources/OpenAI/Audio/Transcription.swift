public import TuttiCheckpoints

/// What was heard in a file, as the formats of `response_format` tell it.
public struct Transcription: Sendable, Hashable {
    public struct Segment: Sendable, Hashable {
        public var start: Double
        public var end: Double
        public var text: String
        public var tokens: [Int]
        public var temperature: Double
        public var meanLogprob: Double
        public var compressionRatio: Double
        public var noSpeechProbability: Double

        public init(
            start: Double, end: Double, text: String, tokens: [Int], temperature: Double, meanLogprob: Double,
            compressionRatio: Double, noSpeechProbability: Double
        ) {
            self.start = start
            self.end = end
            self.text = text
            self.tokens = tokens
            self.temperature = temperature
            self.meanLogprob = meanLogprob
            self.compressionRatio = compressionRatio
            self.noSpeechProbability = noSpeechProbability
        }
    }

    public struct Word: Sendable, Hashable {
        public var text: String
        public var start: Double
        public var end: Double

        public init(text: String, start: Double, end: Double) {
            self.text = text
            self.start = start
            self.end = end
        }
    }

    /// `transcribe` or `translate`.
    public var task: String
    public var text: String
    /// ISO 639-1.
    public var language: String
    public var seconds: Double
    public var segments: [Segment]
    /// nil where nobody asked for words.
    public var words: [Word]?
    /// nil where nobody asked for them.
    public var logprobs: [TokenLogprob]?

    public init(
        task: String, text: String, language: String, seconds: Double, segments: [Segment], words: [Word]? = nil,
        logprobs: [TokenLogprob]? = nil
    ) {
        self.task = task
        self.text = text
        self.language = language
        self.seconds = seconds
        self.segments = segments
        self.words = words
        self.logprobs = logprobs
    }

    /// What it cost: the seconds of sound, rounded up.
    private var usage: JSON { ["type": "duration", "seconds": JSON(Int(seconds.rounded(.up)))] }

    /// `json`.
    public var json: JSON {
        var json: JSON = ["text": .string(text), "usage": usage]
        if let logprobs { json.set("logprobs", .array(logprobs.map(\.transcriptionJSON))) }
        return json
    }

    /// `verbose_json`.
    /// - Parameter hasSegments: Whether segments were asked for.
    public func verboseJSON(hasSegments: Bool) -> JSON {
        var json: JSON = [
            "task": .string(task), "language": .string(LanguageName.english(language)), "duration": .number(seconds),
            "text": .string(text), "usage": usage,
        ]
        if hasSegments { json.set("segments", .array(segments.enumerated().map { Self.json($1, id: $0) })) }
        if let words {
            json.set(
                "words",
                .array(
                    words.map { ["word": .string($0.text), "start": .number($0.start), "end": .number($0.end)] }))
        }
        return json
    }

    private static func json(_ segment: Segment, id: Int) -> JSON {
        [
            "id": JSON(id), "seek": JSON(Int(segment.start * 100)), "start": .number(segment.start),
            "end": .number(segment.end), "text": .string(segment.text),
            "tokens": .array(segment.tokens.map { JSON($0) }),
            "temperature": .number(segment.temperature), "avg_logprob": .number(segment.meanLogprob),
            "compression_ratio": .number(segment.compressionRatio),
            "no_speech_prob": .number(segment.noSpeechProbability),
        ]
    }
}

/// What a streamed transcription sends.
public enum TranscriptionStreamEvent: Sendable {
    case delta(String, logprobs: [TokenLogprob]?)
    /// All of it. A hundred milliseconds of sound count as a token, as OpenAI counts them.
    case done(Transcription)

    public var json: JSON {
        switch self {
        case .delta(let text, let logprobs):
            var json: JSON = ["type": "transcript.text.delta", "delta": .string(text)]
            if let logprobs { json.set("logprobs", .array(logprobs.map(\.transcriptionJSON))) }
            return json
        case .done(let transcription):
            let audio = Int((transcription.seconds * 10).rounded(.up))
            let output = transcription.segments.reduce(0) { $0 + $1.tokens.count }
            var json: JSON = [
                "type": "transcript.text.done", "text": .string(transcription.text),
                "usage": [
                    "type": "tokens", "input_tokens": JSON(audio), "output_tokens": JSON(output),
                    "total_tokens": JSON(audio + output),
                    "input_token_details": ["audio_tokens": JSON(audio), "text_tokens": 0],
                ],
            ]
            if let logprobs = transcription.logprobs {
                json.set("logprobs", .array(logprobs.map(\.transcriptionJSON)))
            }
            return json
        }
    }
}

extension TokenLogprob {
    fileprivate var transcriptionJSON: JSON {
        ["token": .string(token), "logprob": .number(logprob), "bytes": .array(bytes.map { JSON(Int($0)) })]
    }
}
