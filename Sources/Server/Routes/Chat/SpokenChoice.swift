import Foundation
import Tutti
import TuttiOpenAI

/// The voice of a chat completion's answers: what is needed to speak them.
struct AnswerVoice: Sendable {
    let lease: ModelShelf.Lease<SpeakingModel>
    let output: SpokenOutput
    let options: SpeechOptions
    let urgency: Urgency

    /// - Throws: `APIError` 400 for a voice that nobody has, and for a format that cannot be written here.
    init(_ output: SpokenOutput, _ models: ModelShelf, urgency: Urgency) async throws {
        self.output = output
        self.urgency = urgency
        lease = try await models.voice()
        var options = SpeechOptions()
        options.voice = try VoiceNames(speakers: lease.model.voices).speaker(output.voice, param: "audio.voice")
        self.options = options
        _ = try file()
    }

    func file() throws -> SpokenFile {
        try SpokenFile(output.format, sampleRate: lease.model.sampleRate, param: "audio.format")
    }
}

/// One answer that is spoken while it is written: text in, pieces of a file of sound out.
struct SpokenChoice: Sendable {
    let id = Identifier.make("audio_")
    let expiresAt = Int(Date().timeIntervalSince1970) + SpokenAnswerStore.lifetimeSeconds
    private let writer: AsyncStream<String>.Continuation
    private let sound: AsyncThrowingStream<SpokenPiece, any Error>
    private let voice: AnswerVoice

    init(_ voice: AnswerVoice) {
        self.voice = voice
        let (text, writer) = AsyncStream.makeStream(of: String.self)
        self.writer = writer
        sound = voice.lease.model.speak(text, voice.options, urgency: voice.urgency)
    }

    /// Takes the next words of the answer.
    func say(_ text: String) { if !text.isEmpty { writer.yield(text) } }

    /// The pieces of the file put together.
    func whole(_ bytes: [UInt8]) -> [UInt8] { AudioEncoder.whole(bytes, AudioFormat(voice.output.format)) }

    /// No more words come.
    func end() { writer.finish() }

    /// Hands over the file as it is made, to its end.
    /// - Returns: How long it lasts, in seconds.
    func read(_ take: ([UInt8]) async throws -> Void) async throws -> Double {
        let file = try voice.file()
        for try await piece in sound {
            let bytes = try file.append(piece.samples)
            if !bytes.isEmpty { try await take(bytes) }
        }
        try await take(try file.finish())
        return file.seconds
    }
}
