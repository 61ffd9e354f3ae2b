import Foundation
import TestSupport
import Testing

/// The program speaks, hears what it said, and answers spoken questions.
@Suite(.serialized) struct SpeechCommandTests {
    private func speak(_ text: String, _ name: String = "a.wav") async throws -> URL {
        let file = try Tutti.folder().appending(path: name)
        let outcome = try await Tutti.run("speak", text, "-o", file.path)
        try #require(outcome.status == 0, "\(outcome.error)")
        return file
    }

    private func words(_ text: String) -> Set<Substring> {
        Set(text.lowercased().filter { $0.isLetter || $0 == " " }.split(separator: " "))
    }

    @Test(arguments: ["whisper-base", "moonshine-tiny"])
    func whatIsSpokenIsHeard(model: String) async throws {
        let said = "The children watched the ships come into the harbor."
        for name in ["a.wav", "a.mp3", "a.flac"] {
            let outcome = try await Tutti.run("transcribe", "-m", model, try await speak(said, name).path)
            #expect(outcome.status == 0 && words(outcome.output).isSuperset(of: ["children", "ships", "harbor"]))
        }
    }

    @Test func subtitlesHaveTimes() async throws {
        let file = try await speak("The train was late. Nobody knew why.")
        let srt = try await Tutti.run("transcribe", "--srt", file.path)
        #expect(srt.output.firstMatch(of: /^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n\S/) != nil, "\(srt.output)")
        let vtt = try await Tutti.run("transcribe", "--vtt", file.path)
        #expect(vtt.output.hasPrefix("WEBVTT\n\n00:00:0"))
        let json = try await Tutti.run("transcribe", "--json", "--words", file.path)
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let segments = try #require(document?["segments"] as? [[String: Any]])
        let words = segments.flatMap { $0["words"] as? [[String: Any]] ?? [] }
        #expect(words.count >= 6 && document?["language"] as? String == "en")
    }

    @Test func theSameSeedSaysTheSame() async throws {
        let one = try Data(contentsOf: try await speak("Good morning."))
        #expect(try await one == Data(contentsOf: speak("Good morning.")))
    }

    @Test func aSpokenQuestionIsAnsweredAloud() async throws {
        let question = try await speak("What is the capital of France?")
        let answer = question.deletingLastPathComponent().appending(path: "answer.wav")
        let outcome = try await Tutti.run(
            "run", "-m", Served.model, "--temperature", "0", "--audio", question.path, "--speak", answer.path)
        #expect(outcome.status == 0 && outcome.output.contains("Paris"), "\(outcome.error)")
        let heard = try await Tutti.run("transcribe", answer.path)
        #expect(heard.output.contains("Paris"), "\(heard.output)")
    }

    @Test func aChatOfFilesIsSpoken() async throws {
        let question = try await speak("What is the capital of Italy?", "question.wav")
        let outcome = try await Tutti.run(
            "chat", "--voice", "-m", Served.model, "--temperature", "0", input: question.path + "\n")
        #expect(outcome.status == 0 && outcome.output.contains("Rome"), "\(outcome.error)")
        let answer = question.deletingLastPathComponent().appending(path: "question-answer.wav")
        #expect(FileManager.default.fileExists(atPath: answer.path))
    }

    @Test func whatCannotBeHeardIsSaid() async throws {
        let broken = try Tutti.file("broken.wav", "no sound at all")
        let outcome = try await Tutti.run("transcribe", broken.path)
        #expect(outcome.status == 1)
        // With ffmpeg there, it is the one that refuses.
        #expect(outcome.error.contains("is no sound that is read here") || outcome.error.contains("is damaged"))
        #expect(try await Tutti.run("transcribe", "/no/such/file.wav").status == 1)
        let german = try await Tutti.run("transcribe", "-m", "moonshine-tiny", "--language", "de", broken.path)
        #expect(german.status == 2 && german.error.contains("does not hear de"))
        #expect(try await Tutti.run("transcribe", "-m", "smollm2-135m", broken.path).error.contains("hears nothing"))
    }

    @Test func cardsTellLicences() async throws {
        let card = try await Tutti.run("show", "piper-joe")
        #expect(card.output.contains("lessac") && card.output.contains("espeak-ng"))
        #expect(try await Tutti.run("show", "whisper-base").output.contains("MIT"))
    }

    @Test func theExampleHearsWhatItSaid() async throws {
        let guide = try String(
            contentsOf: repository.appending(path: "docs/guides/speech.md"), encoding: .utf8)
        let example = try String(
            contentsOf: repository.appending(path: "Examples/SpeakAndHear/main.swift"), encoding: .utf8)
        #expect(guide.contains("```swift\n\(example)```"))
        let file = try Tutti.folder().appending(path: "parcel.wav")
        let outcome = try await Program.built("SpeakAndHear").run([file.path])
        #expect(outcome.status == 0 && outcome.output.lowercased().contains("parcel"), "\(outcome.error)")
    }
}
