#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The right to change one model in the store: held by one process at a time, and given back even by a killed one.
package struct StoreLock: ~Copyable {
    private let file: SystemFile

    /// Given back in so many words: a program that another thread starts at this moment holds a copy of the open file
    /// until it runs, so closing it would not be enough.
    deinit { flock(file.descriptor, LOCK_UN) }

    /// Takes the lock if nobody holds it; nil otherwise.
    package static func ifFree(_ path: String) throws(StoreError) -> StoreLock? {
        // The file itself stays for ever: two processes must not lock two files of one name.
        let file = try SystemFile(path, .appending)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return nil }
            if errno != EINTR { throw SystemFile.error("lock", path) }
        }
        return StoreLock(file: file)
    }

    /// Waits for the lock, looking five times a second; `whenWaiting` is called once, if there is a wait.
    /// - Throws: `CancellationError` when the task is cancelled.
    static func waiting(_ path: String, whenWaiting: () -> Void) async throws -> StoreLock {
        var hasWaited = false
        while true {
            if let lock = try ifFree(path) { return lock }
            if !hasWaited { whenWaiting() }
            hasWaited = true
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
