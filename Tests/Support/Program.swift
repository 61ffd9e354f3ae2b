public import Foundation
import Synchronization

/// A program that a test starts, feeds and waits for; pipes are emptied all the while, and time is limited.
public struct Program: Sendable {
    /// What a program left.
    public struct Outcome: Sendable {
        public let status: Int32
        /// Whether a signal ended it; `status` is its number then.
        public let wasSignalled: Bool
        public let output: String
        public let error: String
        /// Whether it had to be killed because its time was over.
        public let timedOut: Bool

        /// The JSON of each line of its output.
        public func jsonLines() throws -> [[String: Any]] {
            try output.split(separator: "\n").map { line in
                let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
                guard let object = value as? [String: Any] else { throw NotAnObject(text: String(line)) }
                return object
            }
        }

        /// The one JSON document that is all of its output.
        public func json() throws -> [String: Any] {
            let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
            guard let object = value as? [String: Any] else { throw NotAnObject(text: output) }
            return object
        }
    }

    struct NotAnObject: Error { let text: String }

    struct Missing: Error, CustomStringConvertible {
        let name: String
        var description: String { "the program \(name) is not built: swift build -c release --product \(name)" }
    }

    public let executable: URL
    public var environment = ProcessInfo.processInfo.environment

    public init(_ executable: URL) { self.executable = executable }

    /// A program of this package, from beside the test bundle or from the release build.
    public static func built(_ name: String) throws -> Program {
        var folders = CommandLine.arguments.prefix(1).map { URL(filePath: $0).deletingLastPathComponent() }
        folders += Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
        folders.append(repository.appending(path: ".build/release"))
        let found = folders.map { $0.appending(path: name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let found else { throw Missing(name: name) }
        return Program(found)
    }

    /// Runs the program to its end.
    /// - Parameters:
    ///   - input: What it finds on standard input; nothing, at once, when nil.
    ///   - seconds: It is killed after that long.
    ///   - started: Called with its process id and what it has written so far, a hundred times a second.
    public func run(
        _ arguments: [String], input: String? = nil, seconds: Double = 120,
        watching: @escaping @Sendable (_ identifier: Int32, _ output: String) -> Void = { _, _ in }
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        let standardInput = Pipe(), standardOutput = Pipe(), standardError = Pipe()
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardError
        try process.run()
        let output = Reader(standardOutput), error = Reader(standardError)
        let writer = Thread {
            // A program that does not read must not end the tests.
            signal(SIGPIPE, SIG_IGN)
            if let input { try? standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
            try? standardInput.fileHandleForWriting.close()
        }
        writer.start()
        let timedOut = await withCheckedContinuation { continuation in
            // On a thread of its own: where tests keep the pool's threads busy, nobody there would look for minutes.
            Thread.detachNewThread {
                let end = ContinuousClock.now + .seconds(seconds)
                var timedOut = false
                while process.isRunning {
                    watching(process.processIdentifier, output.text)
                    if ContinuousClock.now > end {
                        timedOut = true
                        kill(process.processIdentifier, SIGKILL)
                    }
                    Thread.sleep(forTimeInterval: 0.01)
                }
                continuation.resume(returning: timedOut)
            }
        }
        return Outcome(
            status: process.terminationStatus, wasSignalled: process.terminationReason == .uncaughtSignal,
            output: await output.finished(), error: await error.finished(), timedOut: timedOut)
    }

    /// Empties a pipe on a thread of its own.
    private final class Reader: Sendable {
        private struct State {
            var data = Data()
            var isOver = false
        }

        private let state = Mutex(State())

        init(_ pipe: Pipe) {
            let handle = pipe.fileHandleForReading
            Thread.detachNewThread { [self] in
                // What has come so far, not a full buffer; nothing at the end.
                while case let chunk = handle.availableData, !chunk.isEmpty {
                    state.withLock { $0.data += chunk }
                }
                state.withLock { $0.isOver = true }
            }
        }

        var text: String { String(decoding: state.withLock { $0.data }, as: UTF8.self) }

        func finished() async -> String {
            while !state.withLock({ $0.isOver }) { try? await Task.sleep(for: .milliseconds(5)) }
            return text
        }
    }
}
