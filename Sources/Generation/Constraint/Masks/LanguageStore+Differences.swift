import TuttiTensors

/// What a state allows otherwise than another one, its *base*, whose tokens are found once for many states.
final class MaskDifference: Sendable {
    let base: Int32
    /// Tokens within the language that the base does not allow, and those that it allows, within it or past its end, and
    /// the state does not.
    let added: [Token], removed: [Token]
    /// The tokens that leave the language where the base goes on.
    let tries: [(tag: Int32, trie: SuffixTrie)]

    init(base: Language, added: [Token], removed: [Token], tries: [(tag: Int32, trie: SuffixTrie)]) {
        self.base = base.index
        self.added = added
        self.removed = removed
        self.tries = tries
    }
}

extension LanguageStore {
    /// Beyond so many nodes a state has little in common with its base.
    private static let widestDifference = 30_000
    /// States of a base that are looked at to find out whether it may stand for others.
    private static let mostStates = 1_000

    /// What a state allows otherwise than its base; nil where it has none, or too little in common with it.
    ///
    /// A string that may be all but some names is a free string after the first letter that no name has there, and a
    /// string with a bound is a free one until that comes near. So the tokens are walked through in both at once, and no
    /// further where they have become one, or will not differ within the tokens that are left.
    mutating func difference(_ language: Language, _ vocabulary: VocabularyTokens) -> MaskDifference? {
        guard let (base, isLoose) = base(of: language, vocabulary) else { return nil }
        var added: [Token] = [], removed: [Token] = [], count = 0
        var entries: [Int32: [(bytes: [UInt8], token: Token)]] = [:]
        // `reach`: how many bytes beyond a state the two do not differ, since only a far counter tells them apart.
        var states = [(own: Language, base: Language, reach: Int32)](repeating: (.nothing, .nothing, 0), count: 257)
        states[0] = (language, base, isLoose ? reach(language, base) : 0)
        for trie in [vocabulary.plain, vocabulary.rest] {
            var node = 0
            while node < trie.count {
                let depth = Int(trie.depths[node]), end = Int(trie.ends[node]), byte = trie.bytes[node]
                if states[depth].reach > Int32(trie.heights[node]) {
                    node = end
                    continue
                }
                let own = states[depth].own == .nothing ? .nothing : following(states[depth].own, byte)
                let other = states[depth].base == .nothing ? .nothing : following(states[depth].base, byte)
                if own == other {
                    node = end
                    continue
                }
                count += 1
                if count > Self.widestDifference { return nil }
                let baseEnds = other != .nothing && isNullable(other)
                if own == .nothing {
                    Self.add(node, trie, &removed)
                    if baseEnds {
                        for below in (node + 1)..<end { Self.add(below, trie, &removed) }
                        node = end
                        continue
                    }
                } else {
                    // What follows the base's end and what follows in the state would have to be told apart.
                    if baseEnds { return nil }
                    if other == .nothing { Self.add(node, trie, &added) }
                    if isNullable(own) { addSuffixes(below: node, trie, own, &entries) }
                }
                states[depth + 1] = (own, other, isLoose && own != .nothing ? reach(own, other) : 0)
                node += 1
            }
        }
        let tries = entries.sorted { $0.key < $1.key }.map { ($0.key, SuffixTrie($0.value)) }
        return MaskDifference(base: base, added: added, removed: removed, tries: tries)
    }

    /// For how many bytes a language allows what another one does: none unless that is its loose form.
    private mutating func reach(_ language: Language, _ loose: Language) -> Int32 {
        guard loosened(language) == loose else { return 0 }
        return slack(language) - (node(language).isGuarded ? Int32(Self.spareCount) : 0)
    }

    /// A state that allows nearly the same as another one, and that many have in common: its loose form, or one where
    /// most characters lead.
    private mutating func base(
        of language: Language, _ vocabulary: VocabularyTokens
    ) -> (state: Language, isLoose: Bool)? {
        let loose = loosened(language)
        if loose != language, !node(language).isGuarded || stands(loose, vocabulary) { return (loose, true) }
        // Where one goes on with most characters, if one stays there; a state that stays is nobody's difference. The bytes
        // are looked at in one order, so that of two such states only one can be the other's base.
        for byte in [UInt8(ascii: "~"), UInt8(ascii: "Q"), UInt8(ascii: "j"), UInt8(ascii: "7")] {
            let next = following(language, byte)
            if next == language { return nil }
            guard next != .nothing, following(next, byte) == next else { continue }
            var sameCount = 0
            for other in UInt8(0x20)..<0x7F where following(language, other) == following(next, other) {
                sameCount += 1
            }
            if sameCount >= 48 { return (next, false) }
        }
        return nil
    }

    /// Whether a loose language may stand for those whose counters are far: wherever a token leads, there are texts that
    /// need few counts.
    private mutating func stands(_ loose: Language, _ vocabulary: VocabularyTokens) -> Bool {
        if !node(loose).isGuarded { return true }
        if let known = standsForFar[loose.index] { return known }
        var states: Set<Language> = []
        for trie in [vocabulary.plain, vocabulary.rest] {
            var path = [Language](repeating: .nothing, count: 257), node = 0
            path[0] = loose
            while node < trie.count, states.count <= Self.mostStates {
                let depth = Int(trie.depths[node]), next = following(path[depth], trie.bytes[node])
                if next == .nothing {
                    node = Int(trie.ends[node])
                    continue
                }
                states.insert(next)
                path[depth + 1] = next
                node += 1
            }
        }
        let result = states.count <= Self.mostStates && states.allSatisfy { hasTextsWhenTight($0) }
        standsForFar[loose.index] = result
        return result
    }
}
