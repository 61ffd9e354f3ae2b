import Tutti
import TuttiOpenAI

/// A recording that is being heard for a request.
struct Hearing: Sendable {
    private let request: TranscriptionRequest
    private let lease: ModelShelf.Lease<HearingModel>
    private let options: TranscriptionOptions
    private let urgency: Urgency
    private let sound: PCM
    private let meters: Meters

    /// Loads the model, and reads the file.
    /// - Parameter name: What the client calls the file.
    /// - Throws: `APIError` for whatever is wrong with the request, and for a file that is no sound.
    init(
        _ request: TranscriptionRequest, translates: Bool, path: String, name: String?, _ services: Services,
        urgency: Urgency
    ) async throws {
        self.request = request
        self.urgency = urgency
        meters = services.meters
        let lease = try await services.models.ear(request.model)
        self.lease = lease
        let traits = lease.model.traits
        func refuse(_ param: String, _ reason: String) -> APIError {
            .invalid("Invalid '\(param)': the model `\(lease.name)` \(reason)", param: param, code: "unsupported_value")
        }
        if translates, !traits.translates { throw refuse("model", "does not translate; a Whisper does.") }
        if request.wantsWords, !traits.hasWordTimes {
            throw refuse("timestamp_granularities", "does not know when words were said; a Whisper does.")
        }
        if let language = request.language, !traits.languages.contains(language) {
            throw refuse(
                "language", "hears \(traits.languages.sorted().joined(separator: ", ")), and not '\(language)'.")
        }
        var options = TranscriptionOptions()
        options.task = translates ? .translate : .transcribe
        options.language = request.language
        options.prompt = request.prompt
        options.temperature = Float(request.temperature)
        options.wantsWords = request.wantsWords
        options.wantsLogProbabilities = request.wantsLogprobs
        self.options = options
        sound = try await Self.sound(path: path, name: name ?? "the file", param: "file")
    }

    /// Reads a file as recognisers want it.
    static func sound(path: String, name: String, param: String) async throws -> PCM {
        try await decoded(param: param) { try AudioReader(path: path, name: name, sampleRate: 16_000).readAll() }
    }

    /// Reads a file that came within a message.
    static func sound(_ audio: InputAudio) async throws -> PCM {
        try await decoded(param: audio.path) { try PCM(bytes: audio.bytes, sampleRate: 16_000) }
    }

    private static func decoded(param: String, _ read: @escaping @Sendable () throws -> PCM) async throws -> PCM {
        do {
            return try await offPool(read)
        } catch let error as AudioError {
            var status = 400
            if case .tooLarge = error { status = 413 }
            throw APIError(
                status: status, message: "Invalid '\(param)': \(error)", type: "invalid_request_error", param: param,
                code: "invalid_audio")
        }
    }

    /// Hears all of it.
    func whole() async throws -> (transcription: Transcription, transcript: Transcript) {
        let transcript = try await lease.model.transcript(of: sound, options, urgency: urgency)
        meters.heard(lease.name, seconds: transcript.seconds)
        return (transcription(transcript), transcript)
    }

    /// Hears it, and tells what is certain.
    func read(_ tell: (TranscriptionStreamEvent) async throws -> Void) async throws {
        var hasBegun = false
        for try await event in lease.model.transcribe(sound, options, urgency: urgency) {
            switch event {
            case .segment(let segment):
                var text = segment.text.trimmingPrefix(while: \.isWhitespace).description
                if hasBegun, !text.isEmpty { text = " " + text }
                hasBegun = hasBegun || !text.isEmpty
                try await tell(.delta(text, logprobs: request.wantsLogprobs ? logprobs(segment) : nil))
            case .finished(let transcript):
                meters.heard(lease.name, seconds: transcript.seconds)
                try await tell(.done(transcription(transcript)))
            }
        }
    }

    private func logprobs(_ segment: Transcript.Segment) -> [TokenLogprob] {
        zip(segment.tokens, segment.logProbabilities).map { token, logprob in
            let bytes = lease.model.recognizer.bytes(of: token)
            return TokenLogprob(token: String(decoding: bytes, as: UTF8.self), bytes: bytes, logprob: Double(logprob))
        }
    }

    private func transcription(_ transcript: Transcript) -> Transcription {
        Transcription(
            task: options.task == .translate ? "translate" : "transcribe", text: transcript.text,
            language: transcript.language ?? options.language ?? lease.model.traits.languages.first ?? "",
            seconds: transcript.seconds,
            segments: transcript.segments.map { segment in
                Transcription.Segment(
                    start: segment.start, end: segment.end, text: segment.text, tokens: segment.tokens.map(Int.init),
                    temperature: Double(segment.temperature), meanLogprob: Double(segment.meanLogProbability),
                    compressionRatio: Double(segment.compressionRatio),
                    noSpeechProbability: Double(segment.noSpeechProbability))
            },
            words: request.wantsWords
                ? transcript.segments.flatMap(\.words).map {
                    Transcription.Word(text: $0.text, start: $0.start, end: $0.end)
                } : nil,
            logprobs: request.wantsLogprobs ? transcript.segments.flatMap(logprobs) : nil)
    }
}
