public import Foundation

/// A program in a terminal of its own: a test types, and waits for what appears.
public final class PseudoTerminal {
    /// Everything that the program has written so far.
    public private(set) var output = ""
    private var bytes: [UInt8] = []
    /// Up to where `expect` has read.
    private var mark = 0
    private let descriptor: Int32
    private let identifier: pid_t
    private var status: Int32?

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Starts `executable`; the terminal is its controlling one, so Ctrl-C and Ctrl-Z are signals where it wants them.
    public init(
        _ executable: URL, _ arguments: [String], environment: [String: String], columns: Int = 80, rows: Int = 24
    ) throws {
        var ends: (program: Int32, test: Int32) = (-1, -1)
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        var name = [CChar](repeating: 0, count: 256)
        guard openpty(&ends.test, &ends.program, &name, nil, &size) == 0 else {
            throw Failure(description: "no pseudo-terminal: \(String(cString: strerror(errno)))")
        }
        // No other program that a test starts meanwhile is to hold the terminal open.
        descriptor = fcntl(ends.test, F_DUPFD_CLOEXEC, 3)
        close(ends.test)
        defer { close(ends.program) }

        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // The first terminal that a session's leader opens becomes its controlling one.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var defaults = sigset_t(), blocked = sigset_t()
        sigfillset(&defaults)
        sigemptyset(&blocked)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, 0x80 | 0x04 | 0x08)  // SETSID, SETSIGDEF, SETSIGMASK
        let words = ([executable.path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, executable.path, &actions, &attributes, words, variables)
        guard code == 0 else {
            close(descriptor)
            throw Failure(description: "cannot start \(executable.path): \(String(cString: strerror(code)))")
        }
        self.identifier = identifier
    }

    deinit {
        if status == nil {
            kill(identifier, SIGKILL)
            waitpid(identifier, nil, 0)
        }
        close(descriptor)
    }

    /// Types `text`: `\r` is Enter, `\u{3}` Ctrl-C.
    public func type(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(description: "cannot type: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits until `text` appears behind what was expected before.
    /// - Returns: What came before it.
    @discardableResult
    public func expect(_ text: String, seconds: Double = 120) throws -> String {
        let wanted = Array(text.utf8), deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            if let range = bytes[mark...].firstRange(of: wanted) {
                defer { mark = range.upperBound }
                return String(decoding: bytes[mark..<range.lowerBound], as: UTF8.self)
            }
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "\(text.debugDescription) did not come in \(seconds) s; \(tail)")
            }
            guard try read(until: deadline) else {
                throw Failure(description: "the program ended before \(text.debugDescription) came; \(tail)")
            }
        }
    }

    /// Waits for the program to end.
    /// - Returns: Its exit status, or 128 and the number of the signal that ended it.
    public func waitForExit(seconds: Double = 60) throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try read(until: deadline) {
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "the program did not end in \(seconds) s; \(tail)")
            }
        }
        var code: Int32 = 0
        while waitpid(identifier, &code, 0) < 0, errno == EINTR {}
        let signal = code & 0x7F
        let result = signal == 0 ? (code >> 8) & 0xFF : 128 + signal
        status = result
        return result
    }

    public func send(signal: Int32) { kill(identifier, signal) }

    /// Waits until the program is stopped, as Ctrl-Z stops it.
    public func waitForStop(seconds: Double = 60) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            var code: Int32 = 0
            if waitpid(identifier, &code, WUNTRACED | WNOHANG) == identifier {
                if code & 0xFF == 0x7F { return }
                status = code
                throw Failure(description: "the program ended instead of stopping; \(tail)")
            }
            _ = try read(until: .now + .milliseconds(20))
        }
        throw Failure(description: "the program did not stop in \(seconds) s; \(tail)")
    }

    /// Gives the terminal another size; the program gets SIGWINCH.
    public func resize(columns: Int, rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }

    /// Whether the terminal echoes and edits lines by itself, as a shell's does.
    public var isCooked: Bool {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return false }
        let flags = tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
        return settings.c_lflag & flags == flags && settings.c_iflag & tcflag_t(ICRNL) != 0
    }

    /// Waits until the terminal is as a shell's, or is not.
    public func expectCooked(_ isCooked: Bool, seconds: Double = 60) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while self.isCooked != isCooked {
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "the terminal is \(isCooked ? "still raw" : "not raw"); \(tail)")
            }
            _ = try read(until: .now + .milliseconds(20))
        }
    }

    private var tail: String { "it wrote \(String(output.suffix(600)).debugDescription)" }

    /// Reads what there is, waiting for it; false when the program has closed the terminal.
    private func read(until deadline: ContinuousClock.Instant) throws -> Bool {
        let left = (deadline - .now) / .milliseconds(1)
        var file = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&file, 1, Int32(max(0, min(left, 1000)))) > 0 else { return true }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = Foundation.read(descriptor, &buffer, buffer.count)
        // Linux says EIO when nobody has the other side open.
        if count <= 0 { return count < 0 && (errno == EINTR || errno == EAGAIN) }
        bytes += buffer[..<count]
        output = String(decoding: bytes, as: UTF8.self)
        return true
    }
}
