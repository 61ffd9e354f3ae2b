import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Signals as bytes of a pipe, so that a thread waits for them and for its input at once.
///
/// One for the whole program, as signal handlers are.
enum Signals {
    /// The end to read; a byte is a signal's number, or 0 from ``wake()``.
    static let descriptor: Int32 = {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return -1 }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        unsafe signalPipe = ends[1]
        return ends[0]
    }()

    /// Sends `signal` to the pipe from now on.
    static func hear(_ signal: Int32) {
        _ = descriptor
        var action = sigaction()
        #if canImport(Darwin)
            unsafe action.__sigaction_u.__sa_handler = { noteSignal($0) }
        #elseif canImport(Musl)
            unsafe action.__sa_handler.sa_handler = { noteSignal($0) }
        #else
            unsafe action.__sigaction_handler.sa_handler = { noteSignal($0) }
        #endif
        action.sa_flags = Int32(SA_RESTART)
        unsafe sigaction(signal, &action, nil)
    }

    /// Lets `signal` do to the program what it does by itself, now.
    static func obey(_ signal: Int32) {
        _ = Foundation.signal(signal, SIG_DFL)
        // A thread that dispatch made, or one of its children, has signals blocked.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, signal)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(signal)
    }

    static func wake() { noteSignal(0) }

    /// What has come.
    static func take() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }
}

/// The end to write to: a plain word, because a signal's handler may touch nothing else.
nonisolated(unsafe) private var signalPipe: Int32 = -1

private func noteSignal(_ signal: Int32) {
    let error = errno
    var byte = UInt8(truncatingIfNeeded: signal)
    _ = unsafe write(signalPipe, &byte, 1)
    errno = error
}
