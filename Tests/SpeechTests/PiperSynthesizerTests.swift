import Foundation
import Testing
import TuttiSpeech

/// From written text to sound, through espeak-ng.
@Suite struct PiperSynthesizerTests {
    private static let voice = Result {
        let file = URL(filePath: try SpeechWeights.path("piper-joe", "en_US-joe-medium.onnx"))
        let folder = file.deletingLastPathComponent()
        return try #require(SpeechModelForm(at: folder)).synthesizer(at: folder, pool: PiperJoe.pool)
    }

    private func spoken(_ pieces: AsyncThrowingStream<SpokenPiece, any Error>) async throws -> [SpokenPiece] {
        var all: [SpokenPiece] = []
        for try await piece in pieces { all.append(piece) }
        return all
    }

    private let text = "Of course, I can help you with that. It costs $3.50, and it is **done** by 5 pm! 🙂"

    @Test func saysAllThatIsWritten() async throws {
        let pieces = try await spoken(try Self.voice.get().speak(text))
        #expect(pieces.map(\.text).joined() == text)
        let samples = pieces.flatMap(\.samples)
        #expect(samples.count > 4 * 22050 && samples.count < 12 * 22050)
        #expect((samples.map(abs).max() ?? 0) > 0.1)
    }

    /// How a text comes does not matter.
    @Test func textInAnyPiecesSoundsTheSame() async throws {
        let voice = try Self.voice.get(), whole = try await spoken(voice.speak(text))
        let (stream, writer) = AsyncStream.makeStream(of: String.self)
        async let pieces = spoken(voice.speak(stream, SpeechOptions(), urgency: .live))
        for character in text {
            writer.yield(String(character))
            await Task.yield()
        }
        writer.finish()
        #expect(try await pieces == whole)
    }

    /// The first sound is there while the rest of the text is not yet written.
    @Test func soundLeavesBeforeTheTextEnds() async throws {
        let (stream, writer) = AsyncStream.makeStream(of: String.self)
        var pieces = try Self.voice.get().speak(stream, SpeechOptions(), urgency: .live).makeAsyncIterator()
        writer.yield("Of course, I can ")
        let first = try #require(try await pieces.next())
        #expect(first.text == "Of course, ")
        #expect(!first.samples.isEmpty)
        writer.yield("help.")
        writer.finish()
        var rest = ""
        while let piece = try await pieces.next() { rest += piece.text }
        #expect(rest == "I can help.")
    }

    /// Live speech does not wait until a batch's is done.
    @Test func liveSpeechGoesFirst() async throws {
        let voice = try Self.voice.get(),
            long = String(repeating: "Nothing in this book is of any use to me. ", count: 60)
        let batch = Task { try await spoken(voice.speak(long, SpeechOptions(), urgency: .batch)).count }
        let live = try await spoken(voice.speak("Yes.", SpeechOptions(), urgency: .live))
        #expect(!live.isEmpty)
        let isOver = Task { try await batch.value }
        batch.cancel()
        #expect((try? await isOver.value) ?? 0 < 300)
    }
}
