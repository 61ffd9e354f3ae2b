import Foundation
import TestSupport
import Testing

/// `tutti chat` with a person: in a pseudo-terminal. One at a time, as they all want the processor.
@Suite(.serialized) struct ChatTerminalTests {
    /// A store of its own, so that no test sees another's history.
    private let home: URL
    private let model: String

    init() throws {
        home = try Tutti.folder()
        model = try TestModel.path(Tutti.model).path
    }

    private func chat(_ more: [String] = [], _ variables: [String: String] = [:], columns: Int = 80) throws
        -> PseudoTerminal
    {
        var environment = ProcessInfo.processInfo.environment
        environment["TERM"] = "xterm-256color"
        environment["NO_COLOR"] = nil
        environment["TUTTI_HOME"] = home.path
        environment.merge(variables) { $1 }
        return try PseudoTerminal(
            Tutti.program().executable,
            ["chat", "-m", model, "--temperature", "0", "--max-tokens", "8", "--threads", "2"] + more,
            environment: environment, columns: columns)
    }

    /// The prompt, in bold and with the cursor behind it.
    private let prompt = "\u{1B}[1m> \u{1B}[0m\r\u{1B}[2C"

    /// Sends a line and waits until it was taken. What follows is the answer.
    private func say(_ text: String, to terminal: PseudoTerminal) throws {
        try terminal.type(text + "\r")
        // Drawn a last time, whole, with the cursor on the row below.
        try terminal.expect("\(text)\r\n")
    }

    @Test func greetsAnswersAndLeavesTheTerminalAsItWas() throws {
        let terminal = try chat()
        try terminal.expect("loading ")
        try terminal.expect("llama, context 8192 tokens. /help says")
        try terminal.expect(prompt)
        #expect(!terminal.isCooked)
        try say("Name a colour.", to: terminal)
        let answer = try terminal.expect(prompt)
        #expect(answer.contains { $0.isLetter })
        try terminal.type("\u{4}")
        #expect(try terminal.waitForExit() == 0)
        #expect(terminal.isCooked)
        #expect(terminal.output.hasSuffix("\u{1B}[?2004l"))
    }

    @Test func controlCStopsTheAnswerAndNotTheProgram() throws {
        let terminal = try chat(["--max-tokens", "8000"])
        try terminal.expect(prompt)
        try say("Tell me a very long story.", to: terminal)
        try terminal.expect(" ")
        try terminal.type("\u{3}")
        try terminal.expect("stopped")
        try terminal.expect(prompt)
        try say("/set max-tokens 4", to: terminal)
        try terminal.expect(prompt)
        try say("And now?", to: terminal)
        #expect(try terminal.expect(prompt).contains { $0.isLetter })
        // At an empty prompt it takes two.
        try terminal.type("\u{3}")
        try terminal.expect("Ctrl-C once more")
        try terminal.expect(prompt)
        try terminal.type("\u{3}")
        #expect(try terminal.waitForExit() == 0)
        #expect(terminal.isCooked)
    }

    @Test func controlCWhileWritingDropsTheText() throws {
        let terminal = try chat()
        try terminal.expect(prompt)
        try terminal.type("abc")
        try terminal.expect("abc")
        try terminal.type("\u{3}")
        try terminal.expect("abc^C\r\n")
        try terminal.expect(prompt)
        try say("/exit", to: terminal)
        #expect(try terminal.waitForExit() == 0)
    }

    @Test func controlCWhileTheModelLoadsEndsTheProgram() throws {
        // This test may be slower than loading is: then Ctrl-D leaves, and it tries again.
        for _ in 1...10 {
            let terminal = try chat()
            try terminal.expect("loading ")
            try terminal.type("\u{3}\u{4}")
            let status = try terminal.waitForExit()
            #expect(terminal.isCooked)
            if status == 130 { return }
        }
        Issue.record("Ctrl-C while the model loads did not end the program with 130")
    }

    @Test func commandsAndTheirCompletion() throws {
        let file = home.appending(path: "talk.json")
        let terminal = try chat()
        try terminal.expect(prompt)
        try terminal.type("/sy\t")
        try terminal.expect("/system ")
        try terminal.type("Be brief.\r")
        try terminal.expect("/system Be brief.\r\n")
        try terminal.expect(prompt)
        try say("/system", to: terminal)
        try terminal.expect("Be brief.")
        try terminal.expect(prompt)
        try say("Name a colour.", to: terminal)
        try terminal.expect(prompt)
        try say("/save \(file.path)", to: terminal)
        try terminal.expect("saved 3 messages")
        try terminal.expect(prompt)
        try say("/clear", to: terminal)
        try terminal.expect(prompt)
        try say("/regenerate", to: terminal)
        try terminal.expect("tutti: There is nothing to answer")
        try terminal.expect(prompt)
        try say("/load \(file.path)", to: terminal)
        try terminal.expect("loaded 3 messages")
        try terminal.expect(prompt)
        try say("/regenerate", to: terminal)
        #expect(try terminal.expect(prompt).contains { $0.isLetter })
        try say("/stats", to: terminal)
        try terminal.expect("tokens/s")
        try terminal.expect(prompt)
        try terminal.type("/s\t")
        try terminal.expect("/system  /save  /set  /stats\r\n")
        try terminal.type("\u{15}/exit\r")
        #expect(try terminal.waitForExit() == 0)
    }

    @Test func manyLinesArePastedAndWritten() throws {
        let terminal = try chat()
        try terminal.expect(prompt)
        try terminal.type("\u{1B}[200~/system one\rtwo\r\u{1B}[201~three")
        try terminal.expect("> \u{1B}[0m/system one\r\n  two\r\n  three")
        try terminal.type("\r")
        try terminal.expect("three\r\n")
        try terminal.expect(prompt)
        try say("/system", to: terminal)
        try terminal.expect("one\r\ntwo\r\nthree")
        try terminal.expect(prompt)
        // A backslash, Alt-Enter and Ctrl-J.
        for key in ["\\\r", "\u{1B}\r", "\n"] {
            try terminal.type("/system A")
            try terminal.expect("/system A")
            try terminal.type(key)
            try terminal.expect("/system A\r\n  ")
            try terminal.type("B\r")
            try terminal.expect("/system A\r\n  B\r\n")
            try terminal.expect(prompt)
            try say("/system", to: terminal)
            try terminal.expect("A\r\nB")
            try terminal.expect(prompt)
        }
        try terminal.type("\u{4}")
        #expect(try terminal.waitForExit() == 0)
    }

    @Test func whatWasSentComesBackAlsoInALaterSession() throws {
        let first = try chat()
        try first.expect(prompt)
        try say("/set top-k 7", to: first)
        try first.expect(prompt)
        try say("/set top-k 8", to: first)
        try first.expect(prompt)
        try first.type("\u{1B}[A\u{1B}[A")
        try first.expect("/set top-k 7")
        try first.type("\r")
        try first.expect(prompt)
        try first.type("\u{4}")
        #expect(try first.waitForExit() == 0)

        let second = try chat()
        try second.expect(prompt)
        try second.type("\u{1B}[A\u{1B}OA")
        try second.expect("/set top-k 8")
        try second.type("\u{15}\u{12}k 7")
        try second.expect("(search) k 7: /set top-k 7")
        try second.type("\u{7}")
        try second.expect(prompt)
        try second.type("\u{4}")
        #expect(try second.waitForExit() == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: home.appending(path: "history").path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func textWrapsAndFollowsTheWindow() throws {
        let terminal = try chat(columns: 20)
        try terminal.expect(prompt)
        try terminal.type("0123456789abcdefghijk日本")
        try terminal.expect("0123456789abcdefgh\r\nijk日本")
        terminal.resize(columns: 12, rows: 24)
        try terminal.expect("0123456789\r\nabcdefghijk\r\n日本")
        try terminal.type("\u{15}\u{4}")
        #expect(try terminal.waitForExit() == 0)
    }

    @Test func stopsAndGoesOn() throws {
        let terminal = try chat()
        try terminal.expect(prompt)
        try terminal.type("abc")
        try terminal.expect("abc")
        // The shell's job control is not here: a stop of a whole orphaned session is refused, so it is drawn anew at once.
        try terminal.type("\u{1A}")
        try terminal.expect("\u{1B}[?2004l")
        try terminal.expect("abc")
        terminal.send(signal: SIGSTOP)
        try terminal.waitForStop()
        terminal.send(signal: SIGCONT)
        try terminal.expect("abc")
        #expect(!terminal.isCooked)
        try terminal.type("\u{15}\u{4}")
        #expect(try terminal.waitForExit() == 0)
    }

    @Test(arguments: [SIGTERM, SIGHUP])
    func aSignalThatEndsItLeavesTheTerminalAsItWas(signal: Int32) throws {
        let terminal = try chat(["--max-tokens", "8000"])
        try terminal.expect(prompt)
        if signal == SIGTERM { try say("Tell me a very long story.", to: terminal) }
        terminal.send(signal: signal)
        #expect(try terminal.waitForExit() == 128 + signal)
        #expect(terminal.isCooked)
    }

    @Test func aDumbTerminalGetsPlainText() throws {
        let terminal = try chat([], ["TERM": "dumb"])
        try terminal.expect("/help says")
        try terminal.expect("\r\n> ")
        try terminal.type("Name a\\\n")
        try terminal.expect("\r\n  ")
        try terminal.type("colour.\n")
        try terminal.expect("colour.\r\n")
        let answer = try terminal.expect("\r\n> ")
        #expect(answer.contains { $0.isLetter })
        try terminal.type("\u{3}")
        try terminal.expect("Ctrl-C once more")
        try terminal.expect("> ")
        try terminal.type("\u{4}")
        #expect(try terminal.waitForExit() == 0)
        #expect(!terminal.output.contains("\u{1B}"))
    }

    @Test func withoutColoursTheEditorWorksAllTheSame() throws {
        let terminal = try chat([], ["NO_COLOR": "1"])
        try terminal.expect("> \r\u{1B}[2C")
        try say("/nothing", to: terminal)
        try terminal.expect("tutti: there is no command /nothing")
        try terminal.expect("> \r\u{1B}[2C")
        try terminal.type("\u{4}")
        #expect(try terminal.waitForExit() == 0)
        // No sequence that sets colours or weights.
        #expect(!terminal.output.contains(/\x1B\[[0-9;]*m/))
    }
}
