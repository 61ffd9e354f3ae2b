/// Finds any of several strings in a stream of UTF-8 bytes, one step a byte (Aho and Corasick 1975, "Efficient string
/// matching"), as a table of states.
struct StringMatcher: Sendable {
    /// The state before the first byte.
    static let start: Int32 = 0
    /// All strings together may have so many bytes: the table has as many states.
    static let byteCountLimit = 16_384

    /// The column of a byte in the table; bytes that no string has share column 0.
    private var columns = [Int32](repeating: 0, count: 256)
    private var columnCount: Int32 = 1
    /// `next[state · columnCount + column]`.
    private var next: [Int32] = []
    /// How many bytes of a string, from its beginning, a state stands for: the last that were read.
    private var depths: [Int32] = []
    /// The longest string that ends in a state, or −1.
    private var matches: [Int32] = []

    init(_ strings: [String], option: String) throws(SamplingError) {
        let byteCount = strings.reduce(0) { $0 + $1.utf8.count }
        guard byteCount <= Self.byteCountLimit else {
            throw .stringsTooLong(option: option, byteCount: byteCount, limit: Self.byteCountLimit)
        }
        guard !strings.contains("") else { throw .emptyString(option: option) }
        for byte in strings.lazy.flatMap(\.utf8) where columns[Int(byte)] == 0 {
            columns[Int(byte)] = columnCount
            columnCount += 1
        }
        addTree(strings)
        linkFailures()
    }

    /// The state after one more byte.
    func next(_ state: Int32, _ byte: UInt8) -> Int32 { next[Int(state * columnCount + columns[Int(byte)])] }

    /// How many of the last bytes may be the beginning of a string.
    func depth(_ state: Int32) -> Int { Int(depths[Int(state)]) }

    /// The index of the longest string that ends with the last byte, or nil.
    func match(_ state: Int32) -> Int? { matches[Int(state)] < 0 ? nil : Int(matches[Int(state)]) }

    private mutating func addState(depth: Int32) -> Int32 {
        depths.append(depth)
        matches.append(-1)
        next.append(contentsOf: repeatElement(-1, count: Int(columnCount)))
        return Int32(depths.count - 1)
    }

    private mutating func addTree(_ strings: [String]) {
        _ = addState(depth: 0)
        for (index, string) in strings.enumerated() {
            var state = Self.start
            for byte in string.utf8 {
                let edge = Int(state * columnCount + columns[Int(byte)])
                if next[edge] < 0 {
                    let new = addState(depth: depths[Int(state)] + 1)
                    next[edge] = new
                }
                state = next[edge]
            }
            if matches[Int(state)] < 0 { matches[Int(state)] = Int32(index) }
        }
    }

    /// Completes the table: a byte that leads no further in the tree goes on from the longest ending that does.
    private mutating func linkFailures() {
        var failures = [Int32](repeating: 0, count: depths.count)
        var queue: [Int32] = [Self.start]
        var head = 0
        while head < queue.count {
            let state = queue[head], failure = failures[Int(state)]
            head += 1
            if matches[Int(state)] < 0 { matches[Int(state)] = matches[Int(failure)] }
            for column in 0..<columnCount {
                let edge = Int(state * columnCount + column)
                let fallback = state == Self.start ? Self.start : next[Int(failure * columnCount + column)]
                if next[edge] < 0 {
                    next[edge] = fallback
                } else {
                    failures[Int(next[edge])] = fallback
                    queue.append(next[edge])
                }
            }
        }
    }
}
