import CKernels

/// One pass over a batch: where operators find threads and the memory that they write to.
///
/// Every tensor an operator returns lies in the step's arena and is valid until `reset()`. A step belongs to one thread.
@safe public final class Step {
    public let pool: ComputePool
    /// Keep activations in float32 and weights as they dequantise, for checking: slow, and exact but for rounding.
    public let exact: Bool
    /// Whether products with weights that are stored in bfloat16, and attention in encoders, round what enters them to
    /// bfloat16, which the processor multiplies by pairs: twice as fast. Sums stay float32.
    public private(set) var roundsToBFloat16 = false
    /// Multiplications with weights since the last `reset()`, for measuring: rows · inputs · outputs of every product.
    public internal(set) var multiplyCount = 0
    private let arena = Arena()
    /// Memory for what outlives a `reset()`, kept from run to run like the arena's.
    package let recycler = MemoryRecycler()

    public init(pool: ComputePool = ComputePool(), exact: Bool = false) {
        self.pool = pool
        self.exact = exact
    }

    /// Gives the arena back; every tensor of this step is invalid from here on.
    public func reset() {
        arena.reset()
        multiplyCount = 0
    }

    /// Runs a part of the pass, such as half a block, whose tensors nobody needs afterwards: the next part takes the same
    /// memory, which is still in the caches.
    /// - Precondition: What `body` leaves behind lies in tensors that were there before.
    public func frame(_ body: () -> Void) {
        let mark = arena.mark
        body()
        arena.release(to: mark)
    }

    /// Runs a part of the pass whose model computes in bfloat16 where it was made, so that its products may do so here.
    ///
    /// What enters products and attention has eight bits of mantissa then, and a result is 0.002 off or so; what is summed
    /// up, weighed and normalised stays float32. An `exact` step rounds nothing.
    public func roundingToBFloat16<Result>(_ body: () -> Result) -> Result {
        let before = roundsToBFloat16
        roundsToBFloat16 = !exact && Processor.multipliesBFloat16
        defer { roundsToBFloat16 = before }
        return body()
    }

    /// Whether what meets a matrix is rounded to bfloat16, or attention beside it.
    public func rounds(_ matrix: PackedMatrix) -> Bool { roundsToBFloat16 && matrix.dtype == .bf16 }

    /// Memory for a tensor, not cleared.
    public func scratch(_ rows: Int, _ width: Int) -> Tensor {
        let bytes = unsafe arena.take(rows * width * MemoryLayout<Float>.size)
        return unsafe Tensor(
            base: bytes.bindMemory(to: Float.self, capacity: rows * width), rows: rows, width: width)
    }

    /// A tensor of zeros.
    public func zeros(_ rows: Int, _ width: Int) -> Tensor {
        let tensor = scratch(rows, width)
        unsafe tensor.base.update(repeating: 0, count: rows * width)
        return tensor
    }

    /// `byteCount` bytes of scratch, aligned to 64.
    @unsafe func scratchBytes(_ byteCount: Int) -> UnsafeMutableRawPointer { unsafe arena.take(byteCount) }

    /// Runs `body` over ranges that cover `rows`, on all threads when there are enough numbers to share.
    func split(_ rows: Int, width: Int, _ body: @escaping (Range<Int>) -> Void) {
        let perChunk = max(1, 16_384 / max(1, width))
        guard rows > perChunk else { return body(0..<rows) }
        pool.run((rows + perChunk - 1) / perChunk) { chunk, _ in
            body(chunk * perChunk..<min(rows, (chunk + 1) * perChunk))
        }
    }
}
