/// A tree of byte strings, each with a number, in one table.
struct ByteTrie: Sendable {
    /// In a slot: a node and a byte (40 bits), and the child that they lead to (24). Node 0 is the root, no child is 0.
    private var slots: [UInt64]
    private var mask: Int
    private var values: [Int32] = [-1]
    private static let mostNodes = 1 << 24

    /// - Parameter nodeCount: How many nodes are expected.
    init(nodeCount: Int = 0) {
        var size = 16
        while size < nodeCount * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
    }

    /// Puts a string in. The first one of several that are equal counts, unless `replaces`.
    /// - Returns: False if the tree is full.
    @discardableResult
    mutating func insert(_ bytes: Span<UInt8>, _ range: Range<Int>, value: Int32, replaces: Bool = false) -> Bool {
        var node = 0
        for i in range {
            var place = place(node, bytes[i])
            if slots[place] == 0 {
                guard values.count < Self.mostNodes else { return false }
                if values.count * 2 > slots.count {
                    grow()
                    place = self.place(node, bytes[i])
                }
                slots[place] = Self.key(node, bytes[i]) << 24 | UInt64(values.count)
                values.append(-1)
            }
            node = Int(slots[place] & 0xFF_FFFF)
        }
        if values[node] < 0 || replaces { values[node] = value }
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: 2 * old.count)
        mask = slots.count - 1
        for slot in old where slot != 0 {
            let key = slot >> 24
            var place = Int(truncatingIfNeeded: mixed(key)) & mask
            while slots[place] != 0 { place = (place + 1) & mask }
            slots[place] = slot
        }
    }

    /// A node is counted from 1 here, so that no slot in use is 0.
    @inline(__always)
    private static func key(_ node: Int, _ byte: UInt8) -> UInt64 { UInt64(node + 1) << 8 | UInt64(byte) }

    /// The slot of a child, or the free one where it would be.
    @inline(__always)
    private func place(_ node: Int, _ byte: UInt8) -> Int {
        let key = Self.key(node, byte)
        var place = Int(truncatingIfNeeded: mixed(key)) & mask
        while slots[place] != 0, slots[place] >> 24 != key { place = (place + 1) & mask }
        return place
    }

    /// The node to which `byte` leads from `node`; nothing if no string goes on so.
    @inline(__always)
    func child(of node: Int, _ byte: UInt8) -> Int? {
        let slot = slots[place(node, byte)]
        return slot == 0 ? nil : Int(slot & 0xFF_FFFF)
    }

    /// The number of the string that ends at `node`, or -1.
    @inline(__always)
    func value(at node: Int) -> Int32 { values[node] }
}
