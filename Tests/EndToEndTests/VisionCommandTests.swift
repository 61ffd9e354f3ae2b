import Foundation
import TestSupport
import Testing

/// The program tells what is in pictures, and answers questions about them.
@Suite(.serialized) struct VisionCommandTests {
    private func picture(_ name: String) -> String {
        repository.appending(path: "Tests/VisionTests/Goldens/ocr/\(name)").path
    }

    @Test func whatIsWrittenIsTold() async throws {
        let outcome = try await Tutti.run("see", picture("02-receipt.png"))
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.output.contains("GREEN GROCER") && outcome.output.contains("15.41"), "\(outcome.output)")
    }

    @Test func aDocumentHasPlaces() async throws {
        let outcome = try await Tutti.run("see", "--json", picture("03-form.png"))
        let document = try outcome.json()
        let lines = try #require(document["lines"] as? [[String: Any]])
        let line = try #require(lines.first { ($0["text"] as? String)?.contains("Margaret Ellis") == true })
        let corners = try #require(line["corners"] as? [[Double]])
        #expect(corners.count == 4 && corners.allSatisfy { $0.count == 2 })
    }

    @Test func whatWasFoundIsDrawn() async throws {
        let drawn = try Tutti.folder().appending(path: "drawn.png")
        let outcome = try await Tutti.run("see", "--draw", drawn.path, picture("01-window.png"))
        #expect(outcome.status == 0, "\(outcome.error)")
        let original = try Data(contentsOf: URL(filePath: picture("01-window.png")))
        let made = try Data(contentsOf: drawn)
        #expect(made.prefix(4) == Data([0x89, 0x50, 0x4e, 0x47]) && made != original)
    }

    @Test func aQuestionAboutAPictureIsAnswered() async throws {
        let outcome = try await Tutti.run(
            "run", "-m", Served.model, "--temperature", "0", "--image", picture("02-receipt.png"),
            "What is the total on this receipt?")
        #expect(outcome.status == 0 && outcome.output.contains("15.41"), "\(outcome.output)\(outcome.error)")
    }

    private var report: String {
        repository.appending(path: "Tests/TuttiTests/Goldens/documents/report.pdf").path
    }

    @Test func aQuestionAboutADocumentIsAnswered() async throws {
        let outcome = try await Tutti.run(
            "run", "-m", Served.model, "--temperature", "0", "--file", report,
            "What is the name of the lighthouse keeper?")
        #expect(outcome.status == 0 && outcome.output.contains("Brandt"), "\(outcome.output)\(outcome.error)")
        let words = try Tutti.file("people.csv", "name,telephone\nJoan Baker,555-0142\nRui Costa,555-0199\n")
        let other = try await Tutti.run(
            "run", "-m", Served.model, "--temperature", "0", "--file", words.path, "--file", report,
            "What is the telephone number of Rui Costa?")
        #expect(other.status == 0 && other.output.contains("555-0199"), "\(other.output)\(other.error)")
    }

    @Test func whatIsNoDocumentIsSaid() async throws {
        let picture = try await Tutti.program().run(
            ["run", "-m", Tutti.model, "--file", picture("02-receipt.png"), "x"])
        #expect(picture.status == 1 && picture.error.contains("02-receipt.png is a PNG picture: send it as a picture"))
        let absent = try await Tutti.program().run(["run", "-m", Tutti.model, "--file", "nowhere.pdf", "x"])
        #expect(absent.status == 1 && absent.error.contains("there is no file nowhere.pdf"))
        let document = try await Tutti.program().run(["run", "-m", Tutti.model, "--image", report, "x"])
        #expect(document.status == 1 && document.error.contains("give it as a file"))
    }

    @Test func aModelThatComparesIsShown() async throws {
        let folder = try ContrastiveFolder.make("siglip", begin: false, end: 2)
        let shown = try await Tutti.run("show", folder.url.path)
        #expect(shown.status == 0 && shown.output.contains("puts pictures and texts into one space"), "\(shown.error)")
        let document = try await Tutti.run("show", "--json", folder.url.path).json()
        #expect(document["input_modalities"] as? [String] == ["text", "image"])
    }

    @Test func aModelOfTwoFilesSees() async throws {
        let pairs = goldens("ModelsTests").appending(path: "pairs"), folder = pairs.appending(path: "idefics3").path
        let asked = ["--max-tokens", "4", "--json", "--image", picture("02-receipt.png"), "what is this?"]
        let outcome = try await Tutti.program().run(["run", "-m", folder] + asked)
        #expect(outcome.status == 0, "\(outcome.error)")
        let usage = try outcome.json()["usage"] as? [String: Any]
        // 17 tiles of four rows, and their marks.
        #expect(usage?["prompt_tokens"] as? Int ?? 0 > 68)
        let named = pairs.appending(path: "idefics3-q8_0/mmproj-idefics3-q8_0.gguf").path
        #expect(try await Tutti.program().run(["run", "-m", folder, "--mmproj", named] + asked).status == 0)
        let other = try await Tutti.program().run(
            ["run", "-m", folder, "--mmproj", pairs.appending(path: "gemma3/mmproj-gemma3-f32.gguf").path] + asked)
        #expect(other.status == 1 && other.error.contains("another model"), "\(other.error)")
        let card = try await Tutti.run("show", folder)
        #expect(card.output.contains("eyes         idefics3, an encoder of 2 layers, 32 wide"), "\(card.output)")
        #expect(card.output.contains("mmproj-idefics3-f32.gguf") && card.output.contains("pictures: native"))
        let document = try await Tutti.run("show", "--json", folder).json()
        #expect((document["projector"] as? String)?.hasSuffix("mmproj-idefics3-f32.gguf") == true)
    }

    @Test func whatIsNoPictureIsSaid() async throws {
        let file = try Tutti.file("words.png", "these are words")
        for arguments in [["see", file.path], ["run", "-m", Tutti.model, "--image", file.path, "x"]] {
            let outcome = try await Tutti.program().run(arguments)
            #expect(outcome.status == 1 && outcome.error.hasPrefix("tutti: "), "\(outcome.error)")
        }
        let absent = try await Tutti.run("see", "nowhere.png")
        #expect(absent.status == 1 && absent.error.contains("there is no file nowhere.png"))
    }

    @Test func theExampleAsksADocument() async throws {
        let guide = try String(contentsOf: repository.appending(path: "docs/guides/vision.md"), encoding: .utf8)
        let example = try String(
            contentsOf: repository.appending(path: "Examples/AskADocument/main.swift"), encoding: .utf8)
        #expect(guide.contains("```swift\n\(example)```"))
        let outcome = try await Program.built("AskADocument").run([
            report, "What is the name of the lighthouse keeper?",
        ])
        #expect(outcome.status == 0 && outcome.output.contains("Brandt"), "\(outcome.error)")
    }

    @Test func theExampleReadsAReceipt() async throws {
        let guide = try String(contentsOf: repository.appending(path: "docs/guides/vision.md"), encoding: .utf8)
        let example = try String(
            contentsOf: repository.appending(path: "Examples/LookAtAPicture/main.swift"), encoding: .utf8)
        #expect(guide.contains("```swift\n\(example)```"))
        let outcome = try await Program.built("LookAtAPicture").run([picture("02-receipt.png")])
        #expect(outcome.status == 0 && outcome.output.contains("15.41"), "\(outcome.error)")
    }
}
