/// Memory for what lives from one operator to another: taken back when its last owner lets go, and given out again.
@safe package final class RecycledMemory {
    private let memory: AlignedMemory
    private let recycler: MemoryRecycler

    fileprivate init(_ memory: AlignedMemory, _ recycler: MemoryRecycler) {
        (self.memory, self.recycler) = (memory, recycler)
    }

    deinit { recycler.takeBack(memory) }

    /// The first of its numbers, aligned to 64 bytes; what they are is undefined at first.
    @unsafe package var base: UnsafeMutablePointer<Float> {
        unsafe memory.base.assumingMemoryBound(to: Float.self)
    }
}

/// Blocks of memory that nobody holds now: touching fresh pages costs more than many an operator.
package final class MemoryRecycler {
    private var free: [AlignedMemory] = []

    init() {}

    /// - Parameter count: How many numbers it has to hold at least.
    package func take(_ count: Int) -> RecycledMemory {
        let bytes = max(4096, count * MemoryLayout<Float>.size)
        let fitting = free.indices.filter { free[$0].byteCount >= bytes }
        // One that is much too large is left to who needs it.
        if let place = fitting.min(by: { free[$0].byteCount < free[$1].byteCount }), free[place].byteCount <= 4 * bytes
        {
            return RecycledMemory(free.swapRemove(at: place), self)
        }
        // Those that are too small grow into it, rather than stay beside it.
        if let place = free.indices.filter({ free[$0].byteCount < bytes }).max(by: {
            free[$0].byteCount < free[$1].byteCount
        }) {
            _ = free.swapRemove(at: place)
        }
        return RecycledMemory(AlignedMemory(byteCount: (bytes + 4095) & ~4095), self)
    }

    fileprivate func takeBack(_ memory: AlignedMemory) { free.append(memory) }
}

extension Array {
    fileprivate mutating func swapRemove(at place: Int) -> Element {
        swapAt(place, count - 1)
        return removeLast()
    }
}
