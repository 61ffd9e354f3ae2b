#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Messages from any task to one thread, which may sleep until there are some.
@safe public final class Mailbox<Message: Sendable>: @unchecked Sendable {
    // Unchecked: `messages` is touched under `lock` only.
    private var messages: [Message] = []
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let arrival: UnsafeMutablePointer<pthread_cond_t>

    public init() {
        unsafe lock = .allocate(capacity: 1)
        unsafe arrival = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(arrival, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(arrival)
        unsafe pthread_mutex_destroy(lock)
        unsafe arrival.deallocate()
        unsafe lock.deallocate()
    }

    public func send(_ message: Message) {
        unsafe pthread_mutex_lock(lock)
        messages.append(message)
        unsafe pthread_cond_signal(arrival)
        unsafe pthread_mutex_unlock(lock)
    }

    /// What has arrived, in order; empty when nothing has.
    public func take() -> [Message] {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe _ = pthread_mutex_unlock(lock) }
        let taken = messages
        messages = []
        return taken
    }

    /// The same, asleep until something is there.
    public func wait() -> [Message] {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe _ = pthread_mutex_unlock(lock) }
        while messages.isEmpty { unsafe _ = pthread_cond_wait(arrival, lock) }
        let taken = messages
        messages = []
        return taken
    }
}
