import TuttiTensors

/// The tokens that lie wholly within a language, from one of its states on: all bits, or a list where they are few.
final class StateMask: Sendable {
    let words: [UInt64]
    let tokens: [Token]

    init(words: [UInt64], tokens: [Token]) {
        self.words = words
        self.tokens = tokens
    }

    static let none = StateMask(words: [], tokens: [])

    var byteCount: Int { words.count * 8 + tokens.count * 4 + 64 }
}

/// The tokens that leave a language: what of them lies beyond its end, as a tree for each tag of an end.
final class Border: Sendable {
    let tries: [(tag: Int32, trie: SuffixTrie)]
    /// Whether there are so many that each grammar walks all tokens instead.
    let isTooWide: Bool

    init(_ tries: [(tag: Int32, trie: SuffixTrie)], isTooWide: Bool = false) {
        self.tries = tries
        self.isTooWide = isTooWide
    }

    var byteCount: Int { tries.reduce(64) { $0 + $1.trie.byteCount } }
}

/// Ends of tokens as a tree in one row, with all the tokens that have the same end.
struct SuffixTrie: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var depths: [UInt8] = []
    private(set) var ends: [Int32] = []
    /// Where a node's tokens begin in `tokens`; those of the next node follow.
    private(set) var starts: [Int32] = []
    private(set) var tokens: [Token] = []

    init(_ entries: [(bytes: [UInt8], token: Token)]) {
        var path: [Int] = [], last: [UInt8] = []
        for (text, token) in entries.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            var common = 0
            while common < min(last.count, text.count), last[common] == text[common] { common += 1 }
            while path.count > common { ends[path.removeLast()] = Int32(bytes.count) }
            for depth in common..<text.count {
                path.append(bytes.count)
                bytes.append(text[depth])
                depths.append(UInt8(depth))
                ends.append(0)
                starts.append(Int32(tokens.count))
            }
            tokens.append(token)
            last = text
        }
        while let node = path.popLast() { ends[node] = Int32(bytes.count) }
        starts.append(Int32(tokens.count))
    }

    var count: Int { bytes.count }
    var byteCount: Int { bytes.count * 10 + tokens.count * 4 }
}

/// Masks and borders of states, by what the states are: all grammars over a vocabulary share them.
struct KeptMasks: Sendable {
    private var masks: [Fingerprint: StateMask] = [:]
    private var borders: [Fingerprint: Border] = [:]
    private var byteCount = 0
    private static let mostBytes = 96 << 20

    func mask(_ key: Fingerprint) -> StateMask? { masks[key] }
    func border(_ key: Fingerprint) -> Border? { borders[key] }

    mutating func keep(_ mask: StateMask, _ key: Fingerprint) {
        makeRoom(mask.byteCount)
        masks[key] = mask
    }

    mutating func keep(_ border: Border, _ key: Fingerprint) {
        makeRoom(border.byteCount)
        borders[key] = border
    }

    private mutating func makeRoom(_ count: Int) {
        byteCount += count
        guard byteCount > Self.mostBytes else { return }
        masks = [:]
        borders = [:]
        byteCount = count
    }
}
