import Foundation
import Synchronization

/// A program that runs while a test talks to it, such as a server; it is ended when nobody holds this any more.
public final class RunningProgram: Sendable {
    private struct State {
        var output = Data()
        var error = Data()
    }

    private let process: Process
    private let state: Mutex<State>

    struct Silent: Error, CustomStringConvertible {
        let wanted: String
        let error: String
        var description: String {
            "the program did not say \"\(wanted)\" in time; on standard error it said:\n\(error)"
        }
    }

    /// Starts a program.
    public init(_ program: Program, _ arguments: [String]) throws {
        process = Process()
        state = Mutex(State())
        process.executableURL = program.executable
        process.arguments = arguments
        process.environment = program.environment
        let output = Pipe(), error = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = error
        try process.run()
        gather(output) { $0.output += $1 }
        gather(error) { $0.error += $1 }
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    public var identifier: Int32 { process.processIdentifier }
    public var isRunning: Bool { process.isRunning }
    /// What it wrote on standard output and on standard error so far.
    public var output: String { String(decoding: state.withLock(\.output), as: UTF8.self) }
    public var error: String { String(decoding: state.withLock(\.error), as: UTF8.self) }

    public func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits until what it wrote on standard error matches, and gives what the expression's group holds.
    public func waitForError(_ pattern: String, seconds: Double = 120) async throws -> String {
        let expression = try NSRegularExpression(pattern: pattern)
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let text = error
            if let match = expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)),
                let range = Range(match.range(at: match.numberOfRanges - 1), in: text)
            {
                return String(text[range])
            }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Silent(wanted: pattern, error: error)
    }

    /// Waits for its end.
    /// - Returns: Its exit code, or nil when the time is over.
    public func waitForEnd(seconds: Double = 60) async throws -> Int32? {
        let end = ContinuousClock.now + .seconds(seconds)
        while process.isRunning, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
        return process.isRunning ? nil : process.terminationStatus
    }

    private func gather(_ pipe: Pipe, _ keep: @escaping @Sendable (inout State, Data) -> Void) {
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread { [weak self] in
            while case let chunk = handle.availableData, !chunk.isEmpty {
                guard let self else { return }
                self.state.withLock { keep(&$0, chunk) }
            }
        }
    }
}
