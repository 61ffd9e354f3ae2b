import CKernels
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Threads of our own for compute, so that Swift's cooperative pool stays free for waiting.
///
/// A job is split in chunks that whoever is awake claims one by one; the caller works too. A thread that the system has
/// put aside therefore holds up nothing but the chunk it already claimed. Between two jobs the workers look out for a
/// few microseconds and then sleep.
@safe public final class ComputePool: Sendable {
    /// The caller's thread included.
    public let threadCount: Int
    private let shared: Shared

    /// - Parameter threads: 1 or more; 1 computes on the caller's thread alone.
    public init(threads: Int = ComputePool.defaultThreadCount) {
        threadCount = max(1, threads)
        shared = Shared()
        for worker in 1..<max(threadCount, 1) { Shared.start(shared, worker: worker) }
    }

    deinit { shared.stop() }

    /// Makes the calling thread one that computes for long, as a pool's own threads are: whoever wakes to send what was
    /// computed comes first. Not to be called on a thread that others need for something else.
    public static func joinThread() { tutti_take_long_turns() }

    /// The processors that this process may run on.
    public static var defaultThreadCount: Int {
        max(1, Int(tutti_cpu_count()))
    }

    /// Calls `body(chunk, worker)` for every chunk in `0..<chunks`, on any thread, and returns when all are done.
    /// (It escapes only to Swift: a worker may let go of it a moment after that.)
    /// `worker` is below `threadCount` and is never in two calls at once: index scratch memory by it.
    public func run(_ chunks: Int, _ body: @escaping (_ chunk: Int, _ worker: Int) -> Void) {
        guard chunks > 1, threadCount > 1 else {
            for chunk in 0..<max(0, chunks) { body(chunk, 0) }
            return
        }
        unsafe withUnsafePointer(to: body) { pointer in unsafe shared.run(chunks, pointer) }
    }
}

/// Which job, of how many chunks, and which chunk is claimed next: 24, 20 and 20 bits.
private struct Ticket {
    static let bits: UInt64 = 20
    static let mask: UInt64 = 1 << bits - 1
    let word: UInt64

    init(_ word: UInt64) { self.word = word }

    var number: UInt64 { word >> (2 * Ticket.bits) }
    var chunks: Int { Int(word >> Ticket.bits & Ticket.mask) }
    var chunk: Int { Int(word & Ticket.mask) }

    func next(chunks: Int) -> Ticket {
        precondition(chunks <= Ticket.mask, "\(chunks) chunks in one job")
        return Ticket((number &+ 1) << (2 * Ticket.bits) | UInt64(chunks) << Ticket.bits)
    }
}

private typealias Chunks = (_ chunk: Int, _ worker: Int) -> Void

extension ComputePool {
    /// What caller and workers see of the job in hand.
    @safe fileprivate final class Shared: @unchecked Sendable {
        // Unchecked: `body` is written before `ticket` publishes it and read only by who then wins a claim on it.
        /// The job in hand, in one word, so that whoever claims a chunk has seen all of it or none.
        private let ticket = Atomic<UInt64>(0)
        private let body = Atomic<UInt>(0)
        private let finished = Atomic<Int>(0)
        private let sleepers = Atomic<Int>(0)
        private let stopping = Atomic<Bool>(false)
        private let callers = Mutex(())
        private let lock: UnsafeMutablePointer<pthread_mutex_t>
        private let wake: UnsafeMutablePointer<pthread_cond_t>

        init() {
            unsafe lock = .allocate(capacity: 1)
            unsafe wake = .allocate(capacity: 1)
            unsafe pthread_mutex_init(lock, nil)
            unsafe pthread_cond_init(wake, nil)
        }

        deinit {
            unsafe pthread_cond_destroy(wake)
            unsafe pthread_mutex_destroy(lock)
            unsafe wake.deallocate()
            unsafe lock.deallocate()
        }

        func run(_ chunks: Int, _ job: UnsafePointer<Chunks>) {
            callers.withLock { _ in
                body.store(UInt(bitPattern: job), ordering: .relaxed)
                finished.store(0, ordering: .relaxed)
                let next = Ticket(ticket.load(ordering: .relaxed)).next(chunks: chunks)
                ticket.store(next.word, ordering: .sequentiallyConsistent)
                if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wakeAll() }
                while claim(worker: 0) {}
                var turns = 0
                while finished.load(ordering: .acquiring) < chunks {
                    turns += 1
                    if turns < 4_000 { tutti_pause() } else { sched_yield() }
                }
            }
        }

        /// Claims one chunk and does it; false when none is left.
        private func claim(worker: Int) -> Bool {
            let seen = Ticket(ticket.load(ordering: .acquiring))
            guard seen.chunk < seen.chunks else { return false }
            let job = body.load(ordering: .relaxed)
            // Winning proves that `job` belongs to this ticket: it changes only after every chunk of the ticket is
            // finished, and this one was not even claimed.
            let (won, _) = ticket.compareExchange(
                expected: seen.word, desired: seen.word + 1, ordering: .sequentiallyConsistent)
            guard won else { return true }
            if let pointer = unsafe UnsafePointer<Chunks>(bitPattern: job) {
                unsafe pointer.pointee(seen.chunk, worker)
            }
            finished.add(1, ordering: .releasing)
            return true
        }

        /// How long a worker looks out for the next job before it sleeps: some 30 µs, the longest gap within a step.
        private static let patience = 1_500

        static func start(_ shared: Shared, worker: Int) {
            let context = unsafe Unmanaged.passRetained(Start(shared: shared, worker: worker)).toOpaque()
            let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
                guard let context = unsafe context else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
                start.shared.work(worker: start.worker)
                return nil
            }
            #if canImport(Glibc)
                var thread = pthread_t()
                let failed = unsafe pthread_create(&thread, nil, entry, context)
                if failed == 0 { pthread_detach(thread) }
            #else
                var thread: pthread_t?
                let failed = unsafe pthread_create(
                    &thread, nil,
                    { pointer in
                        let start = unsafe Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
                        start.shared.work(worker: start.worker)
                        return nil
                    }, context)
                if failed == 0, let thread = unsafe thread { unsafe pthread_detach(thread) }
            #endif
            // Without the thread the pool is slower, not wrong: the caller claims what nobody else does.
            if failed != 0 { unsafe Unmanaged<Start>.fromOpaque(context).release() }
        }

        private func work(worker: Int) {
            ComputePool.joinThread()
            var turns = 0
            while !stopping.load(ordering: .relaxed) {
                if claim(worker: worker) {
                    turns = 0
                } else if turns < Shared.patience {
                    turns += 1
                    tutti_pause()
                } else {
                    sleep()
                    turns = 0
                }
            }
        }

        private func sleep() {
            let before = Ticket(ticket.load(ordering: .acquiring)).number
            unsafe pthread_mutex_lock(lock)
            sleepers.add(1, ordering: .sequentiallyConsistent)
            // A job posted since either is seen here, or sees this sleeper and takes the lock to wake it.
            while !stopping.load(ordering: .sequentiallyConsistent) {
                let now = Ticket(ticket.load(ordering: .sequentiallyConsistent))
                guard now.number == before, now.chunk == now.chunks else { break }
                unsafe pthread_cond_wait(wake, lock)
            }
            sleepers.subtract(1, ordering: .sequentiallyConsistent)
            unsafe pthread_mutex_unlock(lock)
        }

        private func wakeAll() {
            unsafe pthread_mutex_lock(lock)
            unsafe pthread_cond_broadcast(wake)
            unsafe pthread_mutex_unlock(lock)
        }

        func stop() {
            stopping.store(true, ordering: .sequentiallyConsistent)
            wakeAll()
        }
    }

    private final class Start: Sendable {
        let shared: Shared
        let worker: Int

        init(shared: Shared, worker: Int) {
            self.shared = shared
            self.worker = worker
        }
    }
}
