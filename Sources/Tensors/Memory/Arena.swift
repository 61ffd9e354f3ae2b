/// Scratch memory for one step: taken in order, given back all at once, kept for the next step.
@safe public final class Arena {
    private var blocks: [AlignedMemory] = []
    private var block = 0
    private var offset = 0

    public init() {}

    /// Takes `byteCount` bytes, aligned to 64; what they hold is undefined.
    @unsafe public func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        let size = max((byteCount + 63) & ~63, 64)
        while block < blocks.count, offset + size > blocks[block].byteCount {
            block += 1
            offset = 0
        }
        if block == blocks.count {
            blocks.append(AlignedMemory(byteCount: max(size, 1 << 22)))
            offset = 0
        }
        let pointer = unsafe blocks[block].base + offset
        offset += size
        return unsafe pointer
    }

    /// How much was taken: what is taken from here on can be given back by `release(to:)`.
    public var mark: Mark { Mark(block: block, offset: offset) }

    /// A point in the order of taking.
    public struct Mark {
        fileprivate let block: Int
        fileprivate let offset: Int
    }

    /// Gives back what was taken since `mark`.
    public func release(to mark: Mark) {
        block = mark.block
        offset = mark.offset
    }

    /// Gives everything back to the arena. When a step needed several blocks, the next finds one that holds them all.
    public func reset() {
        if blocks.count > 1 {
            let total = blocks.reduce(0) { $0 + $1.byteCount }
            blocks = []
            blocks.append(AlignedMemory(byteCount: total))
        }
        block = 0
        offset = 0
    }
}
