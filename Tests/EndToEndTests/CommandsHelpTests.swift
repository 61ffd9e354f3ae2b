import Foundation
import TestSupport
import Testing

/// What `--help` says, word for word; `UPDATE_SNAPSHOTS=1` writes it anew.
@Suite struct CommandsHelpTests {
    static let commands = [
        "", "chat", "run", "transcribe", "speak", "tokenize", "template", "embed", "score", "perplexity", "bench",
        "doctor", "pull", "list", "show", "quantize", "rm", "serve", "keys", "see", "classify",
    ]

    @Test(arguments: commands) func isAsCommitted(command: String) async throws {
        var program = try Tutti.program()
        program.environment["COLUMNS"] = "100"
        let outcome = try await program.run(command.isEmpty ? ["--help"] : [command, "--help"])
        #expect(outcome.status == 0)
        #expect(outcome.error == "")
        let file = goldens("EndToEndTests").appending(path: "help/\(command.isEmpty ? "tutti" : command).txt")
        if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
            try Data(outcome.output.utf8).write(to: file)
        }
        #expect(outcome.output == (try String(contentsOf: file, encoding: .utf8)))
        if !command.isEmpty { #expect(outcome.output.contains("Example"), "help without an example") }
    }

    @Test func versionIsOneLine() async throws {
        let outcome = try await Tutti.run("--version")
        #expect(outcome.status == 0)
        #expect(outcome.output.wholeMatch(of: /tutti \d+\.\d+\.\d+\n/) != nil)
    }

    @Test(arguments: [
        ["no-such-command"], ["run", "--no-such-option", "x"], ["run", "--threads", "many", "x"],
        ["run", "--temperature", "-1", "x"], ["run", "--temperature=nan", "x"], ["run", "--max-tokens", "-3", "x"],
        ["run", "--raw", "--image", "a.png", "x"], ["see"], ["see", "--draw", "o.png", "a.png", "b.png"],
        ["classify", "a.png", "x"], ["classify", "-m", "m", "a.png"],
        ["classify", "-m", "m", "--template", "x", "a.png", "y"],
        ["run", "--speak", "a.txt", "x"], ["run", "--raw", "--system", "s", "x"],
        ["run", "--raw", "--audio", "a.wav", "x"],
        ["speak", " "], ["speak", "--speed", "9", "x"], ["speak", "-o", "a.doc", "x"], ["transcribe"],
        ["transcribe", "--srt", "--json", "a.wav"], ["transcribe", "--words", "a.wav"],
        ["run", "--logit-bias", "nonsense", "x"], ["run", ""], ["score"], ["bench", "--prefill", "a,b"],
        ["bench", "--prefill", "0", "--decode", "0"], ["bench", "--price", "-1"], ["bench", "--price", "nan"],
        ["bench", "--conversations", "0"], ["bench", "--conversations", "2", "--depth", "5"],
        ["template", "--now", "yesterday", "x.json"], ["rm"],
        ["run", "-m", Tutti.model, "--logit-bias", "999999=1", "x"],
        ["bench", "-m", Tutti.model, "--prefill", "1000000"],
        ["perplexity", "-m", Tutti.model, "--window", "1", repository.appending(path: "README.md").path],
    ])
    func wrongUseIsExplainedOnStandardError(arguments: [String]) async throws {
        let outcome = try await Tutti.program().run(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.error.hasPrefix("tutti: "), "\(outcome.error)")
        #expect(outcome.error.split(separator: "\n").count <= 3, "\(outcome.error)")
    }
}
