import TuttiText

/// Languages of whole texts and characters.
extension LanguageStore {
    /// One of many texts, each with what follows it, as a tree: a step takes the same time however many they are.
    mutating func literals(_ texts: [(bytes: [UInt8], next: Language)]) -> Language {
        let sorted = texts.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return literals(sorted[...], depth: 0)
    }

    private mutating func literals(_ texts: ArraySlice<(bytes: [UInt8], next: Language)>, depth: Int) -> Language {
        if texts.count == 1, let only = texts.first {
            return literal(only.bytes[depth...], then: only.next)
        }
        var ended: [Language] = [], branches: [Branch] = [], start = texts.startIndex
        while start < texts.endIndex {
            if texts[start].bytes.count == depth {
                ended.append(texts[start].next)
                start += 1
                continue
            }
            // A run of bytes that all share is taken at once: long common beginnings need no deep calls.
            let byte = texts[start].bytes[depth]
            var end = start
            while end < texts.endIndex, texts[end].bytes.count > depth, texts[end].bytes[depth] == byte { end += 1 }
            let group = texts[start..<end], first = group[start].bytes, last = group[end - 1].bytes
            var common = depth + 1
            while common < min(first.count, last.count), first[common] == last[common] { common += 1 }
            let rest = literals(group, depth: common)
            branches.append(Branch(low: byte, high: byte, next: literal(first[(depth + 1)..<common], then: rest)))
            start = end
        }
        let fork = fork(branches)
        return ended.isEmpty ? fork : union(ended + [fork])
    }

    /// One of the characters in `set`, in UTF-8.
    mutating func character(_ set: ScalarSet) -> Language { byteRows(Self.byteRows(set)) }

    /// Any character in UTF-8.
    mutating func anyCharacter() -> Language { character(.all) }

    /// One of some rows of ranges of bytes.
    mutating func byteRows(_ rows: [[ClosedRange<UInt8>]]) -> Language {
        if rows.isEmpty { return .nothing }
        if rows.contains(where: \.isEmpty) {
            let others = byteRows(rows.filter { !$0.isEmpty })
            return others == .nothing ? .blank : union([.blank, others])
        }
        var edges: Set<Int> = []
        for row in rows {
            edges.insert(Int(row[0].lowerBound))
            edges.insert(Int(row[0].upperBound) + 1)
        }
        let sorted = edges.sorted()
        var branches: [Branch] = []
        for (low, end) in zip(sorted, sorted.dropFirst()) {
            let inside = rows.filter { $0[0].contains(UInt8(low)) }
            if inside.isEmpty { continue }
            let next = byteRows(inside.map { Array($0.dropFirst()) })
            branches.append(Branch(low: UInt8(low), high: UInt8(end - 1), next: next))
        }
        return fork(branches)
    }

    /// The rows of ranges of bytes that are the characters of `set` in UTF-8; surrogates are none.
    static func byteRows(_ set: ScalarSet) -> [[ClosedRange<UInt8>]] {
        var rows: [[ClosedRange<UInt8>]] = []
        let parts: [Range<UInt32>] = [0..<0x80, 0x80..<0x800, 0x800..<0xD800, 0xE000..<0x10000, 0x10000..<0x110000]
        for range in set.ranges {
            for part in parts {
                let low = max(range.lowerBound, part.lowerBound), high = min(range.upperBound, part.upperBound)
                if low < high { addRows(low, high - 1, &rows) }
            }
        }
        return rows
    }

    private static func addRows(_ low: UInt32, _ high: UInt32, _ rows: inout [[ClosedRange<UInt8>]]) {
        if high < 0x80 { return rows.append([UInt8(low)...UInt8(high)]) }
        let count = high < 0x800 ? 1 : high < 0x10000 ? 2 : 3
        // Cut so that all but the last bytes that vary are fixed or whole.
        for place in (1...count).reversed() {
            let mask = UInt32(1) << UInt32(6 * place) - 1
            if low & ~mask != high & ~mask {
                if low & mask != 0 {
                    addRows(low, low | mask, &rows)
                    return addRows((low | mask) + 1, high, &rows)
                }
                if high & mask != mask {
                    addRows(low, high & ~mask - 1, &rows)
                    return addRows(high & ~mask, high, &rows)
                }
                break
            }
        }
        rows.append(zip(encoded(low, count), encoded(high, count)).map { $0...$1 })
    }

    private static func encoded(_ value: UInt32, _ count: Int) -> [UInt8] {
        let lead: UInt32 = count == 1 ? 0xC0 : count == 2 ? 0xE0 : 0xF0
        var bytes = [UInt8(lead | value >> UInt32(6 * count))]
        for place in (0..<count).reversed() { bytes.append(UInt8(0x80 | value >> UInt32(6 * place) & 0x3F)) }
        return bytes
    }

    /// Any text up to and including the first occurrence of one of `strings`.
    mutating func text(until strings: [String]) -> Language {
        let (whole, ending) = texts(endingIn: strings)
        let more = repetition(anyCharacter(), 1, nil)
        return intersection([whole, ending, complement(concatenation(ending, more))])
    }

    /// Any text in which none of `strings` occurs.
    mutating func text(without strings: [String]) -> Language {
        let (whole, ending) = texts(endingIn: strings)
        return intersection([whole, complement(concatenation(ending, whole))])
    }

    private mutating func texts(endingIn strings: [String]) -> (whole: Language, ending: Language) {
        let whole = repetition(anyCharacter(), 0, nil)
        let stops = literals(strings.map { (Array($0.utf8), .blank) })
        return (whole, concatenation(whole, stops))
    }
}
