import Foundation
import Synchronization

/// A program that was run to its end, or stopped at a limit.
struct ProgramOutcome {
    enum End { case done, failed, tookTooLong, wroteTooMuch }

    let end: End
    let output: [UInt8]
    /// The beginning of what it wrote to standard error.
    let errors: String

    /// Runs `program` without standard input and waits for it.
    /// - Parameters:
    ///   - megabytes: Of its address space, where the system can limit that.
    ///   - seconds: After which it is ended.
    ///   - mostBytes: Of its standard output.
    /// - Throws: If it cannot be started.
    init(_ program: String, _ arguments: [String], megabytes: Int, seconds: Double, mostBytes: Int) throws {
        let process = Process(), output = Pipe(), errors = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        let limits = "ulimit -v \(megabytes * 1024) 2>/dev/null; exec \"$@\""
        process.arguments = ["-c", limits, "sh", program] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // What this process holds of the other ends would keep them open.
        try? output.fileHandleForWriting.close()
        try? errors.fileHandleForWriting.close()

        let watch = Watch(process, seconds: seconds), heard = Stream(errors.fileHandleForReading)
        var bytes: [UInt8] = [], isTooMuch = false
        while let chunk = try? output.fileHandleForReading.read(upToCount: 1 << 16), !chunk.isEmpty {
            if bytes.count + chunk.count > mostBytes {
                isTooMuch = true
                watch.stop()
                break
            }
            bytes += chunk
        }
        process.waitUntilExit()
        let isLate = watch.finish()
        self.output = bytes
        self.errors = heard.text()
        end = isTooMuch ? .wroteTooMuch : isLate ? .tookTooLong : process.terminationStatus == 0 ? .done : .failed
    }

    // Unchecked: the process is only ended here, under the lock, and not after it has ended by itself.
    private final class Watch: @unchecked Sendable {
        private let process: Process
        private let state = Mutex((isOver: false, isLate: false))

        init(_ process: Process, seconds: Double) {
            self.process = process
            Thread.detachNewThread { [self] in
                let end = ContinuousClock.now + .seconds(seconds)
                while ContinuousClock.now < end {
                    if state.withLock({ $0.isOver }) { return }
                    Thread.sleep(forTimeInterval: 0.05)
                }
                state.withLock {
                    guard !$0.isOver, process.isRunning else { return }
                    $0.isLate = true
                    kill(process.processIdentifier, SIGKILL)
                }
            }
        }

        func stop() { state.withLock { if !$0.isOver, process.isRunning { kill(process.processIdentifier, SIGKILL) } } }

        /// - Returns: Whether it was ended because of its time.
        func finish() -> Bool {
            state.withLock {
                $0.isOver = true
                return $0.isLate
            }
        }
    }

    /// The beginning of a stream, read on a thread of its own so that its writer never waits.
    private final class Stream: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        private let done = DispatchSemaphore(value: 0)

        init(_ stream: FileHandle) {
            Thread.detachNewThread { [self] in
                while let chunk = try? stream.read(upToCount: 4096), !chunk.isEmpty {
                    bytes.withLock { if $0.count < 4096 { $0 += chunk } }
                }
                done.signal()
            }
        }

        func text() -> String {
            _ = done.wait(timeout: .now() + 1)
            return String(decoding: bytes.withLock { $0 }, as: UTF8.self)
        }
    }
}
