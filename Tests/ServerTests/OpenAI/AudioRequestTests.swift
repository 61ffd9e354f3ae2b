import Testing
import TuttiCheckpoints
import TuttiOpenAI

@Suite struct AudioRequestTests {
    private func transcription(_ fields: [(name: String, value: String)]) throws -> TranscriptionRequest {
        try TranscriptionRequest(JSON(form: [("model", "m")] + fields), translates: false)
    }

    @Test func aFormIsRead() throws {
        let request = try transcription([
            ("language", "de-AT"), ("temperature", "0.4"), ("response_format", "verbose_json"),
            ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment"), ("stream", "True"),
            ("prompt", "123"),
        ])
        #expect(request.language == "de" && request.temperature == 0.4 && request.streams)
        #expect(request.format == .verboseJSON && request.wantsWords && request.wantsSegments)
        // A prompt is words, also where it looks like a number.
        #expect(request.prompt == "123")
        #expect(try transcription([("response_format", "verbose_json")]).wantsSegments)
        #expect(try transcription([("include[]", "logprobs")]).wantsLogprobs)
    }

    @Test(arguments: [
        ("language", "German", "language"), ("temperature", "hot", "temperature"), ("temperature", "3", "temperature"),
        ("response_format", "latex", "response_format"), ("response_format", "diarized_json", "response_format"),
        ("stream", "maybe", "stream"), ("timestamp_granularities[]", "word", "timestamp_granularities"),
        ("include[]", "everything", "include"), ("known_speaker_names[]", "Ada", "known_speaker_names"),
    ])
    func aWrongFieldIsNamed(name: String, value: String, param: String) {
        #expect {
            try transcription([(name, value)])
        } throws: { error in
            (error as? APIError)?.param == param && (error as? APIError)?.status == 400
        }
    }

    @Test func transcriptionsHaveTheirForms() throws {
        let transcription = Transcription(
            task: "transcribe", text: "One. Two.", language: "en", seconds: 2.5,
            segments: [
                .init(
                    start: 0, end: 1.25, text: " One.", tokens: [5, 6], temperature: 0, meanLogprob: -0.25,
                    compressionRatio: 1, noSpeechProbability: 0.125)
            ], words: [.init(text: "One.", start: 0.5, end: 1)])
        #expect(transcription.json["usage"] == ["type": "duration", "seconds": 3])
        let verbose = transcription.verboseJSON(hasSegments: true)
        #expect(verbose["language"] == "english" && verbose["words"]?.array?.count == 1)
        #expect(verbose["segments"]?.array?.first?["no_speech_prob"] == 0.125)
        #expect(transcription.verboseJSON(hasSegments: false)["segments"] == .none)
        let done = TranscriptionStreamEvent.done(transcription).json
        #expect(done["usage"]?["input_tokens"] == 25 && done["usage"]?["output_tokens"] == 2)
    }

    private func speech(_ members: String) throws -> SpeechRequest {
        try SpeechRequest(try JSON(parsing: #"{"model":"m","input":"Hello.","voice":"alloy"\#(members)}"#))
    }

    @Test func speechIsRead() throws {
        let plain = try speech("")
        #expect(plain.format == .mp3 && plain.speed == 1 && !plain.isEvents)
        let other = try speech(#","response_format":"pcm16","speed":0.25,"stream_format":"sse","voice":{"id":"x"}"#)
        #expect(other.format == .pcm && other.speed == 0.25 && other.isEvents && other.voice == "x")
        #expect(throws: APIError.self) { try speech(#","input":" \n""#) }
        #expect(throws: APIError.self) { try speech(#","input":"\#(String(repeating: "a", count: 4097))""#) }
        #expect(throws: APIError.self) { try speech(#","speed":4.5"#) }
        #expect(throws: APIError.self) { try speech(#","response_format":"midi""#) }
        #expect(throws: APIError.self) { try speech(#","voice":7"#) }
    }

    private func message(_ part: String) throws -> ChatMessage {
        try ChatMessage(
            try Fields(try JSON(parsing: #"{"role":"user","content":[\#(part)]}"#), path: "messages[0]"))
    }

    @Test func soundInAMessageIsDecoded() throws {
        let part = #"{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}"#
        let message = try message(part)
        #expect(
            message.parts == [.audio(InputAudio(bytes: Array("RIFF".utf8), path: "messages[0].content[0].input_audio"))]
        )
        #expect(message.texts.isEmpty)
        for wrong in [#"{"data":"§","format":"wav"}"#, #"{"data":"","format":"wav"}"#, #"{"format":"wav"}"#] {
            #expect {
                try self.message(#"{"type":"input_audio","input_audio":\#(wrong)}"#)
            } throws: { error in
                (error as? APIError)?.param == "messages[0].content[0].input_audio.data"
            }
        }
    }

    @Test func aSpokenAnswerStandsInPlaceOfTheContent() throws {
        var message = AnsweredMessage(text: "Hello.")
        message.audio = SpokenAnswer(id: "audio_1", expiresAt: 9, transcript: "Hello.", data: [1, 2])
        #expect(message.json["content"] == .null)
        #expect(
            message.json["audio"] == ["id": "audio_1", "expires_at": 9, "transcript": "Hello.", "data": "AQI="])
        let earlier = try ChatMessage(
            try Fields(try JSON(parsing: #"{"role":"assistant","audio":{"id":"audio_1"}}"#), path: "messages[1]"))
        #expect(earlier.spoken == ChatMessage.SpokenReference(id: "audio_1", path: "messages[1].audio.id"))
    }
}
