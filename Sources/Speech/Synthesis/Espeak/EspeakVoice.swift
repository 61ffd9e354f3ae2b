internal import Foundation
internal import Synchronization
internal import TuttiTensors

/// One espeak-ng for one voice, on a thread of its own: clauses in the order in which they come. It ends with its
/// owner.
final class EspeakVoice: Sendable {
    private let mailbox = Mailbox<Message>()

    private enum Message: Sendable {
        case ask(String, Ticket, CheckedContinuation<String, any Error>)
        case stop
    }

    /// Whether somebody still waits for an answer.
    private final class Ticket: Sendable {
        private let cancelled = Atomic(false)
        var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
        func cancel() { cancelled.store(true, ordering: .relaxed) }
    }

    init(_ voice: String, program: String?, timeout: Duration) {
        let thread = Thread { [mailbox] in
            LineProcess.survivePipes()
            var dialogue = EspeakDialogue(voice: voice, program: program, timeout: timeout)
            while true {
                for message in mailbox.wait() {
                    switch message {
                    case .ask(_, let ticket, let continuation) where ticket.isCancelled:
                        continuation.resume(throwing: CancellationError())
                    case .ask(let text, _, let continuation):
                        continuation.resume(with: Result { try dialogue.sounds(of: text) })
                    case .stop: return dialogue.end()
                    }
                }
            }
        }
        thread.name = "tutti espeak"
        thread.start()
    }

    deinit { mailbox.send(.stop) }

    func phonemes(of text: String) async throws -> String {
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { mailbox.send(.ask(text, ticket, $0)) }
        } onCancel: {
            ticket.cancel()
        }
    }
}

/// What is said between this process and an espeak-ng. It blocks.
///
/// espeak-ng answers a line with one line of sounds or with several, and does not say which was the last. So after each
/// line it
/// is sent a word that no text has, made up by chance, whose sounds were asked for at the beginning: they end the
/// answer.
struct EspeakDialogue {
    let voice: String
    /// Nil to look for it on the path.
    let program: String?
    let timeout: Duration
    private var process: LineProcess?
    private var sentinel = (word: "", sounds: "")

    init(voice: String, program: String?, timeout: Duration) {
        (self.voice, self.program, self.timeout) = (voice, program, timeout)
    }

    mutating func end() {
        process?.end()
        process = nil
    }

    /// - Throws: ``EspeakError``, after a second try with a new process.
    mutating func sounds(of text: String) throws -> String {
        let lines = EspeakLines.lines(text)
        if lines.isEmpty { return "" }
        do {
            return try ask(lines)
        } catch is LineProcess.Failure {
            end()
        }
        do {
            return try ask(lines)
        } catch let failure as LineProcess.Failure {
            end()
            throw EspeakError(failure, voice: voice, timeout: timeout)
        }
    }

    private mutating func ask(_ lines: [String]) throws -> String {
        let process = try started()
        var answer: [String] = []
        for line in lines {
            let deadline = ContinuousClock.now + timeout
            try process.send([line, sentinel.word])
            while case let sounds = try process.line(before: deadline), sounds != sentinel.sounds {
                answer.append(sounds)
            }
        }
        return EspeakLines.sounds(answer)
    }

    private mutating func started() throws -> LineProcess {
        if let process, process.isRunning { return process }
        guard let path = program ?? Espeak.path else { throw EspeakError.missing }
        // It makes the sound too, which nobody hears: twice as fast it is done in half the time, and the phonemes are the same.
        let process = try LineProcess(path, ["-q", "--ipa", "-b", "1", "-s", "350", "-v", voice])
        sentinel = try Self.sentinel(process, before: ContinuousClock.now + timeout)
        self.process = process
        return process
    }

    /// Makes up the word that ends answers.
    private static func sentinel(
        _ process: LineProcess, before deadline: ContinuousClock.Instant
    ) throws -> (word: String, sounds: String) {
        // Digits for voices that are silent at Latin letters.
        for word in [nonsense(), String(Int.random(in: 1_000_000_000...9_999_999_999))] {
            // The same one line for both says that the word always gives one line.
            try process.send([word, word])
            let first = try process.line(before: deadline), second = try process.line(before: deadline)
            if first == second, !first.isEmpty { return (word, first) }
        }
        throw LineProcess.Failure.ended("its answers cannot be told apart")
    }

    private static func nonsense() -> String {
        (0..<5).map { _ in String("bdfgklmnprstvz".randomElement() ?? "b") + String("aeiou".randomElement() ?? "a") }
            .joined()
    }
}
