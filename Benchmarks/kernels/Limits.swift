import CKernels
import TuttiTensors

/// What the machine does at most with a number of threads, measured by loops that do nothing else.
struct Limits: Encodable {
    let threads: Int
    /// Bytes a second read from memory, and from each core's own caches.
    let memoryBytesPerSecond: Double
    let cacheBytesPerSecond: Double
    /// Multiply-adds a second of bytes, and of float32, by the instructions of the kernels in force.
    let int8PerSecond: Double
    let floatPerSecond: Double
    /// The same of bfloat16 by pairs; nil where no instruction does that.
    let bfloat16PerSecond: Double?

    func multiplyAddsPerSecond(of numbers: Work.Numbers) -> Double {
        switch numbers {
        case .int8: int8PerSecond
        case .float: floatPerSecond
        case .bfloat16: bfloat16PerSecond ?? floatPerSecond
        }
    }

    /// What is read from memory: several times what third-level caches hold.
    private static let memoryByteCount = 256 << 20
    /// What a core reads again and again: more than the first-level cache holds, less than the second.
    private static let cacheByteCount = 256 << 10

    static func measure(_ pool: ComputePool) -> Limits {
        Limits(
            threads: pool.threadCount, memoryBytesPerSecond: memory(pool), cacheBytesPerSecond: cache(pool),
            int8PerSecond: peak(pool) { tutti_peak_int8($0) }, floatPerSecond: peak(pool) { tutti_peak_float($0) },
            bfloat16PerSecond: tutti_peak_bfloat16(1) > 0 ? peak(pool) { tutti_peak_bfloat16($0) } : nil)
    }

    private static func memory(_ pool: ComputePool) -> Double {
        let memory = AlignedMemory(byteCount: memoryByteCount)
        // Memory that was never written is one page of zeros.
        unsafe memory.base.initializeMemory(as: UInt8.self, repeating: 1, count: memoryByteCount)
        // Long stretches suit some processors, short ones that threads take turns at suit others.
        let quickest = [128 << 10, 2 << 20].map { chunk in
            Timing(batches: 16) {
                pool.run(memoryByteCount / chunk) { index, _ in
                    unsafe _ = tutti_peak_read(memory.base + index * chunk, chunk)
                }
            }.quickest
        }
        return Double(memoryByteCount) / (quickest.min() ?? .infinity)
    }

    private static func cache(_ pool: ComputePool) -> Double {
        let memory = AlignedMemory(byteCount: pool.threadCount * cacheByteCount)
        unsafe memory.base.initializeMemory(as: UInt8.self, repeating: 1, count: memory.byteCount)
        let chunks = 8 * pool.threadCount, reads = 16
        let timing = Timing {
            pool.run(chunks) { _, worker in
                for _ in 0..<reads {
                    unsafe _ = tutti_peak_read(memory.base + worker * cacheByteCount, cacheByteCount)
                }
            }
        }
        return Double(chunks * reads * cacheByteCount) / timing.quickest
    }

    private static func peak(_ pool: ComputePool, _ work: @escaping (Int) -> Double) -> Double {
        // Long enough for what a job costs to begin and to end not to count.
        let chunks = 8 * pool.threadCount, steps = 1 << 14
        let multiplyAdds = work(steps)
        let timing = Timing { pool.run(chunks) { _, _ in _ = work(steps) } }
        return Double(chunks) * multiplyAdds / timing.quickest
    }
}
