import TuttiTensors

/// What a kernel has to do at least.
struct Work {
    /// Multiply-adds, and of what.
    var multiplyAdds = 0.0
    var numbers = Numbers.float
    /// Bytes that are read from memory, and from caches.
    var memoryBytes = 0.0
    var cacheBytes = 0.0

    enum Numbers: String {
        case int8, float, bfloat16
    }
}

/// How fast a kernel was.
struct Result: Encodable {
    let group: String
    let name: String
    let threads: Int
    let microseconds: Double
    let multiplyAddsPerSecond: Double
    let bytesPerSecond: Double
    /// Which limit the kernel meets first, and how near it came to it.
    let limit: String
    let share: Double
}

/// Times kernels on one pool and sets them beside its limits.
struct Bench {
    let pool: ComputePool
    let limits: Limits
    let report: (Result) -> Void

    /// Times `body`, which does `work`.
    func measure(_ group: Options.Group, _ name: String, _ work: Work, _ body: () -> Void) {
        let seconds = Timing(body).median
        let bounds = [
            ("memory", work.memoryBytes / limits.memoryBytesPerSecond),
            ("caches", work.cacheBytes / limits.cacheBytesPerSecond),
            (work.numbers.rawValue, work.multiplyAdds / limits.multiplyAddsPerSecond(of: work.numbers)),
        ]
        let (limit, bound) = bounds.max { $0.1 < $1.1 } ?? ("memory", 0)
        report(
            Result(
                group: group.rawValue, name: name, threads: pool.threadCount, microseconds: seconds * 1e6,
                multiplyAddsPerSecond: work.multiplyAdds / seconds,
                bytesPerSecond: (work.memoryBytes + work.cacheBytes) / seconds, limit: limit, share: bound / seconds))
    }

    /// Numbers between -1 and 1 that look random, the same in every run.
    static func numbers(_ count: Int) -> [Float] {
        // A linear congruential generator with the constants of Knuth's MMIX.
        var state: UInt64 = 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 23) - 1
        }
    }

    /// A tensor of such numbers in `step`'s arena.
    static func tensor(_ rows: Int, _ width: Int, _ step: Step) -> Tensor {
        let tensor = step.scratch(rows, width)
        tensor.fill(from: numbers(rows * width))
        return tensor
    }
}

/// How much has to be walked before it is read anew, so that no cache still holds it.
let ringByteCount = 128 << 20
