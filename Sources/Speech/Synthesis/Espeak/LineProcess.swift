internal import Foundation

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A running program that is told lines and answers with lines. For one thread, which may block here.
final class LineProcess {
    enum Failure: Error {
        case notStarted(String)
        /// It ended; with what it had to say.
        case ended(String)
        case silent
    }

    private let process = Process()
    private let input = Pipe(), output = Pipe(), errors = Pipe()
    private var received: [UInt8] = [], complaint: [UInt8] = []

    /// - Throws: ``Failure/notStarted(_:)``.
    init(_ program: String, _ arguments: [String]) throws {
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        do {
            try process.run()
        } catch {
            throw Failure.notStarted(error.localizedDescription)
        }
        // What this process holds of the other ends would keep them open.
        try? input.fileHandleForReading.close()
        try? output.fileHandleForWriting.close()
        try? errors.fileHandleForWriting.close()
    }

    deinit { end() }

    var isRunning: Bool { process.isRunning }

    /// Ends the program, which has nothing to lose, and waits until it is gone.
    func end() {
        try? input.fileHandleForWriting.close()
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Blocks SIGPIPE for the calling thread, so that writing to a program that has died is an error and no death.
    static func survivePipes() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Sends some lines: few enough for a pipe that nobody reads, 16 kB.
    func send(_ lines: [String]) throws {
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        precondition(bytes.count <= 16384)
        let descriptor = input.fileHandleForWriting.fileDescriptor
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                throw Failure.ended(complaintText())
            }
        }
    }

    /// The next line it says, without its end.
    func line(before deadline: ContinuousClock.Instant) throws -> String {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received.removeFirst(end + 1) }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            try fill(before: deadline)
        }
    }

    /// Waits for something from the program.
    private func fill(before deadline: ContinuousClock.Instant) throws {
        let rest = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        guard rest > 0 else { throw Failure.silent }
        let answers = output.fileHandleForReading.fileDescriptor,
            complaints = errors.fileHandleForReading.fileDescriptor
        var sources = [answers, complaints].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // Once the stream of complaints has ended, it would always be ready.
        let count = hasComplaints ? 2 : 1
        let ready = unsafe poll(&sources, nfds_t(count), Int32(min(rest.rounded(.up), 1e6)))
        if ready < 0, errno != EINTR { throw Failure.ended(complaintText()) }
        guard ready > 0 else { return }
        if count == 2, sources[1].revents != 0 {
            let bytes = Self.read(complaints)
            hasComplaints = !bytes.isEmpty
            complaint += bytes.prefix(max(0, 2000 - complaint.count))
        }
        if sources[0].revents != 0 {
            let bytes = Self.read(answers)
            if bytes.isEmpty { throw Failure.ended(complaintText()) }
            received += bytes
            // No answer is that long: this is not the program that it should be.
            if received.count > 1 << 20 { throw Failure.silent }
        }
    }

    private var hasComplaints = true

    /// What it says on its way out, waited for a moment.
    private func complaintText() -> String {
        let descriptor = errors.fileHandleForReading.fileDescriptor
        while hasComplaints, complaint.count < 2000 {
            var source = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&source, 1, 100) > 0 else { break }
            let bytes = Self.read(descriptor)
            hasComplaints = !bytes.isEmpty
            complaint += bytes
        }
        return String(decoding: complaint.prefix(2000), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Some bytes; none at the end.
    private static func read(_ descriptor: Int32) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            var got = -1
            repeat {
                #if canImport(Darwin)
                    got = unsafe Darwin.read(descriptor, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                    got = unsafe Musl.read(descriptor, buffer.baseAddress, buffer.count)
                #else
                    got = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                #endif
            } while got < 0 && errno == EINTR
            count = max(0, got)
        }
    }
}
