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

            With --voice you speak and the model answers aloud, by a microphone and a loudspeaker (PipeWire, PulseAudio \
            or ALSA). From a pipe each line is then the name of a file of sound, and the answer to question.wav is \
            spoken into question-answer.wav.

            Examples:
              tutti chat
              tutti chat -m smollm2-135m --system "Answer in one sentence."
              tutti chat --load yesterday.json
              tutti chat -m qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b
              tutti chat --voice
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

    @Flag(help: "Speak and listen in place of writing and reading.")
    var voice = false

    @OptionGroup var sampling: SamplingArguments

    @OptionGroup var speculation: SpeculationOptions

    func run() async throws {
        let store = try ModelStore()
        if voice { return try await speak(store) }
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

    /// Holds the conversation aloud.
    private func speak(_ store: ModelStore) async throws {
        let isFiles = isatty(STDIN_FILENO) != 1
        if !isFiles, !Microphone.isThere { _ = try Microphone() }
        // Moonshine follows somebody who speaks; of files Whisper hears more.
        let ear = try await HearingModel.load(isFiles ? nil : "moonshine-tiny", threads: model.threads)
        let speaker = try await SpeakingModel.load(threads: model.threads, store: store)
        let chat = Chat(try await model.load(speculation), system: system)
        if let load { chat.conversation = try Conversation(json: try Input.data(load)) }
        let conversation = VoiceChat(chat: chat, ear: ear, voice: speaker, options: sampling.answer)
        guard isFiles else { return try await Interruption.cancels { try await conversation.run() } }
        let lines = try Input.text("-").split(whereSeparator: \.isNewline).map(String.init)
        let isDone = try await Interruption.cancels { try await conversation.run(lines: lines) }
        if !isDone { throw ExitCode(1) }
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
