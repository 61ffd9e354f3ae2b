import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Waits for input and for signals, on one thread.
final class ConsoleThread {
    struct Start: Sendable {
        let console: Console
        let historyFile: HistoryFile?
        let complete: @Sendable (_ before: String) -> Completion?
    }

    private let console: Console
    private let historyFile: HistoryFile?
    private var request: Console.Request?
    private var lines = LineBuffer()
    private var isOver = false
    /// The lines of a text whose next line was asked for by a backslash; on a plain terminal.
    private var begun = ""
    private var keys = KeyDecoder()
    private var waiting: [Key] = []
    private var editor: LineEditor
    private var drawing: Drawing

    init(_ start: Start) {
        (console, historyFile) = (start.console, start.historyFile)
        let history = start.console.kind == .edited ? start.historyFile?.load() ?? [] : []
        editor = LineEditor(history: History(history), complete: start.complete)
        let size = TerminalMode.size(STDOUT_FILENO)
        drawing = Drawing(columns: size.columns, rows: size.rows)
    }

    func run() {
        while true {
            var files = [
                pollfd(fd: Signals.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            ]
            let watched = request == nil ? 1 : 2
            // A lone Escape is known by the silence behind it.
            let timeout: Int32 = request != nil && keys.isWaiting ? 50 : -1
            let count = unsafe poll(&files, nfds_t(watched), timeout)
            if count < 0, errno != EINTR { return end() }
            if files[0].revents != 0 { for signal in Signals.take() { hear(Int32(signal)) } }
            if request == nil { continue }
            if count == 0 { press(keys.flush()) }
            if watched == 2, files[1].revents != 0 { read() }
        }
    }

    private func hear(_ signal: Int32) {
        switch signal {
        case 0: begin()
        case SIGINT:
            if let request, console.kind == .plain {
                begun = ""
                answer(request, .interrupt)
            } else if request != nil, console.kind == .edited {
                press([.control("c")])
            } else {
                console.state.withLock(\.interrupt)?()
            }
        case SIGTSTP: suspend()
        case SIGCONT: resume()
        case SIGWINCH:
            let size = TerminalMode.size(STDOUT_FILENO)
            drawing.resize(columns: size.columns, rows: size.rows)
            if request != nil { show() }
        default:
            console.restore()
            Signals.obey(signal)
        }
    }

    /// Takes up what is to be read.
    private func begin() {
        guard
            let request = console.state.withLock({ state in
                defer { state.request = nil }
                return state.request
            })
        else { return }
        self.request = request
        switch console.kind {
        case .pipe, .plain: ask(request.prompt.text)
        case .edited:
            console.setMode(.keys)
            drawing.forget()
            let keys = waiting
            waiting = []
            press(keys)
            return
        }
        takeLine()
    }

    private func end() {
        isOver = true
        if let request { answer(request, .end) }
    }

    private func answer(_ request: Console.Request, _ input: Console.Input) {
        self.request = nil
        if console.kind == .edited { console.setMode(.quiet) }
        request.continuation.resume(returning: input)
    }

    private func read() {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe Foundation.read(STDIN_FILENO, &bytes, bytes.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return }
        switch console.kind {
        case .pipe, .plain:
            if count > 0 { lines.append(bytes[..<count]) }
            // Ctrl-D at a terminal ends a line, and at its beginning the input.
            isOver = count <= 0
            takeLine()
        case .edited:
            if count <= 0 { return end() }
            press(keys.decode(bytes[..<count]))
        }
    }
}

// Lines, from a pipe or from a terminal that edits them itself.
extension ConsoleThread {
    private func ask(_ prompt: String) {
        guard console.kind == .plain else { return }
        try? (TextOutput.standard.isTerminal ? TextOutput.standard : .error).write(prompt)
    }

    private func takeLine() {
        while let request {
            guard let line = lines.next() ?? (isOver ? lines.last() : nil) else {
                if isOver { answer(request, begun.isEmpty ? .end : .text(begun)) }
                return
            }
            guard case .text(var text) = line else {
                begun = ""
                return answer(request, .tooLong)
            }
            if console.kind == .plain, text.last == "\\" {
                text.removeLast()
                begun += text + "\n"
                ask(request.prompt.continuation)
                continue
            }
            text = begun + text
            begun = ""
            answer(request, .text(text))
        }
    }
}

// Keys, with our own editor.
extension ConsoleThread {
    private func show() { write(drawing.show(editor, request?.prompt ?? Prompt("", continuation: ""))) }

    private func write(_ text: String) { try? TextOutput.standard.write(text) }

    private func press(_ pressed: [Key]) {
        for (index, key) in pressed.enumerated() {
            guard let request else {
                // Typed ahead, for the next prompt.
                waiting += pressed[index...]
                return
            }
            let written = editor.text, newest = editor.history.entries.last
            switch editor.press(key) {
            case .show: continue
            case .send(let text):
                write(drawing.leave(Array(text), request.prompt))
                if editor.history.entries.last != newest { try? historyFile?.append(text) }
                answer(request, .text(text))
            case .leave:
                write(drawing.leave([], request.prompt))
                answer(request, .end)
            case .interrupt(let hadText):
                write(drawing.leave(written, request.prompt, mark: hadText ? "^C" : ""))
                if !hadText { answer(request, .interrupt) }
            case .suspend: suspend()
            case .clearScreen:
                write("\u{1B}[H\u{1B}[2J")
                drawing.forget()
            case .list(let candidates):
                write(drawing.leave(written, request.prompt) + candidates.joined(separator: "  ") + "\n")
            }
        }
        if request != nil { show() }
    }

    private func suspend() {
        if request != nil { write(drawing.leave(editor.text, request?.prompt ?? Prompt("", continuation: ""))) }
        console.restore()
        Signals.obey(SIGTSTP)
        // Here the program goes on, once somebody wants it to.
        Signals.hear(SIGTSTP)
        resume()
    }

    private func resume() {
        console.setMode(request == nil ? .quiet : .keys, isNew: true)
        if request != nil { show() }
    }
}
