/// A set of Unicode scalars, as the places where membership changes.
package struct ScalarSet: Sendable, Hashable {
    /// In rising order: the first scalar inside, the first one outside again, and so on.
    private(set) var changes: [UInt32] = []
    private static let bound: UInt32 = 0x11_0000

    package static let empty = ScalarSet()
    package static let all = ScalarSet(0..<bound)

    private init() {}

    package init(_ range: Range<UInt32>) {
        if !range.isEmpty { changes = [range.lowerBound, range.upperBound] }
    }

    package init(_ scalar: Unicode.Scalar) { changes = [scalar.value, scalar.value + 1] }

    /// The union of ranges in any order.
    package init(ranges: some Sequence<Range<UInt32>>) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = changes.last, range.lowerBound <= last {
                changes[changes.count - 1] = max(last, range.upperBound)
            } else {
                changes.append(range.lowerBound)
                changes.append(range.upperBound)
            }
        }
    }

    /// The scalars whose general category `isMember` takes.
    init(where isMember: (GeneralCategory) -> Bool) {
        self.init(ranges: GeneralCategory.ranges.filter { isMember($0.category) }.map(\.range))
    }

    package var isEmpty: Bool { changes.isEmpty }

    package var ranges: [Range<UInt32>] {
        stride(from: 0, to: changes.count, by: 2).map { changes[$0]..<changes[$0 + 1] }
    }

    package var inverted: ScalarSet {
        var set = ScalarSet()
        set.changes = changes
        if set.changes.first == 0 { set.changes.removeFirst() } else { set.changes.insert(0, at: 0) }
        if set.changes.last == Self.bound { set.changes.removeLast() } else { set.changes.append(Self.bound) }
        return set
    }

    package func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges: ranges + other.ranges) }

    package func intersection(_ other: ScalarSet) -> ScalarSet { inverted.union(other.inverted).inverted }

    /// O(log n) in the number of ranges.
    package func contains(_ scalar: UInt32) -> Bool {
        var low = 0, high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= scalar { low = middle + 1 } else { high = middle }
        }
        return low & 1 == 1
    }

    /// The set with the other cases of its scalars: one scalar for one scalar, as simple case folding has it.
    package var foldingCase: ScalarSet {
        var added: [Range<UInt32>] = []
        for pair in CaseVariants.pairs {
            if contains(pair.0) { added.append(pair.1..<pair.1 + 1) }
            if contains(pair.1) { added.append(pair.0..<pair.0 + 1) }
        }
        return added.isEmpty ? self : ScalarSet(ranges: ranges + added)
    }
}

/// Scalars that are one letter in different cases.
private enum CaseVariants {
    package static let pairs: [(UInt32, UInt32)] = {
        var classes: [UInt32: [UInt32]] = [:]
        for value in UInt32(0x41)..<0x1_F000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            guard properties.changesWhenCaseMapped || properties.changesWhenCaseFolded else { continue }
            // Upper case first: ſ and s, K (Kelvin) and k, ς and σ meet there.
            let upper = single(properties.uppercaseMapping) ?? value
            let folded = Unicode.Scalar(upper).flatMap { single($0.properties.lowercaseMapping) } ?? upper
            classes[folded, default: []].append(value)
        }
        var pairs: [(UInt32, UInt32)] = []
        for members in classes.values where members.count > 1 {
            for i in members.indices {
                for j in members.indices where j > i { pairs.append((members[i], members[j])) }
            }
        }
        return pairs
    }()

    private static func single(_ text: String) -> UInt32? {
        text.unicodeScalars.count == 1 ? text.unicodeScalars.first?.value : nil
    }
}
