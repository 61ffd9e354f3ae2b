/// Regular languages, each kept once, and what is left of them after a byte.
struct LanguageStore {
    enum Kind: UInt8 {
        case nothing
        /// The empty text, with a tag that tells which of several texts has ended: `first` is the tag.
        case blank
        /// By the first byte: ranges `first ..< second` of `branches`.
        case fork
        /// Either of `lists[first ..< second]`.
        case union
        /// All of `lists[first ..< second]`.
        case intersection
        /// All texts but those of `first`.
        case complement
        /// `first`, then `second`.
        case concatenation
        /// `first`, `minimum` to `maximum` times.
        case repetition
        /// Digits whose number is a multiple of something: see `Multiple`.
        case multiple
    }

    /// A range of bytes, and what follows them.
    struct Branch: Hashable {
        var low: UInt8, high: UInt8
        var next: Language
    }

    /// What is left of a number that has to be a multiple of `divisor` after `scale` decimals.
    struct Multiple: Hashable {
        var divisor: Int64, remainder: Int64
        /// Decimals that may still come before only zeros may.
        var decimals: Int32, scale: Int32
        var isFraction: Bool
    }

    struct Node {
        var kind: Kind
        /// Whether it contains an intersection, a complement or a multiple, and may therefore be empty unseen.
        var isGuarded: Bool
        /// The tag of the empty text if that is in the language, -1 if not, -2 for several tags.
        var tag: Int32
        var first: Int32 = 0, second: Int32 = 0
        var minimum: Int32 = 0, maximum: Int32 = -1
        /// Where the row of what follows each byte begins in `rows`, -1 while there is none.
        var row: Int32 = -1
        /// How many bytes of the row were asked for before all were looked at.
        var askedCount: UInt8 = 0
        /// Of a guarded language: unknown, has texts, has none.
        var life = Life.unknown
        /// The only byte that can come next; -1 for none or several, -2 while unknown.
        var onlyByte: Int16 = -2
        /// How many plain characters in a row lead to one state, whichever they are; -1 while unknown.
        var plainDepth: Int16 = -1
        var plainNext: Int32 = 0
    }

    enum Life: UInt8 { case unknown, full, empty }

    private(set) var nodes: [Node] = []
    /// Whether a search for a text was given up: what it was about is no language that a grammar may be made of.
    private(set) var isUndecided = false
    private(set) var branches: [Branch] = []
    private(set) var lists: [Language] = []
    private(set) var multiples: [Multiple] = []
    private(set) var fingerprints: [Fingerprint] = []
    /// What follows each byte: 256 for each state that was looked at closely; -1 while unknown.
    private(set) var rows: [Int32] = []
    private var known: [Fingerprint: Int32] = [:]
    /// Of each language, what it becomes without its far counters, -1 while unknown, and how far the nearest of them is.
    var loose: [(language: Int32, slack: Int32)] = []
    /// Of pairs of languages, whether the first is known to be a part of the second.
    var parts: [UInt64: Bool] = [:]
    /// Whether a comparison is under way, which asks for no others.
    var isComparing = false
    /// Of languages, what they become with near counters in place of none.
    var tight: [Int32: Int32] = [:]
    /// Of loose languages that may be empty unseen, whether they have texts with near counters, and whether they stand
    /// for those with far ones.
    var fullWhenTight: [Int32: Bool] = [:], standsForFar: [Int32: Bool] = [:]

    /// Past so many nodes a grammar is refused, or ends with an error: its automaton does not fit.
    static let nodeLimit = 2_000_000
    static let rowLimit = 100_000

    static let undecided =
        "whether any text satisfies all its conditions takes more than \(searchLimit) states to find out"

    /// Whether the limits were reached: nothing new can be followed.
    var isFull: Bool { nodes.count > Self.nodeLimit || rows.count > Self.rowLimit << 8 }

    init() {
        _ = add(Node(kind: .nothing, isGuarded: false, tag: -1), Fingerprint(0))
        _ = blank(tag: 0)
        // Everything is what nothing leaves out.
        var print = Fingerprint(5)
        print.combine(fingerprints[0])
        _ = add(Node(kind: .complement, isGuarded: false, tag: 0, life: .full), print)
    }

    private mutating func add(_ node: Node, _ fingerprint: Fingerprint) -> Language {
        let index = Int32(nodes.count)
        nodes.append(node)
        fingerprints.append(fingerprint)
        known[fingerprint] = index
        return Language(index: index)
    }

    @inline(__always)
    func node(_ language: Language) -> Node { nodes[Int(language.index)] }

    func isNullable(_ language: Language) -> Bool { node(language).tag != -1 }

    func elements(_ node: Node) -> ArraySlice<Language> { lists[Int(node.first)..<Int(node.second)] }

    func forks(_ node: Node) -> ArraySlice<Branch> { branches[Int(node.first)..<Int(node.second)] }

    /// Calls `body` with each tag of the empty text.
    func forEachTag(_ language: Language, _ body: (Int32) -> Void) {
        let node = node(language)
        if node.tag >= 0 { return body(node.tag) }
        guard node.tag == -2 else { return }
        switch node.kind {
        case .union: for element in elements(node) { forEachTag(element, body) }
        case .concatenation: forEachTag(Language(index: node.second), body)
        default: return
        }
    }

    // MARK: Construction

    mutating func blank(tag: Int32) -> Language {
        var print = Fingerprint(1)
        print.combine(UInt64(tag))
        if let index = known[print] { return Language(index: index) }
        return add(Node(kind: .blank, isGuarded: false, tag: tag), print)
    }

    /// - Parameter list: In rising order, disjoint. Neighbours that lead to the same are joined.
    mutating func fork(_ list: [Branch]) -> Language {
        var joined: [Branch] = []
        for branch in list where branch.next != .nothing {
            if let last = joined.last, last.next == branch.next, last.high &+ 1 == branch.low {
                joined[joined.count - 1].high = branch.high
            } else {
                joined.append(branch)
            }
        }
        guard !joined.isEmpty else { return .nothing }
        var print = Fingerprint(2), isGuarded = false
        for branch in joined {
            print.combine(UInt64(branch.low) << 8 | UInt64(branch.high))
            print.combine(fingerprints[Int(branch.next.index)])
            isGuarded = isGuarded || node(branch.next).isGuarded
        }
        if let index = known[print] { return Language(index: index) }
        let start = Int32(branches.count)
        branches += joined
        return add(
            Node(kind: .fork, isGuarded: isGuarded, tag: -1, first: start, second: Int32(branches.count)), print)
    }

    mutating func byte(_ byte: UInt8, then next: Language) -> Language {
        fork([Branch(low: byte, high: byte, next: next)])
    }

    mutating func literal(_ bytes: some BidirectionalCollection<UInt8>, then next: Language = .blank) -> Language {
        var language = next
        for byte in bytes.reversed() { language = self.byte(byte, then: language) }
        return language
    }

    mutating func union(_ some: [Language]) -> Language {
        var flat: [Language] = []
        for language in some {
            if language == .nothing { continue }
            if language == .anything { return .anything }
            let node = node(language)
            if node.kind == .union { flat += elements(node) } else { flat.append(language) }
        }
        // Once a text may be anything, what else it may be says nothing.
        if flat.count > 1, let whole = flat.first(where: isStar) {
            flat.removeAll { $0 != whole && isPart($0, of: whole) }
        }
        return list(flat, .union)
    }

    mutating func intersection(_ some: [Language]) -> Language {
        var flat: [Language] = []
        for language in some {
            if language == .anything { continue }
            if language == .nothing { return .nothing }
            let node = node(language)
            if node.kind == .intersection { flat += elements(node) } else { flat.append(language) }
        }
        if flat.isEmpty { return .anything }
        if let short = flat.first(where: { node($0).kind == .blank }) {
            return flat.allSatisfy({ isNullable($0) }) ? short : .nothing
        }
        for other in flat where node(other).kind == .complement {
            let excluded = Language(index: node(other).first)
            if flat.contains(excluded) || isStar(excluded) && flat.contains(where: { isPart($0, of: excluded) }) {
                return .nothing
            }
        }
        return list(flat, .intersection)
    }

    private mutating func list(_ some: [Language], _ kind: Kind) -> Language {
        var elements = some.count < 2 ? some : some.sorted { $0.index < $1.index }
        if elements.count > 1 {
            var last: Language?
            elements.removeAll { element in
                defer { last = element }
                return last == element
            }
        }
        if elements.count < 2 { return elements.first ?? .nothing }
        var print = Fingerprint(kind == .union ? 3 : 4), isGuarded = kind == .intersection
        var tags: Set<Int32> = [], nullableCount = 0
        // The order of nodes differs from store to store; fingerprints are combined without it.
        var sums: (UInt64, UInt64) = (0, 0)
        for element in elements {
            let node = node(element), own = fingerprints[Int(element.index)]
            sums.0 &+= own.low &* (own.high | 1)
            sums.1 &+= own.high ^ own.low &* 0x9E37_79B9_7F4A_7C15
            isGuarded = isGuarded || node.isGuarded
            if node.tag != -1 {
                nullableCount += 1
                if node.tag >= 0 { tags.insert(node.tag) } else { forEachTag(element) { tags.insert($0) } }
            }
        }
        print.combine(UInt64(elements.count))
        print.combine(sums.0)
        print.combine(sums.1)
        if let index = known[print] { return Language(index: index) }
        var tag: Int32 = -1
        if kind == .union ? nullableCount > 0 : nullableCount == elements.count {
            tag = tags.count == 1 ? tags.first ?? 0 : kind == .union ? -2 : 0
        }
        let start = Int32(lists.count)
        lists += elements
        return add(Node(kind: kind, isGuarded: isGuarded, tag: tag, first: start, second: Int32(lists.count)), print)
    }

    mutating func complement(_ language: Language) -> Language {
        if language == .nothing { return .anything }
        if language == .anything { return .nothing }
        let node = node(language)
        if node.kind == .complement { return Language(index: node.first) }
        var print = Fingerprint(5)
        print.combine(fingerprints[Int(language.index)])
        if let index = known[print] { return Language(index: index) }
        return add(
            Node(kind: .complement, isGuarded: true, tag: node.tag == -1 ? 0 : -1, first: language.index), print)
    }

    mutating func concatenation(_ first: Language, _ second: Language) -> Language {
        if first == .nothing || second == .nothing { return .nothing }
        let node = node(first)
        if node.kind == .blank { return second }
        if second == .blank { return first }
        if node.kind == .concatenation {
            let rest = concatenation(Language(index: node.second), second)
            return concatenation(Language(index: node.first), rest)
        }
        if node.kind == .fork, node.second - node.first == 1, !node.isGuarded {
            // A literal: it keeps its shape.
            let branch = branches[Int(node.first)]
            let rest = concatenation(branch.next, second)
            return fork([Branch(low: branch.low, high: branch.high, next: rest)])
        }
        var print = Fingerprint(6)
        print.combine(fingerprints[Int(first.index)])
        print.combine(fingerprints[Int(second.index)])
        if let index = known[print] { return Language(index: index) }
        let other = self.node(second)
        return add(
            Node(
                kind: .concatenation, isGuarded: node.isGuarded || other.isGuarded,
                tag: node.tag == -1 ? -1 : other.tag,
                first: first.index, second: second.index), print)
    }

    mutating func concatenation(_ some: [Language]) -> Language {
        var language = Language.blank
        for element in some.reversed() { language = concatenation(element, language) }
        return language
    }

    /// - Parameter maximum: nil for as often as one likes.
    mutating func repetition(_ language: Language, _ minimum: Int, _ maximum: Int?) -> Language {
        let node = node(language)
        if maximum == 0 || node.kind == .blank { return .blank }
        if node.kind == .nothing { return minimum == 0 ? .blank : .nothing }
        if minimum == 1, maximum == 1 { return language }
        let least = node.tag != -1 ? 0 : minimum
        if node.kind == .repetition, node.minimum == 0, node.maximum == -1, maximum == nil { return language }
        var print = Fingerprint(7)
        print.combine(fingerprints[Int(language.index)])
        print.combine(UInt64(least))
        print.combine(UInt64(bitPattern: Int64(maximum ?? -1)))
        if let index = known[print] { return Language(index: index) }
        return add(
            Node(
                kind: .repetition, isGuarded: node.isGuarded, tag: least == 0 ? 0 : -1, first: language.index,
                minimum: Int32(clamping: least), maximum: maximum.map { Int32(clamping: $0) } ?? -1), print)
    }

    mutating func multiple(_ multiple: Multiple) -> Language {
        var print = Fingerprint(8)
        print.combine(UInt64(bitPattern: multiple.divisor))
        print.combine(UInt64(bitPattern: multiple.remainder))
        print.combine(UInt64(bitPattern: Int64(multiple.decimals)) << 20 ^ UInt64(multiple.scale) << 1)
        print.combine(multiple.isFraction ? 1 : 0)
        if let index = known[print] { return Language(index: index) }
        multiples.append(multiple)
        return add(
            Node(
                kind: .multiple, isGuarded: true, tag: multiple.isDivisible ? 0 : -1,
                first: Int32(multiples.count - 1), life: multiple.canEnd ? .full : .empty), print)
    }

    // MARK: Bookkeeping of the automaton, for LanguageStore+Following.swift

    mutating func giveUp() { isUndecided = true }

    mutating func setLife(_ language: Language, _ life: Life) { nodes[Int(language.index)].life = life }

    mutating func setOnlyByte(_ language: Language, _ byte: Int16) { nodes[Int(language.index)].onlyByte = byte }

    mutating func setPlain(_ language: Language, depth: Int16, next: Language) {
        nodes[Int(language.index)].plainDepth = depth
        nodes[Int(language.index)].plainNext = next.index
    }

    mutating func countAsked(_ language: Language) -> Int {
        nodes[Int(language.index)].askedCount &+= 1
        return Int(nodes[Int(language.index)].askedCount)
    }

    mutating func makeRow(_ language: Language) -> Int {
        let known = nodes[Int(language.index)].row
        if known >= 0 { return Int(known) }
        let start = rows.count
        rows.append(contentsOf: repeatElement(-1, count: 256))
        nodes[Int(language.index)].row = Int32(start)
        return start
    }

    @inline(__always)
    mutating func setRow(_ place: Int, _ next: Language) { rows[place] = next.index }
}

extension LanguageStore.Multiple {
    /// Whether the digits so far are a number that it takes.
    var isDivisible: Bool {
        var rest = remainder
        for _ in 0..<max(0, decimals) { rest = rest * 10 % divisor }
        return rest % divisor == 0
    }

    /// Whether some more digits make a number that it takes.
    var canEnd: Bool {
        guard isFraction else { return true }
        var rest = remainder, room = Int64(1)
        for _ in 0..<max(0, decimals) {
            rest = rest * 10 % divisor
            room *= 10
        }
        return (divisor - rest) % divisor < room
    }

    /// What is left after a digit, or after the point; nil if there is nothing.
    func following(_ byte: UInt8) -> LanguageStore.Multiple? {
        var next = self
        switch byte {
        case UInt8(ascii: "."):
            guard !isFraction else { return nil }
            next.isFraction = true
            return next
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let digit = Int64(byte - 0x30)
            if !isFraction {
                next.remainder = (remainder * 10 + digit) % divisor
            } else if decimals > 0 {
                next.remainder = (remainder * 10 + digit) % divisor
                next.decimals -= 1
            } else if digit != 0 {
                return nil
            }
            return next
        default: return nil
        }
    }
}
