/// The pairs of a long word that may merge, lowest rank first and of one rank leftmost first.
///
/// A heap, and beside it a few rows that are in order anyway: a text that repeats itself, such as megabytes of spaces,
/// adds pairs of few ranks from left to right, and taking from a row costs nothing. Any order of adding is right.
struct MergeQueue: Sendable {
    private struct Row: Sendable {
        var entries: [UInt64] = []
        var head = 0
    }

    private var heap: [UInt64] = []
    private var rows: [Row] = []
    private var usesRows = false
    /// Words below this have too few pairs of a rank for rows to pay.
    private static let rowsFrom = 1024
    private static let mostRows = 12

    /// Empties the queue for a word of `count` symbols.
    mutating func reset(count: Int) {
        heap.removeAll(keepingCapacity: true)
        rows.removeAll()
        usesRows = count >= Self.rowsFrom
    }

    /// Adds the pair at `place`.
    @inline(__always)
    mutating func push(rank: UInt64, place: Int) {
        let entry = rank << 32 | UInt64(place)
        if usesRows, appendToRow(entry) { return }
        pushHeap(entry)
    }

    /// Takes the pair out that is next.
    mutating func pop() -> (rank: UInt64, place: Int)? {
        var lowest = heap.first ?? .max, row = -1
        for i in rows.indices {
            let head = rows[i].entries[rows[i].head]
            if head < lowest { (lowest, row) = (head, i) }
        }
        if row >= 0 {
            rows[row].head += 1
            if rows[row].head == rows[row].entries.count { rows.remove(at: row) }
        } else {
            guard let last = heap.popLast() else { return nil }
            if !heap.isEmpty { sink(last) }
        }
        return (lowest >> 32, Int(lowest & 0xFFFF_FFFF))
    }

    private mutating func appendToRow(_ entry: UInt64) -> Bool {
        for i in rows.indices {
            let last = rows[i].entries[rows[i].entries.count - 1]
            if last >> 32 == entry >> 32, last <= entry {
                rows[i].entries.append(entry)
                return true
            }
        }
        if rows.count == Self.mostRows { return false }
        rows.append(Row(entries: [entry]))
        return true
    }

    private mutating func pushHeap(_ entry: UInt64) {
        var place = heap.count
        heap.append(entry)
        while place > 0 {
            let parent = (place - 1) / 2
            if heap[parent] <= entry { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = entry
    }

    private mutating func sink(_ entry: UInt64) {
        var place = 0
        while true {
            var child = 2 * place + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            if heap[child] >= entry { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = entry
    }
}
