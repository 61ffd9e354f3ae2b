import TuttiTensors

/// One way in which an answer may go on: a state of a language, and the places to return to behind it.
struct GrammarThread: Hashable, Sendable {
    var state: Int32
    var stack: Int32
}

/// A pushdown automaton over bytes, built as it is used: all ways of reading an answer are followed at once.
///
/// Stacks are kept once each and share their lower parts, so that a way is two numbers. What follows the end of a rule is
/// found once for each stack.
struct GrammarAutomaton {
    var store: LanguageStore
    var rules: RuleTable
    let vocabulary: VocabularyTokens
    let root: RuleID

    struct Frame: Hashable { let menu: Int32, parent: Int32 }

    /// What follows when a rule ends: ways to go on, and whether the answer may end there.
    struct Continuation {
        var threads: [GrammarThread] = []
        var isComplete = false
    }

    private struct End: Hashable { let stack: Int32, tag: Int32 }

    private var frames: [Frame] = [Frame(menu: RuleTable.back, parent: -1)]
    private var frameIndex: [Frame: Int32] = [:]
    private var ends: [End: Int32] = [:]
    private var continuations: [Continuation] = []
    private var masks: [Int32: StateMask] = [:]
    private var crossings: [GrammarThread: [Token]] = [:]
    private var differences: [Int32: MaskDifference?] = [:]
    private var goesOn: [Int8] = []
    /// Why nothing more can be followed.
    private(set) var overflow: String?

    /// The stack of an answer that ends with what is under way.
    static let empty: Int32 = 0
    private static let mostFrames = 2_000_000
    private static let mostPlaces = 2_000_000
    private static let mostThreads = 4_096
    private static let deepestClosure = 100_000

    init(store: LanguageStore, rules: RuleTable, root: RuleID, vocabulary: VocabularyTokens) {
        self.store = store
        self.rules = rules
        self.root = root
        self.vocabulary = vocabulary
    }

    /// How an answer begins.
    mutating func start() -> Continuation {
        var result = Continuation()
        follow(rules.place(root), Self.empty, &result)
        return result
    }

    private mutating func push(_ menu: Int32, _ stack: Int32) -> Int32 {
        if menu == RuleTable.back { return stack }
        let frame = Frame(menu: menu, parent: stack)
        if let index = frameIndex[frame] { return index }
        let index = Int32(frames.count)
        frames.append(frame)
        frameIndex[frame] = index
        return index
    }

    /// Whether so much was found out that it should be forgotten some time.
    var isLarge: Bool {
        store.nodes.count > LanguageStore.nodeLimit / 4 || store.rows.count > LanguageStore.rowLimit << 6
            || frames.count > Self.mostFrames / 4 || rules.placeCount > Self.mostPlaces / 4
    }

    private mutating func checkRoom() {
        if store.isFull {
            overflow = "its languages have too many states"
        } else if store.isUndecided {
            overflow = LanguageStore.undecided
        } else if frames.count > Self.mostFrames || rules.placeCount > Self.mostPlaces {
            overflow = "its rules lie too deeply within each other"
        }
    }

    // MARK: What follows

    /// Adds all ways that begin at a place.
    private mutating func follow(_ place: Int32, _ stack: Int32, _ result: inout Continuation) {
        var waiting = [(place, stack)], seen: Set<UInt64> = []
        while let (place, stack) = waiting.popLast() {
            guard seen.insert(UInt64(UInt32(bitPattern: place)) << 32 | UInt64(UInt32(bitPattern: stack))).inserted
            else { continue }
            if seen.count > Self.deepestClosure {
                overflow = "a rule begins with itself without end"
                return
            }
            let unfolded = rules.unfold(place, &store)
            if unfolded.isEnd { leave(stack, tag: 0, &result, &waiting) }
            for edge in unfolded.edges.reversed() {
                switch edge {
                case .scan(let language, let menu):
                    let target = push(menu, stack)
                    begin(language, target, &result)
                    var tags: [Int32] = []
                    store.forEachTag(language) { tags.append($0) }
                    for tag in tags { leave(target, tag: tag, &result, &waiting) }
                case .halt(let language):
                    begin(language, Self.empty, &result)
                    if store.isNullable(language) { result.isComplete = true }
                case .call(let rule, let menu):
                    waiting.append((rules.place(rule), push(menu, stack)))
                }
            }
        }
    }

    private mutating func begin(_ language: Language, _ stack: Int32, _ result: inout Continuation) {
        guard store.hasTexts(language), canGoOn(language) else { return }
        let thread = GrammarThread(state: language.index, stack: stack)
        if !result.threads.contains(thread) { result.threads.append(thread) }
    }

    private func leave(
        _ stack: Int32, tag: Int32, _ result: inout Continuation, _ waiting: inout [(Int32, Int32)]
    ) {
        if stack == Self.empty {
            result.isComplete = true
            return
        }
        let frame = frames[Int(stack)]
        waiting.append((rules.destination(frame.menu, tag: tag), frame.parent))
    }

    private mutating func continuation(_ stack: Int32, tag: Int32) -> Int {
        let end = End(stack: stack, tag: tag)
        if let known = ends[end] { return Int(known) }
        var result = Continuation()
        if stack == Self.empty {
            result.isComplete = true
        } else {
            let frame = frames[Int(stack)]
            follow(rules.destination(frame.menu, tag: tag), frame.parent, &result)
        }
        continuations.append(result)
        ends[end] = Int32(continuations.count - 1)
        return continuations.count - 1
    }

    private mutating func canGoOn(_ language: Language) -> Bool {
        let index = Int(language.index)
        if index >= goesOn.count {
            goesOn.append(contentsOf: repeatElement(-1, count: max(store.nodes.count, index + 1) - goesOn.count))
        }
        if goesOn[index] >= 0 { return goesOn[index] == 1 }
        let result = store.goesOn(language)
        goesOn[index] = result ? 1 : 0
        return result
    }

    // MARK: Steps

    /// Follows a byte: appends to `threads` the ways on which those in `range` go on.
    /// - Returns: Whether the answer may end behind the byte.
    mutating func advance(_ threads: inout [GrammarThread], _ range: Range<Int>, _ byte: UInt8) -> Bool {
        let start = threads.count
        var isComplete = false
        for place in range {
            let thread = threads[place]
            let next = store.following(Language(index: thread.state), byte)
            if next == .nothing { continue }
            if canGoOn(next) {
                append(GrammarThread(state: next.index, stack: thread.stack), &threads, from: start)
            }
            let tag = store.node(next).tag
            if tag == -1 { continue }
            if tag >= 0 {
                isComplete = end(thread.stack, tag, &threads, from: start) || isComplete
            } else {
                var tags: [Int32] = []
                store.forEachTag(next) { tags.append($0) }
                for tag in tags { isComplete = end(thread.stack, tag, &threads, from: start) || isComplete }
            }
        }
        checkRoom()
        return isComplete
    }

    private mutating func end(_ stack: Int32, _ tag: Int32, _ threads: inout [GrammarThread], from start: Int) -> Bool {
        let index = continuation(stack, tag: tag)
        for thread in continuations[index].threads { append(thread, &threads, from: start) }
        return continuations[index].isComplete
    }

    @inline(__always)
    private mutating func append(_ thread: GrammarThread, _ threads: inout [GrammarThread], from start: Int) {
        if threads.count - start >= Self.mostThreads {
            overflow = "more than \(Self.mostThreads) readings of the answer are open at once"
            return
        }
        var place = start
        while place < threads.count {
            if threads[place] == thread { return }
            place += 1
        }
        threads.append(thread)
    }

    // MARK: Masks

    /// Adds to `words` the tokens that the ways allow.
    mutating func addTokens(_ threads: [GrammarThread], _ words: inout [UInt64]) {
        for thread in threads { addTokens(thread, &words) }
    }

    private mutating func addTokens(_ thread: GrammarThread, _ words: inout [UInt64]) {
        if let difference = difference(thread.state) {
            // What another way allows stays allowed.
            let blocked = difference.removed.filter { words[Int($0) >> 6] & 1 << UInt64($0 & 63) == 0 }
            addTokens(GrammarThread(state: difference.base, stack: thread.stack), &words)
            for token in blocked { words[Int(token) >> 6] &= ~(1 << UInt64(token & 63)) }
            for token in difference.added { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
        } else {
            let mask = stateMask(thread.state)
            if !mask.words.isEmpty {
                for place in mask.words.indices { words[place] |= mask.words[place] }
            }
            for token in mask.tokens { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
        }
        for token in crossing(thread) { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
    }

    private mutating func difference(_ state: Int32) -> MaskDifference? {
        if let known = differences[state] { return known }
        let found = store.difference(Language(index: state), vocabulary)
        differences[state] = .some(found)
        return found
    }

    private mutating func stateMask(_ state: Int32) -> StateMask {
        if let known = masks[state] { return known }
        let mask = store.stateMask(Language(index: state), vocabulary)
        masks[state] = mask
        return mask
    }

    /// The tokens that leave a way's language, where its base has none of them, and are taken by what follows it.
    private mutating func crossing(_ thread: GrammarThread) -> [Token] {
        // Behind an answer's last piece there is nothing.
        if thread.stack == Self.empty { return [] }
        if let known = crossings[thread] { return known }
        var found: [Token] = []
        if let difference = difference(thread.state) {
            for (tag, trie) in difference.tries {
                let begin = continuation(thread.stack, tag: tag)
                walk(trie, continuations[begin].threads, &found)
            }
            crossings[thread] = found
            return found
        }
        let border = store.border(Language(index: thread.state), vocabulary)
        if border.isTooWide {
            walkAll([thread], vocabulary.plain, &found)
            walkAll([thread], vocabulary.rest, &found)
        } else {
            for (tag, trie) in border.tries {
                let begin = continuation(thread.stack, tag: tag)
                walk(trie, continuations[begin].threads, &found)
            }
        }
        crossings[thread] = found
        return found
    }

    private mutating func walk(_ trie: SuffixTrie, _ first: [GrammarThread], _ found: inout [Token]) {
        if first.isEmpty { return }
        var threads = first, starts = [0, first.count], node = 0
        while node < trie.count {
            let depth = Int(trie.depths[node])
            // The ways behind each byte stand behind those before it.
            starts.removeLast(starts.count - depth - 2)
            threads.removeLast(threads.count - starts[depth + 1])
            let isComplete = advance(&threads, starts[depth]..<starts[depth + 1], trie.bytes[node])
            if threads.count == starts[depth + 1], !isComplete {
                node = Int(trie.ends[node])
                continue
            }
            starts.append(threads.count)
            let some = Int(trie.starts[node])..<Int(trie.starts[node + 1])
            found += trie.tokens[some]
            node += 1
        }
    }

    /// The tokens that some ways allow, by following each of those below a node, or all.
    private mutating func walkAll(
        _ first: [GrammarThread], _ trie: TokenTrie, _ found: inout [Token], below top: Int? = nil
    ) {
        var threads = first, starts = [0, first.count], node = top.map { $0 + 1 } ?? 0
        let end = top.map { Int(trie.ends[$0]) } ?? trie.count, base = top.map { Int(trie.depths[$0]) + 1 } ?? 0
        while node < end {
            let depth = Int(trie.depths[node]) - base
            starts.removeLast(starts.count - depth - 2)
            threads.removeLast(threads.count - starts[depth + 1])
            let isComplete = advance(&threads, starts[depth]..<starts[depth + 1], trie.bytes[node])
            if threads.count == starts[depth + 1], !isComplete {
                node = Int(trie.ends[node])
                continue
            }
            starts.append(threads.count)
            if trie.tokens[node] >= 0 {
                found.append(trie.tokens[node])
                if let others = trie.others[Int32(node)] { found += others }
            }
            node += 1
        }
    }

    /// As ``addTokens(_:_:)`` at the beginning of an answer whose first byte does not count if it is a space.
    mutating func addFirstTokens(_ threads: [GrammarThread], _ words: inout [UInt64]) {
        addTokens(threads, &words)
        for place in vocabulary.spaced.indices { words[place] &= ~vocabulary.spaced[place] }
        for trie in [vocabulary.plain, vocabulary.rest] {
            var node = 0
            while node < trie.count, trie.bytes[node] != 0x20 { node = Int(trie.ends[node]) }
            if node == trie.count { continue }
            var found: [Token] = []
            if trie.tokens[node] >= 0 { found = [trie.tokens[node]] + (trie.others[Int32(node)] ?? []) }
            walkAll(threads, trie, &found, below: node)
            for token in found { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
        }
    }

    /// The only byte that can follow, if there is one alone.
    mutating func onlyByte(_ threads: [GrammarThread]) -> UInt8? {
        var found: UInt8?
        for thread in threads {
            guard let byte = store.onlyByte(Language(index: thread.state)), found == nil || found == byte else {
                return nil
            }
            found = byte
        }
        return found
    }
}
