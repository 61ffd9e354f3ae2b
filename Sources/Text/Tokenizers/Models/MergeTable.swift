import TuttiTensors

/// Which two tokens merge, how soon, and into what.
struct MergeTable: Sendable {
    /// Pairs of words: the two tokens, then rank and merged token. A free slot is all ones.
    private var slots: [UInt64]
    private let mask: Int
    private static let processSeed = UInt64.random(in: 0...UInt64.max)
    private let seed = Self.processSeed

    /// A table with room for `count` merges.
    init(count: Int) {
        var size = 16
        while size < count + count / 2 { size *= 2 }
        slots = [UInt64](repeating: .max, count: 2 * size)
        mask = size - 1
    }

    @inline(__always)
    private static func key(_ left: Token, _ right: Token) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Rank (upper half) and merged token (lower half) of a pair; all ones if it does not merge.
    @inline(__always)
    func merge(_ left: Token, _ right: Token) -> UInt64 {
        let key = Self.key(left, right)
        var place = Int(truncatingIfNeeded: mixed(key ^ seed)) & mask
        while true {
            let found = slots[2 * place]
            if found == key { return slots[2 * place + 1] }
            if found == .max { return .max }
            place = (place + 1) & mask
        }
    }

    /// Adds a merge. Of two of the same pair the first one counts, or the last one if it `replaces`.
    mutating func insert(_ left: Token, _ right: Token, rank: Int, merged: Token, replaces: Bool = false) {
        let key = Self.key(left, right)
        var place = Int(truncatingIfNeeded: mixed(key ^ seed)) & mask
        while slots[2 * place] != .max {
            if slots[2 * place] == key {
                if replaces { slots[2 * place + 1] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merged)) }
                return
            }
            place = (place + 1) & mask
        }
        slots[2 * place] = key
        slots[2 * place + 1] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merged))
    }
}
