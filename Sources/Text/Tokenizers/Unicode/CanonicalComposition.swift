/// Normalisation form C over UTF-8, for tokenizers that were trained on it.
///
/// Text that is in the form already, which is nearly all text, costs one pass and no copy. Runs of combining marks are
/// sorted, so a text of nothing but marks takes n log n.
/// - SeeAlso: Unicode Standard Annex 15, Unicode Normalization Forms.
package struct CanonicalComposition: Sendable {
    package static let shared = CanonicalComposition()

    /// By scalar: the combining class, or `unsettled` where the quick check does not say yes.
    private var orders: [UInt8]
    /// By scalar: the combining class.
    private var classes: [UInt8]
    private var decompositions: [UInt32: (first: UInt32, second: UInt32)] = [:]
    private var compositions: [UInt64: UInt32] = [:]
    private static let unsettled: UInt8 = 255
    /// All scalars that this is about lie below; marks above it (variation selectors) have class 0.
    private static let bound = 0x3_0000

    private init() {
        orders = [UInt8](repeating: 0, count: Self.bound)
        let changes = CompositionTable.combiningClassChanges
        for i in changes.indices where changes[i] & 0xFF != 0 {
            let end = i + 1 < changes.count ? Int(changes[i + 1] >> 8) : Self.bound
            for scalar in Int(changes[i] >> 8)..<end { orders[scalar] = UInt8(truncatingIfNeeded: changes[i]) }
        }
        classes = orders
        let mappings = CompositionTable.mappings
        for i in stride(from: 0, to: mappings.count, by: 3) {
            let composite = mappings[i] & 0x7FFF_FFFF, first = mappings[i + 1], second = mappings[i + 2]
            decompositions[composite] = (first, second)
            if mappings[i] >> 31 != 0 {
                orders[Int(composite)] = Self.unsettled
            } else {
                compositions[UInt64(first) << 32 | UInt64(second)] = composite
                orders[Int(second)] = Self.unsettled
            }
        }
        for jamo in Hangul.vowels { orders[Int(jamo)] = Self.unsettled }
        for jamo in Hangul.trailing.dropFirst() { orders[Int(jamo)] = Self.unsettled }
    }

    private enum Hangul {
        static let leading: Range<UInt32> = 0x1100..<0x1113
        static let vowels: Range<UInt32> = 0x1161..<0x1176
        /// The first stands for no trailing consonant.
        static let trailing: Range<UInt32> = 0x11A7..<0x11C3
        static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
    }

    /// `text` in form C.
    package func normalized(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return normalized(bytes.span, 0..<bytes.count).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// The bytes of `text[range]` in form C, or nothing if they are in it already.
    func normalized(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        let orders = orders.span
        let scanner = CharacterScanner(text, classes: orders)
        var output: [UInt8] = []
        var isNormal = true
        var scalars: [UInt32] = []
        var index = range.lowerBound, copied = index, starter = index
        var last: UInt8 = 0
        while index < range.upperBound {
            // Below U+0300 nothing combines, so a lead byte tells that the character is a starter.
            if text[index] < 0xCC {
                starter = index
                last = 0
                index += text[index] < 0x80 ? 1 : 2
                continue
            }
            let (value, next) = scanner.scalar(at: index)
            let order = value < Self.bound ? orders[value] : 0
            if order == 0 { starter = index }
            if order == 0 || (order != Self.unsettled && order >= last) {
                last = order
                index = next
                continue
            }
            // From the last starter up to the next one that nothing before it can touch.
            var end = next
            while end < range.upperBound {
                let (value, next) = scanner.scalar(at: end)
                if value >= Self.bound || orders[value] == 0 { break }
                end = next
            }
            if isNormal { output.reserveCapacity(range.count) }
            isNormal = false
            for i in copied..<starter { output.append(text[i]) }
            compose(scanner, starter..<end, &scalars, into: &output)
            copied = end
            index = end
            starter = end
            last = 0
        }
        if isNormal { return nil }
        for i in copied..<range.upperBound { output.append(text[i]) }
        return output
    }

    func order(_ scalar: UInt32) -> UInt8 { scalar < Self.bound ? classes[Int(scalar)] : 0 }

    /// Appends the composed form of a starter and what may combine with it. `scalars` is room to work in.
    private func compose(
        _ scanner: borrowing CharacterScanner, _ range: Range<Int>, _ scalars: inout [UInt32],
        into output: inout [UInt8]
    ) {
        scalars.removeAll(keepingCapacity: true)
        var index = range.lowerBound
        while index < range.upperBound {
            let (value, next) = scanner.scalar(at: index)
            decompose(UInt32(value), into: &scalars)
            index = next
        }
        sortMarks(&scalars)
        composeSorted(&scalars)
        for scalar in scalars {
            if let scalar = Unicode.Scalar(scalar) { output.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
        }
    }

    /// Composes decomposed scalars whose marks are in order.
    func composeSorted(_ scalars: inout [UInt32]) {
        var starter: Int?, last: UInt8 = 0, kept = 0
        for i in scalars.indices {
            let scalar = scalars[i], order = order(scalar)
            if let place = starter, kept == place + 1 || (last != 0 && last < order),
                let composite = composite(scalars[place], scalar)
            {
                scalars[place] = composite
                continue
            }
            if order == 0 { starter = kept }
            last = order
            scalars[kept] = scalar
            kept += 1
        }
        scalars.removeLast(scalars.count - kept)
    }

    func decompose(_ scalar: UInt32, into output: inout [UInt32]) {
        if Hangul.syllables.contains(scalar) {
            let index = scalar - Hangul.syllables.lowerBound
            output.append(Hangul.leading.lowerBound + index / 588)
            output.append(Hangul.vowels.lowerBound + index % 588 / 28)
            if index % 28 != 0 { output.append(Hangul.trailing.lowerBound + index % 28) }
        } else if let (first, second) = decompositions[scalar] {
            decompose(first, into: &output)
            if second != 0 { decompose(second, into: &output) }
        } else {
            output.append(scalar)
        }
    }

    /// Puts each run of marks into the order of their classes; marks of one class keep theirs.
    func sortMarks(_ scalars: inout [UInt32]) {
        var start = 0
        while start < scalars.count {
            if order(scalars[start]) == 0 {
                start += 1
                continue
            }
            var end = start
            while end < scalars.count, order(scalars[end]) != 0 { end += 1 }
            if end - start <= 16 {
                insertionSort(&scalars, start..<end)
                start = end
                continue
            }
            var counts = [Int](repeating: 0, count: 256)
            for scalar in scalars[start..<end] { counts[Int(order(scalar))] += 1 }
            var place = 0
            for i in counts.indices { (counts[i], place) = (place, place + counts[i]) }
            let run = Array(scalars[start..<end])
            for scalar in run {
                scalars[start + counts[Int(order(scalar))]] = scalar
                counts[Int(order(scalar))] += 1
            }
            start = end
        }
    }

    private func insertionSort(_ scalars: inout [UInt32], _ range: Range<Int>) {
        for i in range.dropFirst() {
            let scalar = scalars[i]
            var place = i
            while place > range.lowerBound, order(scalars[place - 1]) > order(scalar) {
                scalars[place] = scalars[place - 1]
                place -= 1
            }
            scalars[place] = scalar
        }
    }

    func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if Hangul.leading.contains(first), Hangul.vowels.contains(second) {
            let leading = first - Hangul.leading.lowerBound, vowel = second - Hangul.vowels.lowerBound
            return Hangul.syllables.lowerBound + (leading * 21 + vowel) * 28
        }
        if Hangul.syllables.contains(first), (first - Hangul.syllables.lowerBound) % 28 == 0,
            Hangul.trailing.dropFirst().contains(second)
        {
            return first + second - Hangul.trailing.lowerBound
        }
        return compositions[UInt64(first) << 32 | UInt64(second)]
    }
}
