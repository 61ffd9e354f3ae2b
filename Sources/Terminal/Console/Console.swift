public import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where a program and a person talk: prompts come in, signals are heard, and the terminal is left as it was found.
///
/// One for a program. A thread of its own waits for input and signals, so that nothing else has to.
public final class Console: Sendable {
    public enum Kind: Sendable, Equatable {
        /// No person: lines of a pipe or a file.
        case pipe
        /// A terminal that shows no more than plain text; it edits lines itself.
        case plain
        /// A terminal with our editor.
        case edited
    }

    /// What comes in.
    public enum Input: Sendable, Equatable {
        case text(String)
        /// A line that is longer than any prompt may be.
        case tooLong
        /// Ctrl-C where nothing was written.
        case interrupt
        /// The input is over, or Ctrl-D was pressed.
        case end
    }

    public let kind: Kind
    let state = Mutex(State())
    private let mode: TerminalMode?

    struct Request {
        let prompt: Prompt
        let continuation: CheckedContinuation<Input, Never>
    }

    struct State {
        var request: Request?
        var interrupt: (@Sendable () -> Void)?
    }

    /// What kind of console standard input and output make.
    public static func kind(environment: [String: String] = ProcessInfo.processInfo.environment) -> Kind {
        if isatty(STDIN_FILENO) != 1 { return .pipe }
        return isatty(STDOUT_FILENO) == 1 && !Style.isDumb(environment) ? .edited : .plain
    }

    /// - Parameters:
    ///   - historyFile: What the editor's Up and Ctrl-R find, and where it notes what is sent.
    ///   - complete: How the text before the cursor can go on when Tab is pressed.
    public init(
        kind: Kind = Console.kind(), historyFile: HistoryFile? = nil,
        complete: @escaping @Sendable (_ before: String) -> Completion? = { _ in nil }
    ) {
        self.kind = kind
        mode = kind == .edited ? TerminalMode(STDIN_FILENO) : nil
        Signals.hear(SIGINT)
        if kind == .edited {
            for signal in [SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH] { Signals.hear(signal) }
        }
        setMode(.quiet, isNew: true)
        let start = ConsoleThread.Start(console: self, historyFile: historyFile, complete: complete)
        let thread = Thread { ConsoleThread(start).run() }
        thread.name = "tutti console"
        thread.start()
    }

    /// The next input, asked for with `prompt` where there is a person.
    public func read(_ prompt: Prompt) async -> Input {
        await withCheckedContinuation { continuation in
            state.withLock { $0.request = Request(prompt: prompt, continuation: continuation) }
            Signals.wake()
        }
    }

    /// What Ctrl-C does while nothing is being read; nothing without it.
    public func onInterrupt(_ interrupt: (@Sendable () -> Void)?) {
        state.withLock { $0.interrupt = interrupt }
    }

    /// Leaves the terminal as it was found. Call it before the program ends.
    public func restore() { setMode(.original) }

    /// Ends the program at once, with the terminal as it was found.
    public func exit(_ code: Int32) -> Never {
        restore()
        _exit(code)
    }

    /// - Parameter isNew: Whether the terminal was in its original mode before.
    func setMode(_ kind: TerminalMode.Kind, isNew: Bool = false) {
        guard let mode else { return }
        mode.set(kind)
        // Bracketed paste: pasted newlines do not send.
        guard isNew || kind == .original else { return }
        try? TextOutput.standard.write(kind == .original ? "\u{1B}[?2004l" : "\u{1B}[?2004h")
    }
}
