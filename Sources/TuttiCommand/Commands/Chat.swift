import ArgumentParser
import Foundation
import Tutti
import TuttiTerminal

struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat", abstract: "Hold a conversation with a model.",
        discussion: """
            At a terminal: Enter sends; Alt-Enter, Ctrl-J or a backslash before Enter begins another line; Up and \
            Ctrl-R find what was sent before; Ctrl-C stops an answer; Ctrl-D leaves. /help lists the commands.

            From a pipe each line is a prompt or a command. Standard output gets the answers and nothing else; the \
            exit status is 1 if a prompt or a command failed.

            Examples:
              tutti chat
              tutti chat -m smollm2-135m --system "Answer in one sentence."
              tutti chat --load yesterday.json
              tutti chat -m qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b
              echo "What is a monad?" | tutti chat --temperature 0
              printf '%s\\n' "Name three fugues." "Who wrote the second?" /stats | tutti chat
            """)

    @OptionGroup var model: ModelOptions

    @Option(help: ArgumentHelp("What the model is told before everything else.", valueName: "text"))
    var system: String?

    @Option(
        help: ArgumentHelp("Go on with a conversation that /save wrote.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var load: String?

    @OptionGroup var sampling: SamplingArguments

    @OptionGroup var speculation: SpeculationOptions

    func run() async throws {
        let store = try ModelStore()
        let console = Console(
            historyFile: HistoryFile(store.home.appending(path: "history")), complete: { ChatCompletion.complete($0) })
        defer { console.restore() }
        let session = ChatSession(
            chat: Chat(try await loaded(store, console)), settings: ChatSettings(options: sampling.answer),
            console: console)
        if let load { try session.load(load) }
        if let system { session.system = system }
        try await session.run()
        if session.hasFailed, console.kind == .pipe { throw ExitCode(1) }
    }

    /// Loads the model, and says so.
    private func loaded(_ store: ModelStore, _ console: Console) async throws -> LanguageModel {
        let name = model.name.name(store)
        let file = try store.resolve(name)
        let byteCount = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        let error = TextOutput.error
        try error.write(error.style.dim("loading \(name) (\(ByteText(byteCount))) … "))
        console.onInterrupt {
            try? error.write("\n")
            console.exit(Interruption.exitStatus)
        }
        defer { console.onInterrupt(nil) }
        let start = ContinuousClock.now
        do {
            let loaded = try await model.load(speculation)
            try error.write(
                error.style.dim("\(((ContinuousClock.now - start) / .seconds(1)).text(digits: 1)) s") + "\n")
            return loaded
        } catch let failure {
            try error.write("\n")
            throw failure
        }
    }
}
