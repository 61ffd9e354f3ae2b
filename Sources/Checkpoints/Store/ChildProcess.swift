internal import Foundation
internal import Synchronization

/// Runs another program to its end; a cancelled task ends the program first.
enum ChildProcess {
    struct Outcome {
        /// The exit status, or 128 + the signal that ended it.
        let status: Int32
        /// The last of what it wrote to standard error, at most `errorLimit` bytes.
        let errorText: String
    }

    private static let errorLimit = 8192

    /// Finds a program on `PATH`; nil where there is none.
    static func find(_ name: String, _ environment: [String: String]) -> String? {
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs `program` in `folder`, without standard input.
    /// - Parameters:
    ///   - output: Where standard output is appended; nil throws it away.
    ///   - errors: A file that takes standard error, and stays.
    /// - Throws: `CancellationError` after a cancelled task's program has ended; `StoreError` if it cannot be started.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String], folder: URL, output: String? = nil,
        errors: URL
    ) async throws -> Outcome {
        try Task.checkCancellation()
        let outputFile = try output.map { path in
            let file = try SystemFile(path, .appending)
            return FileHandle(fileDescriptor: dup(file.descriptor), closeOnDealloc: true)
        }
        let errorFile = try SystemFile(errors.path, .creating)
        let errorHandle = FileHandle(fileDescriptor: dup(errorFile.descriptor), closeOnDealloc: true)
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = outputFile ?? .nullDevice
        process.standardError = errorHandle
        let child = Child(process)
        try await withTaskCancellationHandler {
            try await child.run()
        } onCancel: {
            child.stop()
        }
        try Task.checkCancellation()
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return Outcome(status: status, errorText: tail(errors))
    }

    private static func tail(_ file: URL) -> String {
        guard let handle = try? FileHandle(forReadingFrom: file), let end = try? handle.seekToEnd() else { return "" }
        try? handle.seek(toOffset: end > errorLimit ? end - UInt64(errorLimit) : 0)
        return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    // Unchecked: `process` is started and stopped under the lock; after that only its end is waited for.
    private final class Child: @unchecked Sendable {
        private enum State { case ready, running, stopped }
        private let process: Process
        private let state = Mutex(State.ready)

        init(_ process: Process) { self.process = process }

        func run() async throws {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    guard state == .ready else { return continuation.resume(throwing: CancellationError()) }
                    process.terminationHandler = { _ in continuation.resume() }
                    do {
                        try process.run()
                        state = .running
                    } catch {
                        let path = process.executableURL?.path ?? ""
                        continuation.resume(throwing: StoreError.failed(action: "run", path: path, code: ENOEXEC))
                    }
                }
            }
        }

        /// Asks the program to end, and two seconds later makes it.
        func stop() {
            state.withLock { state in
                if state == .running { process.terminate() }
                state = .stopped
            }
            DispatchQueue.global().asyncAfter(deadline: .now() + 2) { [self] in
                if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            }
        }
    }
}
