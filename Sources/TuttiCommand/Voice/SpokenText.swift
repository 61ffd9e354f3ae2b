import ArgumentParser
import Tutti

/// A text that is spoken while it is written; its sound is kept until all is said.
final class SpokenText: Sendable {
    private let writer: AsyncStream<String>.Continuation
    private let task: Task<PCM, any Error>

    /// - Throws: `ValidationError` for a voice that the model has not.
    init(model: String = "piper-joe", voice: String?, threads: Int?) async throws {
        let speaker = try await SpeakingModel.load(model, threads: threads)
        if let voice, !speaker.voices.contains(voice) {
            throw ValidationError(
                "\(speaker.name) has no voice \(voice); it has \(speaker.voices.joined(separator: ", ")).")
        }
        var options = SpeechOptions()
        options.voice = voice
        let (text, writer) = AsyncStream.makeStream(of: String.self)
        self.writer = writer
        let pieces = speaker.speak(text, options)
        task = Task {
            var samples: [Float] = []
            for try await piece in pieces { samples += piece.samples }
            return PCM(samples: samples, sampleRate: speaker.sampleRate)
        }
    }

    deinit {
        writer.finish()
        task.cancel()
    }

    func say(_ text: String) { writer.yield(text) }

    /// Waits until all is said.
    func sound() async throws -> PCM {
        writer.finish()
        return try await task.value
    }
}
