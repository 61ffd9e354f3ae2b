import Foundation
import Tutti
import TuttiTerminal

/// A conversation at the command line: reads, answers, obeys commands.
final class ChatSession {
    private let chat: Chat
    private let console: Console
    private var settings: ChatSettings
    private var last: GenerationStatistics?
    /// Whether a prompt or a command failed.
    private(set) var hasFailed = false

    init(chat: Chat, settings: ChatSettings, console: Console) {
        (self.chat, self.settings, self.console) = (chat, settings, console)
    }

    /// What the model is told before everything else.
    var system: String? {
        get { chat.conversation.system }
        set { chat.conversation.system = newValue }
    }

    /// Until the input is over or the user leaves.
    /// - Throws: `OutputError` when nobody reads the answers.
    func run() async throws {
        let model = chat.model
        if console.kind != .pipe {
            try say(
                "\(model.name): \(model.shape.architecture), context \(model.context) tokens. "
                    + "/help says what can be done; Ctrl-D leaves.")
        }
        let style = TextOutput.standard.style
        let prompt = Prompt("> ", shown: style.bold("> "), continuation: "  ")
        var isLeaving = false
        while true {
            let input = await console.read(prompt)
            let wasLeaving = isLeaving
            isLeaving = false
            switch input {
            case .end:
                if console.kind == .plain { try TextOutput.standard.write("\n") }
                return
            case .interrupt:
                if console.kind == .plain { try TextOutput.standard.write("\n") }
                if wasLeaving { return }
                isLeaving = true
                try say("Ctrl-C once more, or Ctrl-D, leaves.")
            case .tooLong:
                fail(ChatSessionError.lineTooLong)
            case .text(let line) where line.allSatisfy(\.isWhitespace):
                continue
            case .text(let line):
                if try await obey(ChatLine(line)) == .leave { return }
            }
        }
    }

    private enum Next { case goOn, leave }

    private func obey(_ line: ChatLine) async throws -> Next {
        switch line {
        case .text(let text): try await answer { try $0.send(text, $1) }
        case .unknown(let name, let nearest): fail(ChatSessionError.unknownCommand(name, nearest: nearest))
        case .command(.exit, _): return .leave
        case .command(.regenerate, _): try await answer { try $0.regenerate($1) }
        case .command(let command, let rest):
            do {
                try obey(command, rest)
            } catch let error as OutputError {
                throw error
            } catch {
                fail(error)
            }
        }
        return .goOn
    }

    private func obey(_ command: SlashCommand, _ rest: String) throws {
        switch command {
        case .help: try say(SlashCommand.overview)
        case .system where rest.isEmpty:
            try say(system ?? "There is no system prompt. /system TEXT sets one.")
        case .system: system = rest
        case .clear:
            chat.conversation.clear()
            last = nil
        case .save: try save(rest)
        case .load: try load(rest)
        case .set: try set(rest)
        case .stats: try say(stats)
        case .regenerate, .exit: break
        }
    }

    private func set(_ rest: String) throws {
        let words = rest.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        switch words.count {
        case 0: try say(settings.list)
        case 1: try say("  \(words[0]) \(try settings.value(of: words[0]))")
        default: try settings.set(words[0], words[1].trimmingCharacters(in: .whitespaces))
        }
    }

    private func fail(_ error: any Error) {
        hasFailed = true
        let output = TextOutput.error
        try? output.write(output.style.red("tutti: \(harmless("\(error)"))") + "\n")
    }

    /// Words of the program, not of the model: beside the answers where these go down a pipe.
    private func say(_ text: String) throws {
        let output = console.kind == .pipe || !TextOutput.standard.isTerminal ? TextOutput.error : TextOutput.standard
        try output.write(output.style.dim(harmless(text)) + "\n")
    }
}

// Answers.
extension ChatSession {
    private func answer(_ begin: (Chat, AnswerOptions) throws -> ChatAnswer) async throws {
        let before = chat.conversation
        let answer: ChatAnswer
        do {
            answer = try begin(chat, settings.options)
        } catch {
            return fail(error)
        }
        if !answer.departed.isEmpty {
            let count = answer.departed.count
            try say(count == 1 ? "the oldest turn left the context" : "the \(count) oldest turns left the context")
        }
        let reading = Task { try await ChatSession.show(answer) }
        console.onInterrupt { reading.cancel() }
        defer { console.onInterrupt(nil) }
        let answered = try await reading.value
        if let end = answered.end { last = end.statistics }
        if let error = answered.error { fail(error) }
        if answered.isEmpty, answered.end == nil {
            // Nothing was said: as if nothing had been asked.
            chat.conversation = before
        } else if chat.conversation.messages.last?.role == .user {
            // The model had nothing to say, and templates want turns in turn.
            chat.conversation.append(Message(.assistant, ""))
        }
        if answered.isStopped { try say("stopped") }
        if answered.end?.reason == .length { try say("cut: the answer reached the most tokens it may have") }
        if console.kind != .pipe { try TextOutput.standard.write("\n") }
    }

    /// How the reading of an answer ended.
    private struct Answered: Sendable {
        var isEmpty = true
        var end: TextDelta.End?
        var isStopped = false
        var error: (any Error)?
    }

    private static func show(_ answer: ChatAnswer) async throws -> Answered {
        let output = TextOutput.standard
        var answered = Answered(), endsLine = false, isThinking = false
        do {
            for try await delta in answer {
                answered.end = delta.end
                if !delta.reasoning.isEmpty, output.isTerminal {
                    // Only people watch a model think.
                    isThinking = true
                    try output.write(output.style.dim(harmless(delta.reasoning)))
                }
                guard !delta.text.isEmpty else { continue }
                if isThinking { try output.write("\n\n") }
                isThinking = false
                answered.isEmpty = false
                endsLine = delta.text.hasSuffix("\n")
                try output.write(output.isTerminal ? harmless(delta.text) : delta.text)
            }
        } catch let error as OutputError {
            throw error
        } catch is CancellationError {
        } catch {
            answered.error = error
        }
        answered.isStopped = answered.end == nil && answered.error == nil
        if !endsLine, answered.error == nil || !answered.isEmpty { try output.write("\n") }
        return answered
    }

    private var stats: String {
        guard let last else { return "Nothing was answered yet." }
        let share = last.promptTokens > 0 ? Double(last.cachedTokens) / Double(last.promptTokens) * 100 : 0
        let used = last.promptTokens + last.generatedTokens, context = chat.model.context
        return """
              prompt   \(last.promptTokens) tokens, \(last.cachedTokens) of them cached (\(share.text(digits: 1)) %)
              prefill  \(last.prefillRate.text(digits: 1)) tokens/s, \(last.prefillSeconds.text(digits: 2)) s
              answer   \(last.generatedTokens) tokens\(guessed(last))
              decode   \(last.decodeRate.text(digits: 1)) tokens/s, \(last.decodeSeconds.text(digits: 2)) s
              context  \(used) of \(context) tokens (\((Double(used) / Double(context) * 100).text(digits: 1)) %)
            """
    }
}

extension ChatSession {
    /// How many tokens were guessed, where some were.
    private func guessed(_ statistics: GenerationStatistics) -> String {
        guard statistics.draftedTokens > 0 else { return "" }
        return ", \(statistics.acceptedTokens) of \(statistics.draftedTokens) guesses right"
    }
}

// Files.
extension ChatSession {
    private func save(_ path: String) throws {
        guard !path.isEmpty else { throw ChatSessionError.noFile("/save") }
        let json = try chat.conversation.json()
        do {
            try (json + Data("\n".utf8)).write(to: URL(filePath: ChatCompletion.expanded(path)), options: .atomic)
        } catch {
            throw ChatSessionError.file(path, verb: "write", error.reason)
        }
        try say("saved \(chat.conversation.messages.count) messages to \(path)")
    }

    func load(_ path: String) throws {
        guard !path.isEmpty else { throw ChatSessionError.noFile("/load") }
        let json: Data
        do {
            json = try Data(contentsOf: URL(filePath: ChatCompletion.expanded(path)))
        } catch {
            throw ChatSessionError.file(path, verb: "read", error.reason)
        }
        do {
            chat.conversation = try Conversation(json: json)
        } catch {
            throw ChatSessionError.file(path, verb: "load", "\(error)")
        }
        last = nil
        try say("loaded \(chat.conversation.messages.count) messages from \(path)")
    }
}

/// What a line of a chat can get wrong.
enum ChatSessionError: Error, CustomStringConvertible {
    case unknownCommand(String, nearest: String?)
    case lineTooLong
    case noFile(String)
    case file(String, verb: String, String)

    var description: String {
        switch self {
        case .unknownCommand(let name, let nearest):
            "there is no command \(name)." + (nearest.map { " Did you mean /\($0)?" } ?? "")
                + " /help lists them; // begins a text with /."
        case .lineTooLong: "a line has more than 16 MB: no model reads that much."
        case .noFile(let command): "\(command) wants the name of a file."
        case .file(let path, let verb, let reason): "cannot \(verb) \(path): \(reason)"
        }
    }
}

extension Error {
    /// What a failed file operation says, without the path.
    fileprivate var reason: String {
        if let code = ((self as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError)?.code {
            return unsafe String(cString: strerror(code.rawValue))
        }
        return localizedDescription
    }
}
