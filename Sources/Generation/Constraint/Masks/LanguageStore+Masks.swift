import Synchronization
import TuttiTensors

/// What a state of a language allows of a vocabulary: found once by a walk over the tokens.
extension LanguageStore {
    /// Walks that looked at more nodes than this are worth keeping for other grammars.
    private static let dearWalk = 1_000
    private static let widestBorder = 40_000

    /// The tokens all of whose bytes can follow in `language`.
    mutating func stateMask(_ language: Language, _ vocabulary: VocabularyTokens) -> StateMask {
        let key = fingerprints[Int(language.index)]
        if let kept = vocabulary.kept.withLock({ $0.mask(key) }) { return kept }
        var words: [UInt64] = [], found: [Token] = []
        let (depth, _) = plainRun(language, longest: vocabulary.longestPlain)
        let plainDepth = min(depth, vocabulary.longestPlain)
        if plainDepth > 0 {
            words = vocabulary.plainMasks[plainDepth]
        }
        var visitCount = 0
        if plainDepth < vocabulary.longestPlain || depth == 0 {
            visitCount += walk(vocabulary.plain, language, past: plainDepth) { _, node, _ in
                Self.add(node, vocabulary.plain, &found)
            }
        }
        visitCount += walk(vocabulary.rest, language, past: 0) { _, node, _ in
            Self.add(node, vocabulary.rest, &found)
        }
        if !words.isEmpty || found.count > vocabulary.wordCount {
            if words.isEmpty { words = [UInt64](repeating: 0, count: vocabulary.wordCount) }
            for token in found { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
            found = []
        }
        let mask = StateMask(words: words, tokens: found)
        if !words.isEmpty || visitCount > Self.dearWalk {
            vocabulary.kept.withLock { $0.keep(mask, key) }
        }
        return mask
    }

    /// The tokens that begin in `language` and go on past its end.
    mutating func border(_ language: Language, _ vocabulary: VocabularyTokens) -> Border {
        let key = fingerprints[Int(language.index)]
        if let kept = vocabulary.kept.withLock({ $0.border(key) }) { return kept }
        var entries: [Int32: [(bytes: [UInt8], token: Token)]] = [:], count = 0
        var isTooWide = false, visitCount = 0
        let (depth, inside) = plainRun(language, longest: vocabulary.longestPlain)
        let plainDepth = min(depth, vocabulary.longestPlain)
        if depth > 0 { isTooWide = endsInPlainRun(inside, depth, longest: vocabulary.longestPlain) }
        for (trie, past) in [(vocabulary.plain, plainDepth), (vocabulary.rest, 0)] where !isTooWide {
            if past >= vocabulary.longestPlain, past > 0 { continue }
            visitCount += walk(trie, language, past: past) { store, node, state in
                guard store.isNullable(state), Int(trie.ends[node]) > node + 1, count <= Self.widestBorder else {
                    return
                }
                count += store.addSuffixes(below: node, trie, state, &entries)
            }
            if count > Self.widestBorder { isTooWide = true }
        }
        let border: Border
        if isTooWide {
            border = Border([], isTooWide: true)
        } else {
            border = Border(entries.sorted { $0.key < $1.key }.map { ($0.key, SuffixTrie($0.value)) })
        }
        if visitCount > Self.dearWalk || isTooWide { vocabulary.kept.withLock { $0.keep(border, key) } }
        return border
    }

    /// Adds what of the tokens below a node lies beyond it, where a language ends, for each tag that it ends with.
    /// - Returns: How many tokens that are.
    @discardableResult
    func addSuffixes(
        below node: Int, _ trie: TokenTrie, _ state: Language,
        _ entries: inout [Int32: [(bytes: [UInt8], token: Token)]]
    ) -> Int {
        let depth = Int(trie.depths[node])
        var path: [UInt8] = [], count = 0
        for below in (node + 1)..<Int(trie.ends[node]) {
            path.removeLast(path.count - (Int(trie.depths[below]) - depth - 1))
            path.append(trie.bytes[below])
            var tokens: [Token] = []
            Self.add(below, trie, &tokens)
            if tokens.isEmpty { continue }
            forEachTag(state) { tag in
                for token in tokens { entries[tag, default: []].append((path, token)) }
            }
            count += tokens.count
        }
        return count
    }

    static func add(_ node: Int, _ trie: TokenTrie, _ found: inout [Token]) {
        guard trie.tokens[node] >= 0 else { return }
        found.append(trie.tokens[node])
        if !trie.others.isEmpty, let others = trie.others[Int32(node)] { found += others }
    }

    /// Walks to every node of the trie whose bytes can follow in `language`, except where all tokens have at most `past`
    /// characters: `visit` is told the node and the state behind it.
    /// - Returns: How many nodes were looked at.
    @inline(__always)
    private mutating func walk(
        _ trie: TokenTrie, _ language: Language, past: Int, _ visit: (inout LanguageStore, Int, Language) -> Void
    ) -> Int {
        var states = [Language](repeating: .nothing, count: 257)
        states[0] = language
        var node = 0, visitCount = 0
        let count = trie.count
        while node < count {
            visitCount += 1
            if past > 0, Int(trie.reach[node]) <= past {
                node = Int(trie.ends[node])
                continue
            }
            let depth = Int(trie.depths[node])
            let next = following(states[depth], trie.bytes[node])
            if next == .nothing {
                node = Int(trie.ends[node])
                continue
            }
            states[depth + 1] = next
            visit(&self, node, next)
            node += 1
        }
        return visitCount
    }

    // MARK: Runs of plain characters

    /// How many plain characters (see `PlainText`) can follow whatever they are, at most `longest`, and the state after
    /// the first.
    mutating func plainRun(_ language: Language, longest: Int) -> (depth: Int, next: Language) {
        var chain: [Language] = [], state = language, depth = 0
        while true {
            let node = node(state)
            if node.plainDepth >= 0 {
                depth = Int(node.plainDepth)
                break
            }
            if chain.contains(state) {
                depth = longest
                break
            }
            if chain.count >= longest {
                // Long enough for the first; of the others it is not known.
                setPlain(language, depth: Int16(longest), next: chain.count > 1 ? chain[1] : state)
                return (longest, Language(index: self.node(language).plainNext))
            }
            guard let next = afterPlain(state) else {
                setPlain(state, depth: 0, next: .nothing)
                depth = 0
                break
            }
            chain.append(state)
            state = next
        }
        for (place, one) in chain.enumerated().reversed() {
            depth = min(depth + 1, longest)
            let next = place + 1 < chain.count ? chain[place + 1] : state
            setPlain(one, depth: Int16(depth), next: next)
        }
        return (Int(node(language).plainDepth), Language(index: node(language).plainNext))
    }

    /// Whether the language may end after one of the next `depth` plain characters.
    private mutating func endsInPlainRun(_ first: Language, _ depth: Int, longest: Int) -> Bool {
        var state = first, left = depth
        while left > 0 {
            if isNullable(state) { return true }
            let (run, next) = plainRun(state, longest: longest)
            if run == 0 || next == state { return false }
            state = next
            left -= 1
        }
        return false
    }

    /// The state after one plain character, if it is the same for all of them.
    private mutating func afterPlain(_ language: Language) -> Language? {
        let next = following(language, 0x20)
        if next == .nothing { return nil }
        for byte in UInt8(0x20)..<0x80 where byte != 0x22 && byte != 0x5C {
            if following(language, byte) != next { return nil }
        }
        func follow(_ state: Language, _ ranges: [ClosedRange<UInt8>], _ store: inout LanguageStore) -> Language? {
            var found: Language?
            for byte in ranges[0] {
                let one = store.following(state, byte)
                if one == .nothing || found != nil && found != one { return nil }
                found = one
            }
            guard let found else { return nil }
            return ranges.count == 1 ? found : follow(found, Array(ranges.dropFirst()), &store)
        }
        let tail: ClosedRange<UInt8> = 0x80...0xBF
        let rows: [[ClosedRange<UInt8>]] = [
            [0xC2...0xDF, tail], [0xE0...0xE0, 0xA0...0xBF, tail], [0xE1...0xEC, tail, tail],
            [0xED...0xED, 0x80...0x9F, tail], [0xEE...0xEF, tail, tail], [0xF0...0xF0, 0x90...0xBF, tail, tail],
            [0xF1...0xF3, tail, tail, tail], [0xF4...0xF4, 0x80...0x8F, tail, tail],
        ]
        for row in rows where follow(language, row, &self) != next { return nil }
        return next
    }
}
