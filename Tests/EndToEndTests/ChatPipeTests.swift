import Foundation
import TestSupport
import Testing

/// `tutti chat` without a person: prompts and commands come from a pipe.
@Suite struct ChatPipeTests {
    private let options = ["chat", "-m", Tutti.model, "--temperature", "0", "--max-tokens", "12"]

    private func chat(_ input: String, _ more: String...) async throws -> Program.Outcome {
        try await Tutti.program().run(options + more, input: input)
    }

    @Test func answersLineByLineOnStandardOutputAlone() async throws {
        let outcome = try await chat("Name a colour.\n\nName another.\n")
        #expect(outcome.status == 0 && !outcome.wasSignalled)
        let first = try await chat("Name a colour.\n")
        #expect(!first.output.isEmpty && outcome.output.hasPrefix(first.output))
        #expect(outcome.output.count > first.output.count && outcome.output.hasSuffix("\n"))
        #expect(outcome.error.contains("loading \(Tutti.model) (98.4 MB)"))
        #expect(!outcome.output.contains("\u{1B}") && !outcome.error.contains("\u{1B}"))
        #expect(!outcome.output.contains("> "))
    }

    @Test func theLastLineNeedsNoEnd() async throws {
        let whole = try await chat("Name a colour.\n"), cut = try await chat("Name a colour.")
        #expect(whole.output == cut.output && cut.status == 0)
    }

    @Test func noPromptsAreNoFailure() async throws {
        let outcome = try await chat("")
        #expect(outcome.output.isEmpty && outcome.status == 0)
    }

    @Test func aFailingPromptIsSaidAndTheNextIsAnswered() async throws {
        let long = String(repeating: "word ", count: 400)
        let outcome = try await chat("\(long)\nName a colour.\n", "--context", "128")
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("tutti: ") && outcome.error.contains("take a larger context"))
        let alone = try await chat("Name a colour.\n", "--context", "128")
        #expect(outcome.output == alone.output)
    }

    @Test func commandsAreObeyed() async throws {
        let outcome = try await chat(
            """
            /system Answer in one word.
            /system
            /stats
            /set top-k 5
            /set top-k
            /set max-tokens 3
            Name a colour.
            /stats
            /exit
            Name another.

            """)
        #expect(outcome.status == 0)
        #expect(outcome.output.filter { $0 == "\n" }.count == 1)
        for said in [
            "Answer in one word.", "Nothing was answered yet.", "top-k 5", "answer   3 tokens", "of 8192 tokens",
        ] {
            #expect(outcome.error.contains(said), "\(said) in \(outcome.error)")
        }
    }

    @Test func whatIsWrongIsSaidAndCounts() async throws {
        let cases = [
            ("/sats", "there is no command /sats. Did you mean /stats?"),
            ("/zzzzzzz", "there is no command /zzzzzzz. /help"),
            ("/set temperature hot", "temperature wants a number, and hot is none."),
            ("/set top-p 3", "top-p is 3, but must be"), ("/set tempratur 1", "Did you mean temperature?"),
            ("/set max-tokens 0", "max-tokens is 0, but must be 1 or more"),
            ("/set seed -1", "seed wants a whole number"),
            ("/save", "/save wants the name of a file."),
            ("/load /nowhere/x.json", "cannot read /nowhere/x.json: No such file"),
            ("/save /nowhere/x.json", "cannot write /nowhere/x.json: No such file"),
            ("/regenerate", "There is nothing to answer"),
        ]
        let outcome = try await chat(cases.map(\.0).joined(separator: "\n"))
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        for (line, said) in cases { #expect(outcome.error.contains(said), "\(line): \(said) in \(outcome.error)") }
    }

    @Test func aConversationIsSavedAndLoaded() async throws {
        let file = try Tutti.folder().appending(path: "talk.json")
        let saved = try await chat("/system Be brief.\nName a colour.\n/save \(file.path)\nName another.\n")
        #expect(saved.status == 0 && saved.error.contains("saved 3 messages"))
        let messages = try messages(file)
        #expect(messages.map { $0["role"] } == ["system", "user", "assistant"])

        let again = try Tutti.folder().appending(path: "again.json")
        let loaded = try await chat("/load \(file.path)\nName another.\n/save \(again.path)\n")
        #expect(loaded.status == 0 && loaded.error.contains("loaded 3 messages"))
        #expect(try self.messages(again).prefix(3) == messages[...])
        let byOption = try await chat("Name another.\n", "--load", file.path)
        #expect(byOption.output == loaded.output)

        let broken = try Tutti.file("broken.json", #"{"messages":[{"role":"king","content":"x"}]}"#)
        let refused = try await chat("/load \(broken.path)\nName a colour.\n")
        #expect(refused.status == 1 && refused.error.contains("cannot load \(broken.path)"))
        #expect(refused.error.contains("messages[0].role") && !refused.output.isEmpty)
    }

    @Test func clearForgetsAndRegenerateTakesBack() async throws {
        let folder = try Tutti.folder()
        let one = folder.appending(path: "one.json"), two = folder.appending(path: "two.json")
        let outcome = try await chat(
            "Name a colour.\n/regenerate\n/save \(one.path)\n/clear\nName a shape.\n/save \(two.path)\n")
        #expect(outcome.status == 0)
        let first = try messages(one), second = try messages(two)
        #expect(
            first.map { $0["role"] } == ["user", "assistant"] && second.map { $0["role"] } == ["user", "assistant"])
        #expect(first[0]["content"] == "Name a colour." && second[0]["content"] == "Name a shape.")
        // Three answers were given.
        #expect(outcome.output.filter { $0 == "\n" }.count >= 3)
    }

    private func messages(_ file: URL) throws -> [[String: String]] {
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        return try #require(json?["messages"] as? [[String: String]])
    }

    @Test func oldTurnsLeaveAFullContextAndTheUserIsTold() async throws {
        let turns = (1...8).map { "Tell me something about the number \($0)." }.joined(separator: "\n")
        let outcome = try await chat(turns + "\n", "--context", "160")
        #expect(outcome.status == 0)
        #expect(outcome.error.contains("left the context"))
    }

    @Test func twoSlashesSayOne() async throws {
        let outcome = try await chat("//help me\n")
        #expect(outcome.status == 0 && !outcome.output.isEmpty && !outcome.error.contains("no command"))
    }

    @Test func historyIsNotWritten() async throws {
        let home = try Tutti.folder()
        var program = try Tutti.program()
        let model = try TestModel.path(Tutti.model).path
        program.environment["TUTTI_HOME"] = home.path
        let outcome = try await program.run(
            ["chat", "-m", model, "--temperature", "0", "--max-tokens", "4"], input: "Name a colour.\n")
        #expect(outcome.status == 0 && !outcome.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: home.appending(path: "history").path))
    }

    @Test func unknownModelsAndWrongUse() async throws {
        let unknown = try await Tutti.run("chat", "-m", "smolm2-135m", input: "")
        #expect(unknown.status == 3 && unknown.output.isEmpty)
        #expect(unknown.error.hasPrefix("tutti: there is no model `smolm2-135m`. Did you mean `smollm2-135m`?"))
        let wrong = try await Tutti.run("chat", "--temperature", "hot", input: "")
        #expect(wrong.status == 2 && wrong.error.hasPrefix("tutti: "))
        let missing = try await Tutti.run("chat", "-m", Tutti.model, "--load", "/nowhere/x.json", input: "")
        #expect(missing.status == 1 && missing.error.contains("tutti: cannot read /nowhere/x.json"))
    }
}
