import Foundation
import TestSupport
import Testing

/// The committed continuations of llama.cpp, as far as these tests read them.
private struct GreedyGolden: Decodable {
    struct Step: Decodable {
        struct Exact: Decodable { let margin: Double }
        let id: Int, margin: Double, exact: Exact

        /// Whether this token is so much likelier than the next that rounding cannot change the choice.
        var isClear: Bool { margin > 0.8 && exact.margin > 0.8 }
    }

    struct Case: Decodable {
        struct Message: Decodable { let role: String, content: String }
        let name: String, prompt: String, messages: [Message]?
        let prompt_ids: [Int], text: String, steps: [Step]
    }

    let cases: [Case]

    static func load() throws -> [Case] {
        let file = goldens("ModelsTests").appending(path: "greedy-smollm2.json")
        return try JSONDecoder().decode(GreedyGolden.self, from: Data(contentsOf: file)).cases
    }
}

@Suite struct CommandsRunTests {
    /// The prompts whose first tokens are chosen so clearly that rounding cannot change them.
    @Test func saysWhatTheGoldenSays() async throws {
        var checked = 0
        for golden in try GreedyGolden.load() where golden.prompt_ids.count < 200 {
            let ids = golden.steps.prefix { $0.isClear }.map(\.id)
            guard ids.count >= 5 else { continue }
            let outcome = try await Tutti.run(
                "run", "-m", Tutti.model, "--temperature", "0", "--max-tokens", "\(ids.count)", "--raw", "--json",
                golden.prompt)
            let answer = try outcome.json()
            let ours = try #require(answer["tokens"] as? [[String: Any]]).compactMap { $0["id"] as? Int }
            #expect(ours == ids, "\(golden.name)")
            let text = try #require(answer["text"] as? String)
            #expect(golden.text.hasPrefix(text), "\(golden.name): \(text)")
            checked += 1
            if checked == 3 { break }
        }
        #expect(checked >= 2, "too few goldens with margins that wide")
    }

    @Test func theTemplateAndTheRawPromptGiveTheSameAnswer() async throws {
        let golden = try #require(try GreedyGolden.load().first { $0.messages?.count == 1 })
        let question = try #require(golden.messages?.first?.content)
        let options = ["-m", Tutti.model, "--temperature", "0", "--max-tokens", "8"]
        let chat = try await Tutti.program().run(["run"] + options + [question])
        let raw = try await Tutti.program().run(["run"] + options + ["--raw", golden.prompt])
        #expect(chat.status == 0 && raw.status == 0)
        #expect(chat.output == raw.output)
        #expect(!chat.output.isEmpty && chat.output.hasSuffix("\n"))
        #expect(chat.error == "")
    }

    @Test func standardInputIsAPrompt() async throws {
        let options = ["run", "-m", Tutti.model, "--temperature", "0", "--max-tokens", "8"]
        let argument = try await Tutti.program().run(options + ["Say hello."])
        let piped = try await Tutti.program().run(options, input: "Say hello.\n")
        let dash = try await Tutti.program().run(options + ["-"], input: "Say hello.")
        #expect(argument.status == 0)
        #expect(piped.output == argument.output)
        #expect(dash.output == argument.output)
        let empty = try await Tutti.program().run(options, input: "")
        #expect(empty.status == 2)
    }

    @Test func jsonSaysEverything() async throws {
        let outcome = try await Tutti.run(
            "run", "-m", Tutti.model, "--system", "Be brief.", "--temperature", "0", "--max-tokens", "5",
            "--logprobs", "2", "--json", "Name a river.")
        #expect(outcome.status == 0)
        #expect(outcome.error == "")
        let answer = try outcome.json()
        let usage = try #require(answer["usage"] as? [String: Int])
        #expect(usage["completion_tokens"] == 5)
        #expect(try #require(usage["prompt_tokens"]) > 10)
        #expect(usage["cached_tokens"] == 0)
        #expect(answer["finish_reason"] as? String == "length")
        let timings = try #require(answer["timings"] as? [String: Double])
        #expect(try #require(timings["prefill_seconds"]) > 0)
        let tokens = try #require(answer["tokens"] as? [[String: Any]])
        #expect(tokens.count == 5)
        for token in tokens {
            let own = try #require(token["logprob"] as? Double)
            let top = try #require(token["top"] as? [[String: Any]])
            #expect(top.count == 2)
            // Greedy: the token chosen is the likeliest one.
            #expect(top.first?["id"] as? Int == token["id"] as? Int)
            #expect(abs(try #require(top.first?["logprob"] as? Double) - own) < 1e-9)
            #expect(own <= 0)
        }
        #expect(tokens.compactMap { $0["text"] as? String }.joined() == answer["text"] as? String)
    }

    @Test func aSeedRepeatsItself() async throws {
        let options = ["run", "-m", Tutti.model, "--temperature", "1.5", "--seed", "7", "--max-tokens", "12"]
        let first = try await Tutti.program().run(options + ["Tell me a story."])
        let second = try await Tutti.program().run(options + ["--threads", "1", "Tell me a story."])
        #expect(first.status == 0)
        #expect(first.output == second.output)
    }

    @Test func aStopStringEndsTheAnswer() async throws {
        let outcome = try await Tutti.run(
            "run", "-m", Tutti.model, "--raw", "--temperature", "0", "--stop", "6", "--json", "--max-tokens", "60",
            "1, 2, 3, 4,")
        let answer = try outcome.json()
        #expect(answer["finish_reason"] as? String == "stop")
        let text = try #require(answer["text"] as? String)
        #expect(text.contains("5") && !text.contains("6"))
    }

    @Test func anUnknownModelEndsWithThree() async throws {
        for name in ["smollm2-135", "no/such/file.gguf"] {
            let outcome = try await Tutti.run("run", "-m", name, "x")
            #expect(outcome.status == 3)
            #expect(outcome.output == "")
            #expect(outcome.error.hasPrefix("tutti: "))
        }
        var program = try Tutti.program()
        program.environment["TUTTI_HOME"] = try Tutti.folder().path
        let outcome = try await program.run(["run", "-m", Tutti.model, "x"])
        #expect(outcome.status == 3)
        #expect(outcome.error.contains("tutti pull \(Tutti.model)"))
    }

    @Test func aFileThatIsNoModelEndsWithOne() async throws {
        let file = try Tutti.file("nonsense.gguf", "this is no model at all, only some text")
        let outcome = try await Tutti.run("run", "-m", file.path, "x")
        #expect(outcome.status == 1)
        #expect(outcome.error.hasPrefix("tutti: "))
    }

    @Test func controlCStopsTheAnswer() async throws {
        let outcome = try await Tutti.program().run(
            [
                "run", "-m", Tutti.model, "--raw", "--temperature", "0", "--max-tokens", "4000", "--logit-bias",
                "2=-100",
                "--logit-bias", "0=-100", "Once upon a time",
            ], seconds: 60
        ) { identifier, output in
            if !output.isEmpty { kill(identifier, SIGINT) }
        }
        #expect(!outcome.timedOut)
        #expect(outcome.status == 130)
        #expect(!outcome.wasSignalled)
        #expect(!outcome.output.isEmpty)
        #expect(outcome.error == "")
    }

    @Test func aReaderThatLeavesEndsItQuietly() async throws {
        let tutti = try Tutti.program().executable.path
        let shell = Program(URL(filePath: "/bin/sh"))
        let outcome = try await shell.run([
            "-c", "'\(tutti)' run -m \(Tutti.model) --raw --max-tokens 300 'Once upon a time' | head -c 1; echo done",
        ])
        #expect(outcome.error == "")
        #expect(outcome.output.hasSuffix("done\n"))
    }
}
