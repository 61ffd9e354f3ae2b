internal import Foundation
internal import Synchronization

/// Runs another program to its end; a cancelled task ends the program first.
enum ChildProcess {
    struct Outcome {
        /// The exit status, or 128 + the signal that ended it.
        let status: Int32
        /// The end of what it wrote to standard error.
        let errorText: String
    }

    /// Finds a program on `PATH`; nil where there is none.
    static func find(_ name: String, _ environment: [String: String]) -> String? {
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs `program` in `folder`, without standard input.
    /// - Parameters:
    ///   - output: The file that standard output is appended to; nil throws it away.
    /// - Throws: `CancellationError` after a cancelled task's program has ended; `StoreError` if it cannot be started.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String], folder: URL, output: String? = nil
    ) async throws -> Outcome {
        try Task.checkCancellation()
        let outputFile = try output.map { path in
            let file = try SystemFile(path, .appending)
            return FileHandle(fileDescriptor: dup(file.descriptor), closeOnDealloc: true)
        }
        // Not into a file: when the disk is full, its message must still be heard.
        let errors = Pipe(), tail = Tail()
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = outputFile ?? .nullDevice
        process.standardError = errors
        let child = Child(process)
        try await withTaskCancellationHandler {
            try await child.run { tail.read(errors.fileHandleForReading) }
        } onCancel: {
            child.stop()
        }
        try Task.checkCancellation()
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return Outcome(status: status, errorText: await tail.text())
    }

    /// The last few thousand bytes of a stream, read on a thread of its own so that its writer never waits.
    private final class Tail: Sendable {
        private static let limit = 8192
        private let bytes = Mutex<[UInt8]>([])
        private let done = DispatchGroup()

        func read(_ stream: FileHandle) {
            DispatchQueue.global().async(group: done) { [self] in
                while let chunk = try? stream.read(upToCount: 4096), !chunk.isEmpty {
                    bytes.withLock { bytes in
                        bytes += chunk
                        bytes.removeFirst(max(0, bytes.count - Self.limit))
                    }
                }
            }
        }

        /// What came until the stream ended, or a second after the program did: a grandchild may hold the stream open.
        func text() async -> String {
            let hasResumed = Mutex(false)
            await withCheckedContinuation { continuation in
                let resume: @Sendable () -> Void = {
                    let isFirst = hasResumed.withLock { resumed in
                        defer { resumed = true }
                        return !resumed
                    }
                    if isFirst { continuation.resume() }
                }
                done.notify(queue: .global(), execute: resume)
                DispatchQueue.global().asyncAfter(deadline: .now() + 1, execute: resume)
            }
            return String(decoding: bytes.withLock { $0 }, as: UTF8.self).trimmingCharacters(
                in: .whitespacesAndNewlines)
        }
    }

    // Unchecked: `process` is started and stopped under the lock; after that only its end is waited for.
    private final class Child: @unchecked Sendable {
        private enum State { case ready, running, stopped }
        private let process: Process
        private let state = Mutex(State.ready)

        init(_ process: Process) { self.process = process }

        /// Starts the program, calls `started` and waits for the end.
        func run(_ started: () -> Void) async throws {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                state.withLock { state in
                    guard state == .ready else { return continuation.resume(throwing: CancellationError()) }
                    process.terminationHandler = { _ in continuation.resume() }
                    do {
                        try process.run()
                        state = .running
                        started()
                    } catch {
                        let path = process.executableURL?.path ?? ""
                        let cause = error as NSError, underlying = cause.userInfo[NSUnderlyingErrorKey] as? NSError
                        let code = [cause, underlying].first { $0?.domain == NSPOSIXErrorDomain }??.code
                        continuation.resume(
                            throwing: StoreError.failed(
                                action: "run", path: path, code: code.map(Int32.init) ?? ENOEXEC)
                        )
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
