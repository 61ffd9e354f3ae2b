import Foundation
import Synchronization
import Tutti
import TuttiTerminal

/// A conversation that is spoken: a microphone and a loudspeaker where the machine has them, files otherwise.
///
/// Nothing is heard while the answer sounds: without headphones the machine would answer itself.
struct VoiceChat {
    let chat: Chat
    let ear: HearingModel
    let voice: SpeakingModel
    let options: AnswerOptions

    // MARK: Microphone and loudspeaker

    /// Until the microphone ends.
    func run() async throws {
        let microphone = try Microphone()
        Output.note("\(chat.model.name), heard by \(ear.name), spoken by \(voice.name). Speak; Ctrl-C leaves.")
        var samples = microphone.samples.makeAsyncIterator()
        while let question = try await hear(&samples) {
            microphone.listens(false)
            defer { microphone.listens(true) }
            try Output.line("> \(harmless(question))")
            let loudspeaker = try Loudspeaker(sampleRate: voice.sampleRate)
            try await answer(question) { try await loudspeaker.play($0) }
            try await loudspeaker.finish()
        }
    }

    /// Waits for the next thing that somebody says; nil at the end of the sound.
    private func hear(_ samples: inout AsyncStream<[Float]>.Iterator) async throws -> String? {
        let live = try ear.follow(sampleRate: Microphone.sampleRate), heard = Heard()
        let following = Task {
            for await event in live.events {
                if case .finished(let transcript) = event, !transcript.text.isEmpty {
                    return heard.text.withLock { $0 = transcript.text }
                }
            }
        }
        // Sound comes every few hundredths of a second: that often it is asked whether all was heard.
        while let piece = await samples.next() {
            live.append(piece)
            if let text = heard.text.withLock({ $0 }) { return text }
        }
        live.finish()
        await following.value
        return heard.text.withLock { $0 }
    }

    private final class Heard: Sendable {
        let text = Mutex<String?>(nil)
    }

    // MARK: Files

    /// Each line of standard input is the name of a file of sound; its answer is spoken into a file beside it.
    func run(lines: some Sequence<String>) async throws -> Bool {
        var hasFailed = false
        for line in lines where !line.allSatisfy(\.isWhitespace) {
            do {
                try await answer(file: line.trimmingCharacters(in: .whitespaces))
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                hasFailed = true
                Output.note("tutti: \(harmless("\(error)"))")
            }
        }
        return !hasFailed
    }

    private func answer(file: String) async throws {
        guard FileManager.default.fileExists(atPath: file) else { throw Failure("there is no file \(file).") }
        let question = try await ear.transcript(of: PCM(path: file, sampleRate: 16_000)).text
        Output.note("> \(harmless(question))")
        guard !question.isEmpty else { throw Failure("nobody says anything in \(file).") }
        var samples: [Float] = []
        try await answer(question) { samples += $0 }
        let name = URL(filePath: file).deletingPathExtension().lastPathComponent + "-answer.wav"
        let target = URL(filePath: file).deletingLastPathComponent().appending(path: name)
        let sound = PCM(samples: samples, sampleRate: voice.sampleRate)
        try Data(try sound.encoded(as: .wav)).write(to: target, options: .atomic)
        Output.note("\(target.path): \(sound.seconds.text(digits: 1)) s")
    }

    // MARK: Both

    /// Writes the answer as it comes, and hands over how it sounds.
    private func answer(_ question: String, _ take: ([Float]) async throws -> Void) async throws {
        let (text, writer) = AsyncStream.makeStream(of: String.self)
        let pieces = voice.speak(text)
        let answer = try chat.send(question, options)
        let reading = Task {
            defer { writer.finish() }
            for try await delta in answer {
                try Output.write(delta.text)
                writer.yield(delta.text)
            }
            try Output.line()
        }
        do {
            for try await piece in pieces { try await take(piece.samples) }
            try await reading.value
        } catch {
            reading.cancel()
            throw error
        }
    }
}
