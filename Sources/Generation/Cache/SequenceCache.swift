import TuttiTensors

/// Gives sequences their pages: shared ones where the tree knows their beginning, new ones behind it.
///
/// Pages join the tree as they fill, so that others can share them at once. A windowed group's page leaves its sequence
/// when no row to come looks at it. The tree then keeps it only where a sequence is likely to begin: in the first
/// tokens, and as the window before a *landmark*: where the sequence took over, where its prompt ended, where it ended
/// itself, and where prompts part. What is kept so is the first to go when memory is short of what runs.
struct SequenceCache {
    let layout: KeyValueLayout
    private var pool: PagePool
    private var tree: PrefixTree

    /// - Parameter capacity: The most bytes that pages may take.
    init(layout: KeyValueLayout, capacity: Int) {
        self.layout = layout
        pool = PagePool(layout: layout, capacity: capacity)
        tree = PrefixTree(layout: layout)
    }

    /// Bytes of the pages that sequences and the tree hold.
    var usedByteCount: Int { pool.usedByteCount }

    /// Makes a sequence ready that computes everything itself and shares nothing.
    func beginAlone(_ sequence: CachedSequence) {
        sequence.pages = Array(repeating: [], count: layout.groups.count)
        sequence.firstPages = Array(repeating: 0, count: layout.groups.count)
    }

    /// Finds what of the prompt was computed before. One token at least stays to be computed: its logits are wanted.
    mutating func begin(_ sequence: CachedSequence) {
        let match = tree.match(sequence.tokens.dropLast(), regime: sequence.regime)
        sequence.path = match.nodes
        sequence.takenOver = match.nodes.count
        sequence.computed = match.tokenCount
        sequence.landmarks = [match.tokenCount, match.knownTokens, sequence.tokens.count]
        for node in match.nodes { node.users += 1 }
        sequence.firstPages = layout.groups.indices.map { layout.firstPage(group: $0, after: match.tokenCount) }
        sequence.pages = layout.groups.indices.map { group in
            let first = min(sequence.firstPages[group], match.nodes.count)
            let nodes = match.nodes[first...]
            for node in nodes where node.pages[group] != nil { node.pageUsers[group] += 1 }
            return Array(repeating: nil, count: first) + nodes.map { $0.pages[group] }
        }
        guard let (node, _) = match.partial else { return }
        // Written to from here on, so they must be the sequence's own. Taking one may evict the page it copies: its
        // memory stays alive and unwritten until the copy is made.
        for (group, page) in node.pages.enumerated() {
            let copy = take(group)
            if let page { copy.copy(from: page) }
            sequence.pages[group].append(copy)
        }
    }

    /// Starts a sequence again whose keys have all changed: what it had stays for others, and it looks for a beginning
    /// among those of its new regime.
    mutating func begin(_ sequence: CachedSequence, again regime: Int) {
        end(sequence)
        sequence.computed = 0
        sequence.regime = regime
        if sequence.isShared { begin(sequence) } else { beginAlone(sequence) }
    }

    /// Lets go of what the sequence's rows to come do not see, and makes room for its first `tokens` tokens.
    mutating func reserve(_ sequence: CachedSequence, tokens: Int) {
        for group in layout.groups.indices {
            let first = layout.firstPage(group: group, after: sequence.computed)
            while sequence.firstPages[group] < first { release(sequence, group) }
            while sequence.pages[group].count < KeyValueLayout.pages(for: tokens) {
                sequence.pages[group].append(take(group))
            }
        }
    }

    /// Gives back the pages behind the first `tokens` tokens: what they were taken for did not come to be.
    /// - Precondition: No page behind them is shared.
    mutating func truncate(_ sequence: CachedSequence, tokens: Int) {
        let count = KeyValueLayout.pages(for: tokens)
        for group in layout.groups.indices {
            while sequence.pages[group].count > count {
                if let page = sequence.pages[group].removeLast() { pool.giveBack(page, group: group) }
            }
        }
    }

    /// Gives up the first page that the sequence holds in a group.
    private mutating func release(_ sequence: CachedSequence, _ group: Int) {
        let place = sequence.firstPages[group]
        sequence.firstPages[group] += 1
        guard let page = sequence.pages[group][place] else { return }
        sequence.pages[group][place] = nil
        guard place < sequence.path.count else { return pool.giveBack(page, group: group) }
        let node = sequence.path[place]
        node.pageUsers[group] -= 1
        // What the sequence found is looked at when it ends.
        guard node.pageUsers[group] == 0, place >= sequence.takenOver, !isKept(place, sequence, group) else { return }
        if let freed = tree.drop(node, group: group) { pool.giveBack(freed.page, group: group) }
    }

    /// Whether a windowed group's page stays behind its sequence.
    private func isKept(_ place: Int, _ sequence: CachedSequence, _ group: Int) -> Bool {
        if place < KeyValueLayout.pages(for: KeyValueLayout.beginningTokens) { return true }
        return sequence.landmarks.contains { tokens in
            place >= layout.firstPage(group: group, after: tokens) && place < KeyValueLayout.pages(for: tokens)
        }
    }

    /// Lets others share the whole pages that the sequence has computed.
    mutating func share(_ sequence: CachedSequence) {
        insert(sequence, pages: sequence.computed / KeyValueLayout.pageTokens)
    }

    /// Keeps what the sequence computed for those to come, and gives the rest back.
    mutating func end(_ sequence: CachedSequence) {
        if sequence.isShared { insert(sequence, pages: KeyValueLayout.pages(for: sequence.computed)) }
        for (group, table) in sequence.pages.enumerated() {
            for (place, page) in table.enumerated() {
                guard let page else { continue }
                if place < sequence.path.count {
                    sequence.path[place].pageUsers[group] -= 1
                } else {
                    pool.giveBack(page, group: group)
                }
            }
        }
        for node in sequence.path { node.users -= 1 }
        prune(sequence)
        sequence.pages = []
        sequence.path = []
    }

    /// Moves the sequence's pages up to `pages` into the tree.
    private mutating func insert(_ sequence: CachedSequence, pages: Int) {
        while sequence.path.count < pages {
            let place = sequence.path.count, first = place * KeyValueLayout.pageTokens
            let tokens = sequence.tokens[first..<min(first + KeyValueLayout.pageTokens, sequence.computed)]
            let (node, spare) = tree.node(tokens, behind: sequence.path.last, regime: sequence.regime)
            for (page, group) in spare { pool.giveBack(page, group: group) }
            node.users += 1
            sequence.path.append(node)
            for group in layout.groups.indices {
                guard let own = sequence.pages[group][place] else { continue }
                if let known = node.pages[group] {
                    // Another sequence has computed the same: its page is used from here on.
                    pool.giveBack(own, group: group)
                    sequence.pages[group][place] = known
                } else {
                    node.pages[group] = own
                }
                node.pageUsers[group] += 1
            }
        }
    }

    /// Lets go of the windowed pages on an ended sequence's path that no sequence is likely to begin from.
    private mutating func prune(_ sequence: CachedSequence) {
        let beginning = KeyValueLayout.pages(for: KeyValueLayout.beginningTokens)
        for group in layout.groups.indices where layout.groups[group].window != nil {
            var keptFrom = layout.firstPage(group: group, after: sequence.computed)
            for place in sequence.path.indices.reversed() where place >= beginning {
                let node = sequence.path[place], end = (place + 1) * KeyValueLayout.pageTokens
                for tokens in sequence.landmarks where KeyValueLayout.pages(for: tokens) == place + 1 {
                    keptFrom = min(keptFrom, layout.firstPage(group: group, after: tokens))
                }
                if node.children.count > 1 { keptFrom = min(keptFrom, layout.firstPage(group: group, after: end)) }
                guard place < keptFrom, node.pageUsers[group] == 0 else { continue }
                if let freed = tree.drop(node, group: group) { pool.giveBack(freed.page, group: group) }
            }
        }
    }

    /// Forgets everything that no running sequence uses.
    mutating func empty() {
        while let freed = tree.evict() {
            for (page, group) in freed { pool.giveBack(page, group: group) }
        }
    }

    private mutating func take(_ group: Int) -> KeyValuePage {
        while true {
            if let page = pool.take(group: group) { return page }
            guard let freed = tree.evict() else {
                preconditionFailure("the scheduler admitted more than the pages hold")
            }
            for (page, group) in freed { pool.giveBack(page, group: group) }
        }
    }
}
