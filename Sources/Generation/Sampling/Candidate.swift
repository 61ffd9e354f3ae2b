import TuttiTensors

/// A token with its score, packed so that the order of ranks is the order of integers: the greater score is greater, of
/// equal scores the lower id.
struct Candidate: Comparable, Sendable {
    private let rank: UInt64

    init(token: Token, score: Float) {
        // Adding 0 makes −0 into 0, which it equals. A float's bits order like integers once negative ones are turned
        // over.
        let bits = (score + 0).bitPattern
        let ordered = bits ^ (bits >> 31 == 1 ? .max : 0x8000_0000)
        rank = UInt64(ordered) << 32 | UInt64(~UInt32(bitPattern: token))
    }

    var token: Token { Token(bitPattern: ~UInt32(truncatingIfNeeded: rank)) }

    var score: Float {
        let ordered = UInt32(truncatingIfNeeded: rank >> 32)
        return Float(bitPattern: ordered ^ (ordered >> 31 == 1 ? 0x8000_0000 : .max))
    }

    static func < (a: Candidate, b: Candidate) -> Bool { a.rank < b.rank }
}

/// A heap of candidates with the greatest on top. Its memory is kept from step to step.
struct RankHeap: Sendable {
    private var storage: [Candidate] = []

    var top: Candidate? { storage.first }

    mutating func removeAll() { storage.removeAll(keepingCapacity: true) }

    /// Adds a candidate anywhere; ``order()`` makes a heap of all.
    mutating func append(_ candidate: Candidate) { storage.append(candidate) }

    /// O(n).
    mutating func order() {
        for i in stride(from: storage.count / 2 - 1, through: 0, by: -1) { sink(i, storage[i]) }
    }

    /// Replaces the top, or takes it away. O(log n).
    /// - Precondition: There is a top.
    mutating func replaceTop(_ candidate: Candidate?) {
        if let candidate {
            sink(0, candidate)
        } else {
            let last = storage.removeLast()
            if !storage.isEmpty { sink(0, last) }
        }
    }

    /// Puts `candidate` into the hole at `index`, or below it.
    private mutating func sink(_ index: Int, _ candidate: Candidate) {
        var hole = index
        while true {
            var child = 2 * hole + 1
            guard child < storage.count else { break }
            if child + 1 < storage.count && storage[child] < storage[child + 1] { child += 1 }
            guard candidate < storage[child] else { break }
            storage[hole] = storage[child]
            hole = child
        }
        storage[hole] = candidate
    }
}
