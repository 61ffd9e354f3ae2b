/// What is left of a language after a byte.
extension LanguageStore {
    /// The texts that follow `byte` in `language`; `.nothing` if none does, also where that took a search to find out.
    @inline(__always)
    mutating func following(_ language: Language, _ byte: UInt8) -> Language {
        let row = nodes[Int(language.index)].row
        if row >= 0 {
            let next = rows[Int(row) + Int(byte)]
            if next >= 0 { return Language(index: next) }
        }
        return find(language, byte)
    }

    private mutating func find(_ language: Language, _ byte: UInt8) -> Language {
        let node = node(language)
        switch node.kind {
        case .nothing, .blank: return .nothing
        case .fork where node.second - node.first <= 2 && !node.isGuarded:
            for branch in forks(node) where byte >= branch.low && byte <= branch.high { return branch.next }
            return .nothing
        default: break
        }
        if isFull { return .nothing }
        if node.isGuarded, countAsked(language) <= Self.fewBytes {
            // An answer goes through most such states once, by one byte.
            var next = derivative(language, byte)
            if next != .nothing, self.node(next).isGuarded, !hasTexts(next) { next = .nothing }
            let row = makeRow(language)
            setRow(row + Int(byte), next)
            return next
        }
        fill(language)
        return Language(index: rows[Int(nodes[Int(language.index)].row) + Int(byte)])
    }

    /// So many bytes are looked at one by one before all are.
    private static let fewBytes = 3

    /// Finds out what follows every byte: once for each run of bytes that the language does not tell apart.
    private mutating func fill(_ language: Language) {
        let starts = runs(language)
        let row = makeRow(language)
        for place in starts.indices {
            var next = derivative(language, UInt8(starts[place]))
            if next != .nothing, node(next).isGuarded, !hasTexts(next) { next = .nothing }
            let end = place + 1 < starts.count ? starts[place + 1] : 256
            for byte in starts[place]..<end { setRow(row + byte, next) }
        }
    }

    /// The first bytes of runs that a language does not tell apart, in rising order.
    private func runs(_ language: Language) -> [Int] {
        // 257 bits: where a run begins.
        var marks = (UInt64(1), UInt64(0), UInt64(0), UInt64(0))
        mark(language, &marks)
        var starts: [Int] = []
        for (place, word) in [marks.0, marks.1, marks.2, marks.3].enumerated() {
            var rest = word
            while rest != 0 {
                starts.append(place * 64 + rest.trailingZeroBitCount)
                rest &= rest &- 1
            }
        }
        return starts
    }

    private typealias Marks = (UInt64, UInt64, UInt64, UInt64)

    private func mark(_ byte: Int, _ marks: inout Marks) {
        let bit = UInt64(1) << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: marks.0 |= bit
        case 1: marks.1 |= bit
        case 2: marks.2 |= bit
        case 3: marks.3 |= bit
        default: break
        }
    }

    private func mark(_ language: Language, _ marks: inout Marks) {
        let node = node(language)
        switch node.kind {
        case .nothing, .blank: return
        case .fork:
            for branch in forks(node) {
                mark(Int(branch.low), &marks)
                mark(Int(branch.high) + 1, &marks)
            }
        case .union, .intersection: for element in elements(node) { mark(element, &marks) }
        case .complement, .repetition: mark(Language(index: node.first), &marks)
        case .concatenation:
            let first = Language(index: node.first)
            mark(first, &marks)
            if isNullable(first) { mark(Language(index: node.second), &marks) }
        case .multiple:
            mark(0x2E, &marks)
            mark(0x2F, &marks)
            for byte in 0x30...0x3A { mark(byte, &marks) }
        }
    }

    /// As ``following(_:_:)``, but a language without texts may be found only later to be one.
    private mutating func derivative(_ language: Language, _ byte: UInt8) -> Language {
        let node = node(language)
        if node.row >= 0 {
            let next = rows[Int(node.row) + Int(byte)]
            if next >= 0 { return Language(index: next) }
        }
        switch node.kind {
        case .nothing, .blank: return .nothing
        case .fork:
            var low = Int(node.first), high = Int(node.second)
            while low < high {
                let middle = (low + high) / 2
                if branches[middle].high < byte { low = middle + 1 } else { high = middle }
            }
            return low < Int(node.second) && branches[low].low <= byte ? branches[low].next : .nothing
        case .union:
            var next: [Language] = []
            for place in Int(node.first)..<Int(node.second) {
                let one = derivative(lists[place], byte)
                if one != .nothing { next.append(one) }
            }
            return next.count < 2 ? next.first ?? .nothing : union(next)
        case .intersection:
            var next: [Language] = []
            for place in Int(node.first)..<Int(node.second) {
                let one = derivative(lists[place], byte)
                if one == .nothing { return .nothing }
                next.append(one)
            }
            return intersection(next)
        case .complement:
            return complement(derivative(Language(index: node.first), byte))
        case .concatenation:
            let first = Language(index: node.first), second = Language(index: node.second)
            let after = concatenation(derivative(first, byte), second)
            guard isNullable(first) else { return after }
            let skipped = derivative(second, byte)
            return after == .nothing ? skipped : skipped == .nothing ? after : union([after, skipped])
        case .repetition:
            let first = Language(index: node.first), next = derivative(first, byte)
            if next == .nothing { return .nothing }
            let rest = repetition(
                first, max(0, Int(node.minimum) - 1), node.maximum < 0 ? nil : Int(node.maximum) - 1)
            return concatenation(next, rest)
        case .multiple:
            guard let next = multiples[Int(node.first)].following(byte) else { return .nothing }
            return multiple(next)
        }
    }

    // MARK: Comparisons

    /// Whether a language is something as often as one likes.
    func isStar(_ language: Language) -> Bool {
        let node = node(language)
        return node.kind == .repetition && node.minimum == 0 && node.maximum < 0
    }

    private static let mostPairs = 200

    /// Whether all texts of `part` are in `whole`, as far as a look at some pairs of states can tell.
    mutating func isPart(_ part: Language, of whole: Language) -> Bool {
        if part == whole { return true }
        if isComparing || isFull || node(part).kind == .complement { return false }
        let key = UInt64(UInt32(bitPattern: part.index)) << 32 | UInt64(UInt32(bitPattern: whole.index))
        if let known = parts[key] { return known }
        isComparing = true
        defer { isComparing = false }
        var waiting = [(part, whole)], seen: Set<UInt64> = [key], isPart = true
        search: while let (one, other) = waiting.popLast() {
            let ends = node(one).tag
            guard ends == -1 || ends >= 0 && ends == node(other).tag, seen.count <= Self.mostPairs else {
                isPart = false
                break
            }
            let both = union([one, other])
            for byte in runs(both) {
                let next = derivative(one, UInt8(byte)), inside = derivative(other, UInt8(byte))
                if next == .nothing || next == inside || inside == .anything { continue }
                if inside == .nothing {
                    isPart = false
                    break search
                }
                let pair = UInt64(UInt32(bitPattern: next.index)) << 32 | UInt64(UInt32(bitPattern: inside.index))
                if seen.insert(pair).inserted { waiting.append((next, inside)) }
            }
        }
        parts[key] = isPart
        return isPart
    }

    /// How many readings a text of the language may have open at once: the most along some texts, taken by chance, the same
    /// ones every time.
    mutating func readingCount(_ language: Language, atMost limit: Int, texts: Int = 3, bytes: Int = 320) -> Int {
        var most = 0
        for seed in 1...texts {
            var state = language, random = UInt64(seed)
            for _ in 0..<bytes where !isFull {
                most = max(most, width(state))
                if most > limit { return most }
                var next: [Language] = []
                for byte in runs(state) where byte >= 0x20 && byte < 0x7F {
                    let one = derivative(state, UInt8(byte))
                    if one != .nothing { next.append(one) }
                }
                if next.isEmpty { break }
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                state = next[Int(random >> 33) % next.count]
            }
        }
        return most
    }

    private func width(_ language: Language) -> Int {
        let node = node(language)
        return switch node.kind {
        case .union, .intersection: elements(node).reduce(0) { $0 + width($1) }
        case .complement, .concatenation: width(Language(index: node.first))
        default: 1
        }
    }

    // MARK: Emptiness

    /// States that are looked at to find out whether a language has any text.
    static let searchLimit = 20_000

    /// Whether the language has any text. O(1) once known; a search through its automaton before. One that takes too long
    /// leaves the question open: ``isUndecided``.
    mutating func hasTexts(_ language: Language) -> Bool {
        let node = node(language)
        if !node.isGuarded { return node.kind != .nothing }
        if node.life != .unknown { return node.life == .full }
        let loose = loosened(language)
        if loose != language, slack(language) >= Self.spareCount, hasTextsWhenTight(loose) {
            setLife(language, .full)
            return true
        }
        // Depth first: the first text that is found shows that every state on the way has one.
        var path: [(state: Language, next: [Language])] = []
        var seen: Set<Int32> = [language.index], visited = [language]
        func isKnownFull(_ language: Language) -> Bool {
            let node = self.node(language)
            if node.tag != -1 { return true }
            return !node.isGuarded ? node.kind != .nothing : node.life == .full
        }
        func close(_ found: Language) -> Bool {
            for (state, _) in path { setLife(state, .full) }
            setLife(found, .full)
            return true
        }
        if isKnownFull(language) { return close(language) }
        var state = language
        while true {
            // A look at all that follow, before any of them is gone into.
            var next: [Language] = []
            for byte in runs(state) {
                let one = derivative(state, UInt8(byte))
                if one == .nothing || self.node(one).life == .empty || next.contains(one) { continue }
                if isKnownFull(one) {
                    setLife(state, .full)
                    return close(one)
                }
                next.append(one)
            }
            path.append((state, next))
            var found: Language?
            while found == nil, !path.isEmpty {
                while found == nil, let one = path[path.count - 1].next.popLast() {
                    if seen.insert(one.index).inserted { found = one }
                }
                if found == nil { path.removeLast() }
            }
            guard let found else { break }
            guard visited.count <= Self.searchLimit, !isFull else {
                giveUp()
                return true
            }
            visited.append(found)
            state = found
        }
        // None of those that were seen leads to a text.
        for state in visited { setLife(state, .empty) }
        return false
    }

    /// The only byte that can follow, if there is one alone and the language does not end here.
    mutating func onlyByte(_ language: Language) -> UInt8? {
        let node = node(language)
        if node.onlyByte >= -1 { return UInt8(exactly: node.onlyByte) }
        var found: Int16 = -1
        if node.tag == -1 {
            for byte in 0...UInt8.max where following(language, byte) != .nothing {
                if found >= 0 {
                    found = -1
                    break
                }
                found = Int16(byte)
            }
        }
        setOnlyByte(language, found)
        return UInt8(exactly: found)
    }

    /// Whether any byte can follow.
    mutating func goesOn(_ language: Language) -> Bool {
        let node = node(language)
        switch node.kind {
        case .nothing, .blank: return false
        case .fork where !node.isGuarded: return true
        default: break
        }
        // A language without the empty text has another one.
        if node.tag == -1 { return true }
        if !node.isGuarded {
            switch node.kind {
            case .repetition: return true
            case .union: return elements(node).contains { self.node($0).kind != .blank }
            case .concatenation: return true
            default: break
            }
        }
        for byte in 0...UInt8.max where following(language, byte) != .nothing { return true }
        return false
    }
}
