import ArgumentParser
import Tutti

struct Perplexity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how well a model foretells a text.",
        discussion: """
            The text is cut into tokens whole, then into windows that do not overlap and do not see each other; each \
            begins with the model's opening token, where it wants one. Lower is better; compare only equal windows.

            Examples:
              tutti perplexity -m smollm2-135m book.txt
              tutti perplexity -m smollm2-135m --window 1024 --cache-type q8_0 --json book.txt
            """)

    @OptionGroup var options: ModelOptions

    @Option(help: ArgumentHelp("Tokens of a window.", valueName: "n"))
    var window = 256

    @Flag(help: "Write one JSON document.")
    var json = false

    @Argument(help: "The text; `-` is standard input.")
    var file: String

    func validate() throws { try require(window, "--window", in: 2...(1 << 30)) }

    func run() async throws {
        let text = try Input.text(file)
        let model = try await options.load()
        do {
            let result = try await model.perplexity(text, window: window) { done, total in
                if Output.errorIsTerminal { Output.note("\r\(done) of \(total) tokens", terminator: "") }
            }
            if Output.errorIsTerminal { Output.note("") }
            if json {
                try Output.line(["tokens": JSON(result.tokenCount), "perplexity": .number(result.value)])
            } else {
                try Output.line("\(result.value.text(digits: 4)) over \(result.tokenCount) tokens")
            }
        } catch let error as ScoringError {
            if case .badWindow = error { throw ValidationError("\(error)") }
            throw error
        }
    }
}
