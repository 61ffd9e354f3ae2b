import ArgumentParser
import Foundation
import Tutti
import TuttiTerminal

struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat", abstract: "Hold a conversation with a model.",
        discussion: """
            At a terminal: Enter sends; Alt-Enter, Ctrl-J or a backslash before Enter begins another line; Up and Ctrl-R
            find what was sent before; Ctrl-C stops an answer; Ctrl-D leaves. /help lists the commands.

            From a pipe each line is a prompt or a command. Standard output gets the answers and nothing else; the exit
            code is 1 if a prompt or a command failed.

            EXAMPLES
              tutti chat
              tutti chat -m smollm2-135m --system "Answer in one sentence."
              tutti chat --load yesterday.json
              echo "What is a monad?" | tutti chat --temperature 0
              printf '%s\\n' "Name three fugues." "Who wrote the second?" /stats | tutti chat
            """)

    @Option(name: [.short, .customLong("model")], help: "A name of the catalog, a .gguf file, or a folder with one.")
    var model: String?

    @Option(help: "What the model is told before everything else.")
    var system: String?

    @Option(help: "A conversation to go on with, as /save writes it.", completion: .file(extensions: ["json"]))
    var load: String?

    @Option(help: "How freely the next word is chosen; 0 takes the likeliest.")
    var temperature: Double?

    @Option(help: "Makes the same choices each time.")
    var seed: UInt64?

    @Option(help: "The most tokens of an answer.")
    var maxTokens: Int?

    @Option(help: "Tokens that prompt and answer share; never more than the model was made for.")
    var context: Int?

    @Option(help: "Threads to compute on; by default one for each processor.")
    var threads: Int?

    func validate() throws {
        if let context, context < 16 { throw ValidationError("--context is \(context), but must be 16 or more.") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is \(threads), but must be from 1 to 1024.")
        }
        _ = try settings()
    }

    private func settings() throws -> ChatSettings {
        var settings = ChatSettings()
        do {
            if let temperature { try settings.set("temperature", "\(temperature)") }
            if let seed { try settings.set("seed", "\(seed)") }
            if let maxTokens { try settings.set("max-tokens", "\(maxTokens)") }
        } catch {
            throw ValidationError("--\(error)")
        }
        return settings
    }

    func run() async throws {
        let store: ModelStore
        do {
            store = try ModelStore()
        } catch {
            throw ChatFailure.report(error)
        }
        let console = Console(
            historyFile: HistoryFile(store.home.appending(path: "history")), complete: { ChatCompletion.complete($0) })
        defer { console.restore() }
        do {
            let chat = try await ready(store, console)
            let session = ChatSession(chat: chat, settings: try settings(), console: console)
            if let load { try session.load(load) }
            if let system { chat.conversation.system = system }
            try await session.run()
            if session.hasFailed, console.kind == .pipe { throw ExitCode(1) }
        } catch let code as ExitCode {
            throw code
        } catch {
            throw ChatFailure.report(error)
        }
    }

    /// Loads the model, and says so.
    private func ready(_ store: ModelStore, _ console: Console) async throws -> Chat {
        let name = model ?? store.catalog.defaultName
        let file = try store.resolve(name)
        let byteCount = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        let style = TextOutput.error.style
        try TextOutput.error.write(style.dim("loading \(name) (\(ByteText(byteCount))) … "))
        console.onInterrupt {
            try? TextOutput.error.write("\n")
            console.exit(130)
        }
        defer { console.onInterrupt(nil) }
        var options = LoadOptions()
        options.engine.context = context
        options.threads = threads
        let start = ContinuousClock.now
        do {
            let model = try await LanguageModel.load(file: file, name: name, options: options)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            try TextOutput.error.write(style.dim("\(decimal(seconds)) s") + "\n")
            return Chat(model, system: nil)
        } catch {
            try TextOutput.error.write("\n")
            throw error
        }
    }
}

/// Errors that end the program.
enum ChatFailure {
    /// Says what went wrong, and gives the exit code for it.
    static func report(_ error: any Error) -> ExitCode {
        warn(error)
        return ExitCode((error as? StoreError)?.isModelNotFound == true ? 3 : 1)
    }

    /// Says what went wrong, on standard error.
    static func warn(_ error: any Error) {
        try? TextOutput.error.write(TextOutput.error.style.red("tutti: \(harmless("\(error)"))") + "\n")
    }
}

/// A number with `digits` behind the point.
func decimal(_ value: Double, digits: Int = 1) -> String {
    value.formatted(
        .number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
}
