import ArgumentParser
import Foundation
import Tutti

@main struct TuttiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tutti",
        abstract: "Talk with open language models on your own machine.",
        discussion: """
            Begin with:
              tutti pull qwen2.5-coder-0.5b
              tutti run "What is a fugue?"

            MODEL is a name of the catalog (`tutti list`), hf:OWNER/NAME[:FILE], a .gguf file, or a folder. Models are kept under \
            TUTTI_HOME. Exit status: 0 done, 1 failed, 2 wrong use, 3 model not found, 130 interrupted.
            """,
        version: "tutti \(tuttiVersion)",
        groupedSubcommands: [
            CommandGroup(
                name: "Talk",
                subcommands: [Run.self, ChatCommand.self, Transcribe.self, Speak.self, See.self, Classify.self]),
            CommandGroup(name: "Serve", subcommands: [Serve.self, Keys.self]),
            CommandGroup(name: "Models", subcommands: [Pull.self, List.self, Show.self, Quantize.self, Remove.self]),
            CommandGroup(name: "Look inside", subcommands: [Tokenize.self, Template.self, Embed.self]),
            CommandGroup(
                name: "Measure and check", subcommands: [Bench.self, Score.self, Perplexity.self, Doctor.self]),
        ])

    static func main() async {
        Interruption.install()
        var name: String?
        do {
            var command = try parseAsRoot()
            name = type(of: command)._commandName
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let status = report(error, command: name)
            // Without the clearing up of `exit`, which must not meet an engine that is still computing.
            fflush(nil)
            _exit(status)
        }
    }

    /// Says what went wrong, in a line or two, and returns the exit status that goes with it.
    /// - Parameter command: The command that was running; nil where it was not understood.
    private static func report(_ error: any Error, command: String?) -> Int32 {
        switch error {
        case let status as ExitCode: return status.rawValue
        case is CancellationError: return Interruption.exitStatus
        case let error as StoreError:
            Output.note("tutti: \(error)")
            return error.isModelNotFound ? 3 : 1
        case let error as SamplingError where error.isWrongUse:
            Output.note("tutti: \(error)")
            return 2
        default: break
        }
        switch exitCode(for: error) {
        case .success:
            try? Output.line(fullMessage(for: error))
            return 0
        case .validationFailure:
            // The parser's own text ends in the usage and where more help is: its last line is enough.
            let help = fullMessage(for: error).split(separator: "\n").last { $0.contains("--help'") }
            let told = help?.split(separator: "'").dropFirst().first.map(String.init) ?? "tutti --help"
            let words = command.map { "tutti \($0) --help" } ?? told
            Output.note("tutti: \(message(for: error))\nSee `\(words)`.")
            return 2
        default:
            Output.note("tutti: \(error)")
            return 1
        }
    }
}

extension SamplingError {
    /// Whether an option was wrong, rather than a model's numbers.
    var isWrongUse: Bool {
        switch self {
        case .outOfRange, .noSuchToken, .breakersNeedText, .emptyString, .stringsTooLong: true
        case .wrongCount, .notFinite, .nothingAllowed: false
        }
    }
}
